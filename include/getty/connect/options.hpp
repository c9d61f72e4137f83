// How a client behaves: every limit and policy, with its default.
#pragma once

#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

class observer;

/// Which of the service's interfaces is spoken.
enum class dialect {
    connect,  ///< `GET images/:id` and `POST token`, with Digest or Bearer
    v3,       ///< the live one: up to 100 ids in one request, an API key, tokens of OAuth 2
};
/// How a client of v3 says to the token endpoint who it is (RFC 6749 2.3.1).
enum class client_authentication {
    form,   ///< `client_id` and `client_secret` in the body
    basic,  ///< in an Authorization field
};
/// Is given each refresh token that the service issues, unless it is the one that is held, to keep it for the
/// next start of the program: once, one after the other, on the executor of the client or shard that asked
/// for it. Must not block. What it throws is dropped; the client has the token all the same.
using refresh_token_keeper = std::function<void(const secret&)>;

/// How requests prove who sends them.
enum class auth_scheme {
    digest,  ///< Digest on image requests: user name = application key, password = current token
    digest_token_endpoint,  ///< Digest (key, secret) on the token request, `Bearer` on image requests
    bearer,                 ///< credentials in the token request, `Bearer` on image requests
};

/// The weakest digest algorithm that is answered.
enum class min_digest_algorithm { md5, sha256, sha512_256 };
/// Challenges without `qop` (RFC 2069) have no client nonce and no count: replayable, so refused by default.
enum class digest_without_qop { refuse, allow };
/// In which order the counts of a nonce may reach the service, over all connections.
enum class digest_order {
    any,     ///< as it comes; what a service finds too far behind is signed anew
    strict,  ///< one after the other: only one signed request is under way at a time
};
/// Whether `rspauth` must be there. When it is there, it is verified either way.
enum class mutual_authentication { when_offered, required };
/// In which form the token request carries its parameters.
enum class token_encoding { form, json };
/// Which of the two tokens of the answer is used. `ssl_token` is meant for https.
enum class token_choice { ssl_token, token };
/// HTTP 500 is retried only where the caller knows it to be transient.
enum class retry_internal_error { no, yes };
/// What becomes of an answer that names another place (301, 302, 303, 307, 308).
enum class redirects {
    refuse,       ///< it is an error
    same_origin,  ///< followed up to five times, to the same host and port over https only
};
/// Whether answers may come compressed.
enum class compression { off, gzip };
/// Whether a lookup that takes long is asked a second time.
enum class hedging {
    off,
    after_p95,  ///< when its request has been under way for longer than 95 of 100 lately
};
/// The addresses of a host name, the preferred first. Called on threads of its own, perhaps on several at a
/// time; may block. What it throws fails the connection with `errc::resolve_failed` and its words.
using address_lookup = std::function<std::vector<boost::asio::ip::address>(const std::string& host)>;
/// The observer of a shard, counted from 0; null: of none.
using observer_of_shard = std::function<std::shared_ptr<observer>(std::size_t shard)>;
/// Who runs the executor that a client is given.
enum class threading {
    strand,         ///< any number of threads: the client hops to a strand of its own
    single_thread,  ///< one thread for as long as the client lives: no strand, less cost per lookup
};

/// What becomes of ids that are asked for while equal ones are under way.
enum class duplicates {
    merge,     ///< one request, one outcome for each
    separate,  ///< a request for each
};

/// All settings of a client, as plain data. Set through `client_options`, where each is described.
struct client_settings {
    client_settings();

    connect::dialect dialect = connect::dialect::connect;
    std::optional<std::string> base_url;  ///< nothing: where the service is
    std::string token_url;
    std::string application_key;
    secret application_secret;
    std::string user_id;
    secret user_password;
    std::optional<secret> fixed_token;
    secret refresh_token;
    refresh_token_keeper on_refresh_token;
    connect::client_authentication client_authentication = connect::client_authentication::form;
    std::optional<auth_scheme> auth;  ///< nothing: what the dialect begins with
    connect::min_digest_algorithm min_digest_algorithm = connect::min_digest_algorithm::md5;
    connect::digest_without_qop digest_without_qop = connect::digest_without_qop::refuse;
    connect::digest_order digest_order = connect::digest_order::any;
    connect::mutual_authentication mutual_authentication = connect::mutual_authentication::when_offered;
    connect::token_encoding token_encoding = connect::token_encoding::form;
    connect::token_choice token_choice = connect::token_choice::ssl_token;
    std::string language;
    std::vector<std::string> fields;
    std::string user_agent;

