// A stand-in for the service, to test one's own jobs against: HTTPS, tokens, Digest and made-up images.
#pragma once

#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::sandbox::inline GETTY_CONNECT_ABI {

/// How the two endpoints want to be authenticated.
enum class auth {
    digest,                 ///< credentials in the token POST; images by Digest, password = token
    digest_token_endpoint,  ///< the token POST answers a Digest challenge (key / secret); images by Bearer
    bearer,                 ///< credentials in the token POST; images by Bearer
    none,                   ///< images are open to everybody; the token endpoint works as with `digest`
};

/// Digest algorithms of RFC 7616.
enum class digest_algorithm { md5, sha256, sha512_256, md5_sess, sha256_sess, sha512_256_sess };

/// What a Digest challenge offers as quality of protection; `none` is the form of RFC 2069.
enum class digest_qop { auth, auth_int, both, none };

// The v3 dialect, where no document says what the service does. The first value of each is the default.

/// A group of unknown ids alone: 404, or 200 without an image.
enum class v3_all_unknown { not_found, no_image };
/// More than 100 ids in a request: 400, or served.
enum class v3_surplus_ids { refused, served };
/// A wrong or missing `Api-Key`: 401, or 403 as for a key without the right.
enum class v3_wrong_key { unauthorized, forbidden };
/// A lookup without a token: served, or 401. Downloads want one in any case, and a wrong one is a 401.
enum class v3_tokenless { served, refused };
/// `fields=detail_set` and `entity_details`: 400, or served.
enum class v3_detail_set { refused, served };
/// A query parameter that is none: 400, or ignored.
enum class v3_unknown_parameter { refused, ignored };
/// What an answer over the rate says: "Too Many Requests", or the older text and header.
enum class v3_throttle_text { current, older };
/// Status of an answer over the rate: 429, or 403 as of older gateways.
enum class v3_throttle_status { too_many_requests, forbidden };
/// The images of a group: in another order than asked for, or in that order.
enum class v3_order { shuffled, as_asked };
/// `images_not_found` where nothing is missing: `[]`, `null`, or not there.
enum class v3_nothing_missing { empty_list, null, absent };
/// Dates with offset, with `Z` and without a zone, mixed in one image; or all with `Z`.
enum class v3_dates { mixed, utc };
/// `expires_in` of a token: a number, or a text.
enum class v3_expires_in { number, text };

/// All of them.
struct v3_rules {
    v3_all_unknown all_unknown = v3_all_unknown::not_found;
    v3_surplus_ids surplus_ids = v3_surplus_ids::refused;
    v3_wrong_key wrong_key = v3_wrong_key::unauthorized;
    v3_tokenless tokenless = v3_tokenless::served;
    v3_detail_set detail_set = v3_detail_set::refused;
    v3_unknown_parameter unknown_parameter = v3_unknown_parameter::refused;
    v3_throttle_text throttle_text = v3_throttle_text::current;
    v3_throttle_status throttle_status = v3_throttle_status::too_many_requests;
    v3_order order = v3_order::shuffled;
    v3_nothing_missing nothing_missing = v3_nothing_missing::empty_list;
    v3_dates dates = v3_dates::mixed;
    v3_expires_in expires_in = v3_expires_in::number;
    std::uint64_t daily_quota = 0;
};