    std::size_t max_connections = 64;
    std::size_t max_waiters = 10'000;
    std::size_t max_dials = 16;
    std::size_t pipeline_depth = 1;
    std::chrono::milliseconds idle_ttl = std::chrono::seconds(50);
    std::chrono::milliseconds max_lifetime = std::chrono::minutes(10);

    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    std::chrono::milliseconds attempt_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
    std::chrono::milliseconds acquire_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds drain_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds dns_lifetime = std::chrono::seconds(30);
    address_lookup resolver;
    std::string proxy;
    std::string proxy_user;
    secret proxy_password;
    std::string no_proxy;

    unsigned max_attempts = 4;
    std::chrono::milliseconds backoff_base = std::chrono::milliseconds(100);
    std::chrono::milliseconds backoff_cap = std::chrono::seconds(5);
    double retry_ratio = 0.2;
    std::uint32_t retry_reserve = 20;
    connect::retry_internal_error retry_internal_error = connect::retry_internal_error::no;
    connect::hedging hedging = connect::hedging::off;
    connect::duplicates duplicates = connect::duplicates::separate;
    connect::compression compression = connect::compression::off;
    connect::redirects redirects = connect::redirects::refuse;

    std::chrono::milliseconds max_pause = std::chrono::minutes(15);
    double rate_per_second = 0;
    std::uint32_t rate_burst = 1;
    double ids_per_second = 0;

    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_header_fields = 1'000;
    std::optional<std::size_t> max_body_bytes;  ///< nothing: as large as the dialect needs

    std::string ca_file;
    std::string ca_pem;
    std::string certificate_file;
    std::string private_key_file;
    secret private_key_password;

    observer_of_shard observer;
    connect::threading threading = connect::threading::strand;
};

/// Chainable setters over `client_settings`; nothing is checked before `validate()`, which `client` calls.
///
/// Has a user-provided constructor on purpose: g++ 12 destroys aggregate temporaries twice in a `co_await`
/// call.
class client_options {
public:
    client_options();

    /// Which interface of the service is spoken. Default connect.
    client_options& dialect(connect::dialect which);
    /// Where the service is. https only; a path is kept. Default `https://connect.gettyimages.com/api`, under
    /// v3 `https://api.gettyimages.com/v3`.
    client_options& base_url(std::string url);
    /// Where tokens come from. https only. Default: `base_url` + "/token"; under v3
    /// `https://authentication.gettyimages.com/oauth2/token`, or, where base_url was set to another host,
    /// "/oauth2/token" there.
    client_options& token_url(std::string url);
    /// Application key and secret, sent to the token endpoint. Under v3 the key goes with every request
    /// (`Api-Key`), and without a secret lookups go by the key alone.
    client_options& credentials(std::string key, secret application_secret);
    /// A user on whose behalf the application acts. Optional. Under v3 the grant `password`, which its newer
    /// documents do not name any more.
    client_options& user(std::string id, secret password);
    /// A token that the caller obtained: the token endpoint is never asked; when it is refused, lookups fail.
    client_options& token(secret fixed);
    /// A refresh token that v3 issued earlier, used in place of the user's password. One that it
    /// issues meanwhile takes its place. One that it refuses is forgotten: then the password goes, where
    /// `user` is set; else every lookup fails (`credentials_rejected`), since a token of the application
    /// itself has other rights.
    client_options& refresh_token(secret issued);
    /// Is given each refresh token that v3 issues.
    client_options& on_refresh_token(refresh_token_keeper keeper);
    /// How the client says to v3's token endpoint who it is. Default form.
    client_options& client_authentication(connect::client_authentication how);
    /// How requests prove who sends them. Default digest; under v3 bearer, which is all it has.
    client_options& auth(auth_scheme scheme);
    /// The weakest algorithm of a Digest challenge that is answered. Default md5.
    client_options& min_digest_algorithm(connect::min_digest_algorithm weakest);
    /// Whether Digest challenges without `qop` are answered. Default refuse.
    client_options& digest_without_qop(connect::digest_without_qop choice);
    /// `strict`: for a service that takes no gap and no count out of order; lookups then go one by one.
    client_options& digest_order(connect::digest_order order);
    /// Whether a Digest answer must prove that the service knows the token, too. Default when_offered.
    client_options& mutual_authentication(connect::mutual_authentication choice);
    /// How the token request carries its parameters. Default form.
    client_options& token_encoding(connect::token_encoding encoding);
    /// Which token of the answer is used. Default ssl_token.
    client_options& token_choice(connect::token_choice choice);
    /// `language` of every lookup that names none. Empty (default): not sent, the service takes en-us.
    ///
    /// Under v3 it is the `Accept-Language` field.
    client_options& language(std::string tag);
    /// The members of an image that are asked for under v3, such as "title" or "display_set"; at most 64. `id`
    /// comes in any case. Default: every member that fills one of `image`, and `display_set`.
    client_options& fields(std::vector<std::string> names);
    /// How the client names itself. Default "getty-connect/VERSION".
    client_options& user_agent(std::string product);