/// Everything an `options` object says, with the defaults.
struct settings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    bool remote_clients = false;
    bool admin = true;

    auth scheme = auth::digest;
    std::string application_key = "sandbox-key";
    secret application_secret{"sandbox-secret"};
    std::optional<std::string> user_id;
    secret user_password;
    std::optional<secret> static_token;
    std::chrono::milliseconds token_lifetime = std::chrono::minutes(30);
    std::size_t max_tokens = 256;

    std::string realm = "getty-connect sandbox";
    std::vector<digest_algorithm> digest_algorithms{digest_algorithm::sha256, digest_algorithm::md5};
    digest_qop qop = digest_qop::auth;
    bool userhash = false;
    bool rspauth = false;
    std::chrono::milliseconds nonce_lifetime = std::chrono::minutes(5);
    std::uint64_t nonce_uses = 0;
    std::uint64_t next_nonce_every = 0;
    std::uint32_t nc_window = 64;
    bool nc_strict = false;
    std::size_t max_nonces = 4096;

    std::string catalogue_file;
    std::chrono::milliseconds latency{0};
    double max_requests_per_second = 0;
    std::vector<std::string> faults;
    v3_rules v3;
    std::string v3_complaint;
    std::string request_log;
    std::function<void(const error&)> on_log_failure;

    std::vector<std::string> server_names;
    std::size_t max_connections = 4096;
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 64 * 1024;
    std::size_t max_counted_ids = 1'000'000;
    std::optional<std::uint64_t> seed;
};

/// Chainable settings; every one has a default that works. A plain value.
///
/// Has a constructor of its own so that it is no aggregate: g++ 12 destroys an aggregate temporary twice when
/// it is an argument of a call in a `co_await` expression.
class options {
public:
    options();

    /// IP address to listen on, default 127.0.0.1. One that is not loopback needs `allow_remote_clients()`.
    options& address(std::string_view ip);
    /// 0 (default): any free port, told by `server::port()`.
    options& port(std::uint16_t number);
    /// Anybody who reaches the port may then use the admin pages too, unless `without_admin()` is set.
    options& allow_remote_clients();
    /// Leaves out the admin pages.
    options& without_admin();

    /// How the two endpoints want to be authenticated. Default digest.
    options& scheme(auth wanted);
    /// The key and the secret that are right. Default "sandbox-key" / "sandbox-secret".
    options& application(std::string_view key, secret password);
    /// When set, the token POST must name this user; else it must name none.
    options& user(std::string_view id, secret password);
    /// Every token issued is this one, until `server::rotate_tokens()`; default: random.
    options& static_token(secret value);
    /// A token is good for so long. At least 1 ms, default 30 min. A life that is no whole number of minutes
    /// is rounded up in `token_duration_minutes`, with the exact seconds in an extra member `expires_in`.
    options& token_lifetime(std::chrono::milliseconds length);

    /// Valid tokens at one time, the oldest gives way. Default 256; a wrong Digest costs one hash for each.
    options& max_tokens(std::size_t count);

    /// The realm of the Digest challenges. At most 2048 bytes, default "getty-connect sandbox".
    options& realm(std::string_view text);
    /// One challenge per algorithm, in this order; default SHA-256, MD5.
    options& digest_algorithms(std::vector<digest_algorithm> offered);
    /// What the Digest challenges offer. Default auth.
    options& qop(digest_qop offered);
    /// Offers and accepts hashed user names (RFC 7616, 3.4.4).
    options& offer_userhash();
    /// Adds `rspauth` to Authentication-Info.
    options& send_rspauth();
    /// A nonce is good for so long, default 5 min; afterwards the answer is 401 with stale=true.
    options& nonce_lifetime(std::chrono::milliseconds length);
    /// Requests that one nonce serves before it is stale; 0 (default): no limit.
    options& nonce_uses(std::uint64_t count);
    /// Every n-th request of a nonce is answered with a `nextnonce`; 0 (default): never.
    options& next_nonce_every(std::uint64_t count);
    /// An `nc` seen before, or `width` or more below the highest seen, is stale. 1 to 65536, default 64.
    options& nc_window(std::uint32_t width);
    /// Every `nc` must be its predecessor plus one; all else is stale.
    options& strict_nc();
    /// Nonces known at one time, the oldest becomes stale. Default 4096.
    options& max_nonces(std::size_t count);

    /// Serves the records of this NDJSON file and no others, instead of made-up images.
    options& catalogue_file(std::string_view path);
    /// Wait before every answer of the two API endpoints, default 0.
    options& latency(std::chrono::milliseconds wait);
    /// Image requests beyond this rate are answered 429; 0 (default): no limit. One second's worth of burst.
    /// In v3, which shares the rate, token requests count too.
    options& max_requests_per_second(double rate);