    /// Sockets to the service, those being opened or closed included; to a `token_url` elsewhere as many
    /// again. 1 to 65,535, default 64.
    client_options& max_connections(std::size_t count);
    /// Lookups that may wait for a connection; one more by itself fails with `too_many_waiters`. The lookups
    /// of a batch wait however many they are. Default 10,000.
    client_options& max_waiters(std::size_t count);
    /// Handshakes in progress at a time. At least 1, default 16.
    client_options& max_dials(std::size_t count);
    /// Requests that may be under way on one connection: HTTP/1.1 pipelining (RFC 9112 9.3.2). 1 to 64,
    /// default 1: off. Only for a service that is known to answer in order. Lookups share a connection when
    /// all `max_connections` are in use, or `max_dials` of them are being opened: set that low as well. A
    /// slow answer holds up those behind it, and `attempt_timeout` counts that time. What answers a request
    /// among others with an error is asked once more, by itself: such an answer does not say whose it is.
    /// After the service's first violation of the order or the framing no connection carries more than one
    /// any more.
    client_options& pipeline_depth(std::size_t requests);
    /// An unused connection is closed after this long. Default 50 s.
    client_options& idle_ttl(std::chrono::milliseconds ttl);
    /// A connection takes no further request after this long, shortened by up to 20 % at random so that
    /// connections opened together do not end together. Default 10 min.
    client_options& max_lifetime(std::chrono::milliseconds lifetime);

    /// One lookup from the call to its outcome, all attempts and waits included. In a batch, the time in
    /// which its request was under way or waited for another attempt: what the client itself imposes (its
    /// turn in the rate, pauses, a free connection, a token) does not count. Default 30 s.
    client_options& timeout(std::chrono::milliseconds overall);
    /// One request on the wire, from its first byte to the last of the response. Default 10 s.
    client_options& attempt_timeout(std::chrono::milliseconds limit);
    /// Name resolution, TCP and TLS of one new connection together. Default 5 s.
    client_options& connect_timeout(std::chrono::milliseconds limit);
    /// Waiting for a free connection; the lookups of a batch wait as long as it takes. Default 10 s.
    client_options& acquire_timeout(std::chrono::milliseconds limit);
    /// What `close()` grants to lookups under way before it cancels them. Default 10 s.
    client_options& drain_timeout(std::chrono::milliseconds limit);

    /// How long the addresses of a name are taken for granted. 0: looked up for each new connection.
    /// Addresses at which nobody answers are looked up again at once. Default 30 s.
    client_options& dns_lifetime(std::chrono::milliseconds lifetime);
    /// Finds addresses in place of the system's resolver, of every host that is not an address already.
    client_options& resolver(address_lookup lookup);

    /// An HTTP proxy, `http://host[:port]`, through which every connection is tunnelled (CONNECT, RFC 9110
    /// 9.3.6). It sees the names of the hosts and the amount of data, never content or credentials of the
    /// service. Default: none. The environment is not looked at.
    client_options& proxy(std::string url);
    /// For a proxy that asks for them, sent to it as Basic, in the clear (RFC 7617), and to nobody else.
    client_options& proxy_credentials(std::string user, secret password);
    /// Hosts that are reached without the proxy, in the form of the variable NO_PROXY: names of domains,
    /// addresses or networks, parted by commas, such as "localhost,.example.com,10.0.0.0/8"; `*` is all.
    client_options& no_proxy(std::string hosts);

    /// Tries of one lookup, the first included. 1 to 100, default 4.
    client_options& max_attempts(unsigned count);
    /// Full jitter: the n-th wait is uniform in [0, min(cap, base * 2^n)]. Default 100 ms, 5 s.
    client_options& backoff(std::chrono::milliseconds base, std::chrono::milliseconds cap);
    /// Retries stay within `ratio` (0 to 1) of the lookups plus `reserve`: with none left, a lookup by itself
    /// fails, and one of a batch waits. What has a batch pause, or fails while its outage is on, is no retry.
    /// Default 0.2 and 20.
    client_options& retry_budget(double ratio, std::uint32_t reserve);
    /// Whether an HTTP 500 is tried again, as 502, 503 and 504 are; not by default.
    client_options& retry_internal_error(connect::retry_internal_error choice);
    /// `after_p95`: against a few slow answers among many fast ones. At most one more request for each
    /// lookup, taken out of the retry budget; the first answer counts, and the other request is given up with
    /// its connection. Begins when the times of 100 requests are known. Default off.
    client_options& hedging(connect::hedging choice);
    /// `merge`: lookups by themselves of equal ids that are under way at a time share one request, if they
    /// are equal in all options but `timeout` and `context` too. Each keeps its own deadline, and one that is
    /// cancelled takes no other along. Batches have `fetch_options::duplicates`; shards do not merge with
    /// each other. Default separate.
    client_options& duplicates(connect::duplicates handling);
    /// Requests per second (0: unlimited, the default) and how many may go at once after a pause (at least
    /// 1). A request for many ids is one. Under v3 requests for tokens count, which wait for nobody.
    client_options& rate(double per_second, std::uint32_t burst = 1);
    /// Ids per second, over and above `rate` (0: unlimited, the default): before a request for many leaves,
    /// all its ids have had their turn. Up to 100 may go at once after a pause.
    client_options& rate_ids(double per_second);

    /// How long the service may have everybody pause, by one answer (429, or a 503 with Retry-After) or by
    /// several in a row without a good one between them. A lookup by itself is failed by a pause that lasts
    /// longer than its own time; the lookups of a batch sit pauses out, and a batch whose service asks for
    /// more than this stops (`outcome_stream::stopped`). Default 15 min.
    client_options& max_pause(std::chrono::milliseconds longest);

    /// `gzip`: asks for compressed answers to lookups. Saves bytes where the network is narrow, and costs the
    /// time to unpack. Unpacked, an answer stays within max_body_bytes and 100 times its size. Default off.
    client_options& compression(connect::compression choice);

    /// Whether redirects are followed. Of lookups; a token request is never sent on. Credentials never leave
    /// the origin. Default refuse.
    client_options& redirects(connect::redirects choice);

    /// Of a response: status line and header together, each chunk line, all trailers together. Beyond it the
    /// lookup fails with `header_too_large`. Default 16 KiB.
    client_options& max_header_bytes(std::size_t bytes);
    /// Of a response, trailers included. Default 1,000.
    client_options& max_header_fields(std::size_t count);
    /// Of a response, unpacked as well; beyond it the lookup fails with `body_too_large`. Default 1 MiB;
    /// under v3 6,400 KiB, 64 for each of the 100 ids that a request may have.
    client_options& max_body_bytes(std::size_t bytes);

    /// PEM file of the authorities to trust in place of the system's. Read by the client's constructor, but
    /// once for all clients that live at a time and trust the same; a file that has changed is read anew.
    client_options& ca_file(std::string path);
    /// The same as text.
    client_options& ca_pem(std::string pem);
    /// PEM files of a client certificate (chain) and its key.
    client_options& client_certificate(std::string certificate_file, std::string private_key_file);
    /// Opens the private key where it is encrypted; at most 1,023 bytes. Without it such a key is refused:
    /// nobody is ever asked at a terminal.
    client_options& private_key_password(secret pass_phrase);