    options& v3(v3_all_unknown wanted);
    options& v3(v3_surplus_ids wanted);
    options& v3(v3_wrong_key wanted);
    options& v3(v3_tokenless wanted);
    options& v3(v3_detail_set wanted);
    options& v3(v3_unknown_parameter wanted);
    options& v3(v3_throttle_text wanted);
    options& v3(v3_throttle_status wanted);
    options& v3(v3_order wanted);
    options& v3(v3_nothing_missing wanted);
    options& v3(v3_dates wanted);
    options& v3(v3_expires_in wanted);
    /// Any of these as text, as `serve --v3` takes it: "order=as-asked". docs/sandbox.md has the names.
    options& v3(std::string_view rule);
    /// So many v3 requests a day, token requests included, then 403 "Account Over Rate Limit" until 24 hours
    /// after the first one. 0 (default): any number.
    options& v3_daily_quota(std::uint64_t requests);

    /// Appends a line of JSON per lookup and id to this file: time, number of the request, id, status. What
    /// prevents it is told once, to `on_failure` (on the server's executor), and ends the log alone.
    options& request_log(std::string_view path, std::function<void(const error&)> on_failure = {});
    /// Adds one, as `NAME[:key=value[,key=value...]]`: "status-429:rate=0.02,retry-after=1" or
    /// "drip:every=50". docs/sandbox.md has the names and keys. At most 64.
    options& fault(std::string_view spec);

    /// Adds host names or IP addresses to the certificate; localhost, 127.0.0.1, ::1 and the address listened
    /// on are always there.
    options& server_names(std::vector<std::string> names);
    /// Further connections wait to be accepted. Default 4096.
    options& max_connections(std::size_t count);
    /// A connection without progress for so long is closed. Default 60 s.
    options& idle_timeout(std::chrono::milliseconds length);
    /// The header of a request. 256 to 1 MiB, default 16 KiB.
    options& max_header_bytes(std::size_t bytes);
    /// The body of a request. At most 64 MiB, default 64 KiB.
    options& max_body_bytes(std::size_t bytes);
    /// Ids that `requests_for` tells apart; later ones are not counted. Default 1,000,000.
    options& max_counted_ids(std::size_t count);
    /// Makes tokens, nonces and coordination ids repeatable; default: from the operating system. Faults are
    /// repeatable without it, as with seed 0; another seed draws others.
    options& seed(std::uint64_t value);

    /// What `server` would refuse, as `errc::invalid_option`; a catalogue file is not looked at.
    [[nodiscard]] result<void> validate() const;

    [[nodiscard]] const settings& values() const noexcept { return values_; }

private:
    settings values_;
};

/// What happened so far.
struct counters {
    std::uint64_t requests = 0;        ///< every HTTP request, whatever the answer
    std::uint64_t image_requests = 0;  ///< of both dialects
    std::uint64_t v3_requests = 0;     ///< those of them that came to v3
    std::uint64_t image_ids = 0;       ///< asked for in them; a v3 request has one or more
    std::uint64_t images = 0;          ///< ids answered with an image
    std::uint64_t not_found = 0;       ///< ids
    std::uint64_t bad_requests = 0;
    std::uint64_t throttled = 0;  ///< answered 429 because of `max_requests_per_second`
    std::uint64_t injected = 0;   ///< answered with a status that an id or `fail_next` asked for
    std::uint64_t token_requests = 0;
    std::uint64_t tokens_issued = 0;
    std::uint64_t unauthorized = 0;  ///< 401 of either endpoint, stale ones included
    std::uint64_t stale = 0;
    std::uint64_t next_nonces = 0;
    std::uint64_t connections = 0;  ///< accepted
    std::uint64_t handshakes = 0;   ///< completed, resumed ones included
    std::uint64_t failed_handshakes = 0;
    std::uint64_t resumptions = 0;
    std::uint64_t protocol_errors = 0;  ///< requests that were no HTTP or too large
    std::uint64_t open_connections = 0;
    std::uint64_t max_open_connections = 0;
    std::uint64_t in_flight = 0;  ///< requests read and not yet answered
    std::uint64_t max_in_flight = 0;
    std::map<std::string, std::uint64_t, std::less<>> faults;  ///< by name, those that happened
};