    /// Is told what the client does. Of all shards: then it is called on all their threads at once.
    client_options& observer(std::shared_ptr<connect::observer> watcher);
    /// One for each shard of a `sharded_client`; a `client` is shard 0. Called by the constructor.
    client_options& observer_per_shard(observer_of_shard of_shard);
    /// Who runs the executor that the client is given. Default strand.
    client_options& threading(connect::threading kind);

    /// The first rule that is broken, as `errc::invalid_option` naming the option, its value, the rule and
    /// the mend.
    [[nodiscard]] result<void> validate() const;
    [[nodiscard]] const client_settings& settings() const noexcept { return settings_; }

private:
    client_settings settings_;
};

/// What a lookup makes of the body.
enum class decode {
    typed,  ///< `document::image`
    raw,    ///< `document::raw`: the bytes of the image's JSON object, checked and untouched
    both,
};

/// Settings of a single lookup. See `client_options` on the constructor.
class lookup_options {
public:
    lookup_options();

    /// In which the service is asked to answer, such as "de"; overrides `client_options::language`.
    lookup_options& language(std::string tag);
    /// Overrides `client_options::fields`.
    lookup_options& fields(std::vector<std::string> names);
    /// Sent as `coordination_id` with the request, for the service's own logs. At most 128 bytes. Not under
    /// v3, which refuses parameters that it does not know.
    lookup_options& coordination_id(std::string id);
    /// What becomes of the body. Default typed.
    lookup_options& decode(connect::decode form);
    /// Overrides `client_options::timeout`.
    lookup_options& timeout(std::chrono::milliseconds overall);
    /// Overrides `client_options::max_attempts`. 1 to 100.
    lookup_options& max_attempts(unsigned count);

    /// Overrides `client_options::hedging`.
    lookup_options& hedging(connect::hedging choice);
    /// One more field of the request, `traceparent` for example; a second one of a name stands beside the
    /// first. At most 16, of 4 KiB together; not those that the client itself sends or that frame the
    /// request. A value is told in no error, in case it is a secret.
    lookup_options& header(std::string name, std::string value);
    /// What the observer's callbacks about this lookup are told with it, a span for example. Lives as long as
    /// the lookup.
    lookup_options& context(std::shared_ptr<void> of_caller);

    /// As `client_options::validate`.
    [[nodiscard]] result<void> validate() const;

    [[nodiscard]] const std::string& language() const noexcept { return language_; }
    [[nodiscard]] const std::vector<std::string>& fields() const noexcept { return fields_; }
    [[nodiscard]] const std::string& coordination_id() const noexcept { return coordination_id_; }
    [[nodiscard]] connect::decode decode() const noexcept { return decode_; }
    [[nodiscard]] std::optional<std::chrono::milliseconds> timeout() const noexcept { return timeout_; }
    [[nodiscard]] std::optional<unsigned> max_attempts() const noexcept { return max_attempts_; }
    [[nodiscard]] std::optional<connect::hedging> hedging() const noexcept { return hedging_; }
    /// By name and value.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const noexcept {
        return headers_;
    }
    [[nodiscard]] const std::shared_ptr<void>& context() const noexcept { return context_; }

private:
    std::string language_;
    std::vector<std::string> fields_;
    std::string coordination_id_;
    connect::decode decode_ = connect::decode::typed;
    std::optional<std::chrono::milliseconds> timeout_;
    std::optional<unsigned> max_attempts_;
    std::optional<connect::hedging> hedging_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::shared_ptr<void> context_;
};

/// In which order a batch hands out its outcomes.
enum class delivery {
    as_completed,
    in_input_order,  ///< held back by at most max_in_flight + max_buffered outcomes
};

/// How many lookups of a batch run at a time.
enum class concurrency {
    fixed,     ///< max_in_flight
    adaptive,  ///< as many as the service takes without queueing them, 1 to max_in_flight
};

/// What a batch does about an outage before the service has answered anything.
enum class before_first_answer {
    wait,  ///< sits it out like any other
    stop,  ///< stops at once: most likely the address or the network is not as it should be
};

/// Settings of a batch. See `client_options` on the constructor.
class fetch_options {
public:
    fetch_options();