/// A running stand-in service. It listens when the constructor returns and serves while the executor runs.
///
/// Every member may be called on any thread; all work is done on a strand of the executor given. Memory:
/// about 64 KiB per open connection, the token and nonce tables (a few hundred bytes an entry, at most
/// `max_tokens` and `max_nonces`) and some 64 bytes per counted id.
class server {
public:
    /// Throws `failure`: `errc::invalid_option` for settings that cannot work, an address that cannot be
    /// listened on or a request log that cannot be opened, `errc::invalid_source` for a catalogue file (the
    /// text names file, line, reason and mend).
    server(boost::asio::any_io_executor executor, options wanted = options());
    /// Closes everything at once; what still runs ends by itself when the executor runs or is destroyed. The
    /// execution context may go first.
    ~server();
    server(server&&) noexcept;
    server& operator=(server&&) noexcept;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// "https://localhost:PORT/api"; the address instead of localhost when it is not a loopback one.
    [[nodiscard]] const std::string& base_url() const noexcept;
    /// The same of the v3 dialect, "https://localhost:PORT/v3"; its tokens come from "/oauth2/token" there.
    [[nodiscard]] const std::string& v3_base_url() const noexcept;
    /// The certificate authority to trust, PEM. New with every server.
    [[nodiscard]] const std::string& ca_pem() const noexcept;

    [[nodiscard]] counters snapshot() const;
    /// Image requests for exactly this id, whatever the answer. Each id of a v3 group counts once.
    [[nodiscard]] std::uint64_t requests_for(std::string_view id) const;

    /// Tokens issued so far are refused from now on.
    void expire_tokens();
    /// As `expire_tokens`, and from now on random tokens instead of a `static_token`. Refresh tokens of v3
    /// end too, as with a changed password.
    void rotate_tokens();
    /// All nonces are stale from now on.
    void expire_nonces();
    /// Lets the sandbox's clock jump: tokens and nonces age by `step`, which may not be negative.
    void advance(std::chrono::milliseconds step);
    /// The next `count` image requests that are authorised get this status (400 to 599), with a Retry-After
    /// when one is given. Replaces what an earlier call left over.
    void fail_next(std::uint64_t count, int status, std::optional<std::chrono::seconds> retry_after = {});

    /// As `options::fault`, from the next request on. Throws `failure` (`errc::invalid_option`) for one that
    /// cannot work.
    void add_fault(std::string_view spec);
    /// No more faults. Those added later begin to count from the start.
    void clear_faults();

    /// Stops listening, closes all connections and completes when the last coroutine has ended. Runs on any
    /// executor; calling it again completes at once.
    [[nodiscard]] boost::asio::awaitable<void> stop();

private:
    friend class background_server;
    class [[gnu::visibility("hidden")]] impl;
    explicit server(std::shared_ptr<impl> running) noexcept;
    std::shared_ptr<impl> impl_;
};

/// A `server` with a thread of its own, for programs that have no executor at hand.
///
///     sandbox::background_server origin(sandbox::options().latency(20ms));
///     use(origin->base_url(), origin->ca_pem());
///
/// The constructor returns when it serves and throws as `server` does; the destructor stops and joins.
class background_server {
public:
    explicit background_server(options wanted = options());
    ~background_server();
    background_server(const background_server&) = delete;
    background_server& operator=(const background_server&) = delete;

    /// The server; lives as long as this object.
    [[nodiscard]] server* operator->() noexcept;
    [[nodiscard]] const server* operator->() const noexcept;
    /// The same.
    [[nodiscard]] server& operator*() noexcept;
    [[nodiscard]] const server& operator*() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace getty::connect::sandbox::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