    /// Requests at a time. 1 to 65,535, default 64; under v3 8.
    fetch_options& max_in_flight(std::size_t count);
    /// Ids in one request of v3. 1 to 100, default 100. Ids are gathered until it is full, or the source is
    /// at its end, or has none at hand while nothing else of the batch is under way; `elapsed` and the
    /// deadline of an id count from when its request may leave. What fails as a whole is halved until the id
    /// is found that it fails of: n ids take 2n - 1 requests, one after the other, or fewer.
    fetch_options& ids_per_request(std::size_t count);
    /// How long an id of a source that is awaited may wait for others to go with it in a request of v3. 0 ms
    /// to one minute, default 5 ms.
    fetch_options& max_linger(std::chrono::milliseconds longest);
    /// `adaptive` begins with a few lookups at a time, doubles while answers come as fast as ever, and falls
    /// when they come later or the service says that it is overloaded. Default fixed.
    fetch_options& concurrency(connect::concurrency kind);
    /// Finished outcomes that wait for the consumer. 1 to 1,000,000, default 128. The source is never pulled
    /// further ahead of the consumer than max_in_flight * ids_per_request + max_buffered ids; where outcomes
    /// come in input order, one slow request holds back that many.
    fetch_options& max_buffered(std::size_t count);
    /// In which order the outcomes come. Default as_completed.
    fetch_options& delivery(connect::delivery order);
    /// What becomes of ids that are under way in this batch already. Default merge.
    fetch_options& duplicates(connect::duplicates handling);
    /// How long an outage may last before the batch stops (`outcome_stream::stopped`); 0, the default:
    /// outages are not sat out, each lookup fails with what it met.
    ///
    /// An outage is on when the last 20 requests, or all within 2 s and of at least 5 ids, failed of one
    /// cause: name, connection, TLS, proxy, token, answers of 5xx, no answer in time, or resources of this
    /// machine. Then nothing is pulled, one request at a time looks whether it is over (after 1 s, later
    /// every 30 s), and no id loses time or attempts.
    fetch_options& max_outage(std::chrono::milliseconds longest);
    /// What to do about an outage before anything was answered. Default wait. Means nothing without
    /// max_outage.
    fetch_options& before_first_answer(connect::before_first_answer choice);
    /// Settings of every lookup of the batch.
    fetch_options& lookup(lookup_options each);
    /// Shorthand for `lookup`'s decode.
    fetch_options& decode(connect::decode form);

    /// Nothing: the dialect's default.
    [[nodiscard]] std::optional<std::size_t> max_in_flight() const noexcept { return max_in_flight_; }
    /// Nothing: as many as the dialect takes.
    [[nodiscard]] std::optional<std::size_t> ids_per_request() const noexcept { return ids_per_request_; }
    [[nodiscard]] std::chrono::milliseconds max_linger() const noexcept { return max_linger_; }
    [[nodiscard]] connect::concurrency concurrency() const noexcept { return concurrency_; }
    [[nodiscard]] std::size_t max_buffered() const noexcept { return max_buffered_; }
    [[nodiscard]] connect::delivery delivery() const noexcept { return delivery_; }
    [[nodiscard]] connect::duplicates duplicates() const noexcept { return duplicates_; }
    [[nodiscard]] std::chrono::milliseconds max_outage() const noexcept { return max_outage_; }
    [[nodiscard]] connect::before_first_answer before_first_answer() const noexcept {
        return before_first_answer_;
    }
    [[nodiscard]] const lookup_options& lookup() const noexcept { return lookup_; }
    [[nodiscard]] result<void> validate() const;

private:
    std::optional<std::size_t> max_in_flight_;
    std::optional<std::size_t> ids_per_request_;
    std::chrono::milliseconds max_linger_ = std::chrono::milliseconds(5);
    connect::concurrency concurrency_ = connect::concurrency::fixed;
    std::size_t max_buffered_ = 128;
    connect::delivery delivery_ = connect::delivery::as_completed;
    connect::duplicates duplicates_ = connect::duplicates::merge;
    std::chrono::milliseconds max_outage_{0};
    connect::before_first_answer before_first_answer_ = connect::before_first_answer::wait;
    lookup_options lookup_;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
