#include "client/client_core.hpp"

#include "net/dialer.hpp"
#include "net/resolver.hpp"
#include "proto/http/no_proxy.hpp"

#include <getty/connect/version.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace getty::connect::detail {
namespace {

template <class T>
T value_or_throw(result<T> r) {
    if (!r) throw failure(r.error());
    return std::move(*r);
}

net::origin origin_of(const proto::https_url& url) {
    net::origin o;
    o.host = url.host;
    o.port = url.port;
    return o;
}

proto::https_url token_url_of(const client_settings& s, const proto::https_url& base) {
    if (!s.token_url.empty()) return value_or_throw(proto::parse_https_url("token_url", s.token_url));
    proto::https_url url = base;
    url.path += "/token";
    return url;
}

std::optional<net::proxy> proxy_for(const client_settings& s, const proto::https_url& url) {
    if (s.proxy.empty() || proto::bypasses_proxy(s.no_proxy, url.host, url.port)) return std::nullopt;
    const proto::proxy_url at = value_or_throw(proto::parse_proxy_url("proxy", s.proxy));
    net::proxy through;
    through.at.host = at.host;
    through.at.port = at.port;
    through.user = s.proxy_user;
    through.password = s.proxy_password;
    return through;
}

std::shared_ptr<net::dialer> make_dialer(async::scheduler& on, const client_settings& s,
                                         const proto::https_url& url) {
    net::tls_settings tls;
    tls.ca_file = s.ca_file;
    tls.ca_pem = s.ca_pem;
    tls.certificate_file = s.certificate_file;
    tls.private_key_file = s.private_key_file;
    tls.private_key_password = s.private_key_password;
    auto context = value_or_throw(net::tls_context::make(tls, url.host));
    auto names = std::make_shared<net::name_cache>(on, net::thread_resolver(on, s.resolver), s.dns_lifetime);
    return std::make_shared<net::tls_dialer>(on, origin_of(url), std::move(context), std::move(names),
                                             proxy_for(s, url));
}

http::pool_settings pool_settings_of(const client_settings& s, const proto::https_url& url) {
    http::pool_settings pool;
    pool.limits.max_connections = s.max_connections;
    pool.limits.max_waiters = s.max_waiters;
    pool.limits.max_dials = s.max_dials;
    pool.limits.idle_ttl = s.idle_ttl;
    pool.limits.max_lifetime = s.max_lifetime;
    pool.limits.depth = s.pipeline_depth;
    pool.connect_timeout = s.connect_timeout;
    pool.origin = origin_of(url).authority();
    return pool;
}

calls::call_settings call_settings_of(const client_settings& s, const proto::https_url& url) {
    calls::call_settings call;
    call.retry.max_attempts = s.max_attempts;
    call.retry.base_delay = s.backoff_base;
    call.retry.max_delay = s.backoff_cap;
    call.retry.max_retry_after = s.max_pause;
    call.retry.retry_internal_error = s.retry_internal_error == retry_internal_error::yes;
    call.attempt_timeout = s.attempt_timeout;
    call.acquire_timeout = s.acquire_timeout;
    call.limits.max_header_bytes = s.max_header_bytes;
    call.limits.max_header_fields = s.max_header_fields;
    call.limits.max_body_bytes = s.max_body_bytes;
    call.origin = origin_of(url).authority();
    return call;
}

/// Only images are large enough to be compressed, and only their requests may be pipelined.
calls::call_settings image_settings_of(const client_settings& s, calls::call_settings call) {
    call.limits.accepts_gzip = s.compression == compression::gzip;
    if (s.pipeline_depth > 1) call.sharing = http::connection_pool::sharing::shared;
    return call;
}

proto::challenge_policy challenge_policy_of(const client_settings& s) {
    proto::challenge_policy accepts;
    switch (s.min_digest_algorithm) {
        case min_digest_algorithm::md5:
            accepts.minimum(proto::digest_algorithm::md5);
            break;
        case min_digest_algorithm::sha256:
            accepts.minimum(proto::digest_algorithm::sha256);
            break;
        case min_digest_algorithm::sha512_256:
            accepts.minimum(proto::digest_algorithm::sha512_256);
            break;
    }
    if (s.digest_without_qop == digest_without_qop::allow) accepts.allow_no_qop();
    return accepts;
}

credentials::token_settings token_settings_of(const client_settings& s) {
    credentials::token_settings t;
    t.timeout = s.timeout;
    t.fixed = s.fixed_token;
    t.choice = s.token_choice;
    t.user = s.application_key;
    t.password = s.application_secret;
    t.user_password = s.user_password;
    return t;
}

/// Without a rate there is still the pause that a service asks for.
policy::rate_limiter limiter_of(const client_settings& s) {
    if (s.rate_per_second > 0) return {s.rate_per_second, s.rate_burst};
    return policy::rate_limiter::unlimited();
}

std::string user_agent_of(const client_settings& s) {
    return s.user_agent.empty() ? "getty-connect/" + std::string(version) : s.user_agent;
}

}  // namespace

client_seams::client_seams() = default;

shared_parts::shared_parts(const client_settings& settings, calls::shared_limits::used_by users)
    : limits(limiter_of(settings), policy::retry_budget(settings.retry_ratio, settings.retry_reserve),
             settings.max_pause, users),
      token(std::make_shared<credentials::shared_token>(policy::token_limits())) {}

endpoint_access::endpoint_access(async::scheduler& on, const client_settings& settings,
                                 const proto::https_url& url, core::random_source& random,
                                 core::telemetry& watch, std::shared_ptr<net::dialer> dialer)
    : writer(
          value_or_throw(proto::request_writer::make(origin_of(url).authority(), user_agent_of(settings)))),
      pool(on, pool_settings_of(settings, url), std::move(dialer), random, watch),
      call_settings(call_settings_of(settings, url)) {}

/// A single lookup under way, known to the client as long as it lives.
struct client_core::active {
    active(client_core& in, async::cancel_scope& by) : of(in), scope(by), next(in.first_active_) {
        if (next) next->previous = this;
        of.first_active_ = this;
    }
    ~active() {
        if (next) next->previous = previous;
        (previous ? previous->next : of.first_active_) = next;
        if (!of.first_active_) of.idle_.notify_all();
    }
    active(const active&) = delete;
    active& operator=(const active&) = delete;

    client_core& of;
    async::cancel_scope& scope;
    active* next;
    active* previous = nullptr;
};

std::shared_ptr<client_core> client_core::make(boost::asio::any_io_executor executor,
                                               client_settings settings,
                                               std::shared_ptr<shared_parts> shared) {
    client_seams seams;
    seams.shared = std::move(shared);
    if (settings.threading == threading::strand) executor = boost::asio::make_strand(executor);
    seams.on = async::make_scheduler(std::move(executor));
    seams.random = core::system_random();
    return make(std::move(settings), std::move(seams));
}

std::shared_ptr<client_core> client_core::make(client_settings settings, client_seams seams) {
    const proto::https_url base = value_or_throw(proto::parse_https_url("base_url", settings.base_url));
    const proto::https_url token = token_url_of(settings, base);
    const bool elsewhere = origin_of(token) != origin_of(base);
    if (!seams.dialer) seams.dialer = make_dialer(*seams.on, settings, base);
    if (elsewhere && !seams.token_dialer) seams.token_dialer = make_dialer(*seams.on, settings, token);
    std::shared_ptr<client_core> made(new client_core(std::move(settings), std::move(seams), base, token));
    made->adopt_self();
    return made;
}

client_core::client_core(client_settings settings, client_seams seams, const proto::https_url& base,
                         const proto::https_url& token)
    : settings_(std::move(settings)),
      scheduler_(std::move(seams.on)),
      random_(std::move(seams.random)),
      merge_key_{random_->next(), random_->next()},
      telemetry_(settings_.observer),
      shared_(seams.shared
                  ? std::move(seams.shared)
                  : std::make_shared<shared_parts>(settings_, calls::shared_limits::used_by::one_executor)),
      dialect_(settings_, base, token),
      service_(*scheduler_, settings_, base, *random_, telemetry_, std::move(seams.dialer)),
      token_service_(seams.token_dialer
                         ? std::optional<endpoint_access>(std::in_place, *scheduler_, settings_, token,
                                                          *random_, telemetry_, std::move(seams.token_dialer))
                         : std::nullopt),
      image_calls_(*scheduler_, service_.pool, shared_->limits, calls::admission_rule::rated, *random_,
                   telemetry_, image_settings_of(settings_, service_.call_settings)),
      token_calls_(*scheduler_, token_access().pool, shared_->limits, calls::admission_rule::at_once,
                   *random_, telemetry_, token_access().call_settings),
      token_digest_(digest_for(auth_scheme::digest_token_endpoint)),
      image_digest_(digest_for(auth_scheme::digest)),
      tokens_(*scheduler_, shared_->token, token_calls_, dialect_, token_access().writer,
              token_digest_ ? &*token_digest_ : nullptr, *random_, telemetry_, token_settings_of(settings_)),
      authorizer_(image_digest_ ? credentials::make_digest_authorizer(tokens_, *image_digest_,
                                                                      settings_.application_key)
                                : credentials::make_bearer_authorizer(tokens_)),
      images_(*scheduler_, dialect_, service_.writer, *authorizer_, settings_.compression,
              settings_.redirects == redirects::same_origin ? service_.call_settings.origin : std::string()),
      hedger_(
          settings_.hedging == hedging::after_p95
              ? std::optional<lookup::hedger>(std::in_place, *scheduler_, image_calls_, images_, telemetry_)
              : std::nullopt),
      lookups_(*scheduler_, image_calls_, images_, hedger_ ? &*hedger_ : nullptr, telemetry_,
               settings_.language, settings_.timeout),
      workers_(*scheduler_),
      idle_(*scheduler_),
      closed_event_(*scheduler_) {}

/// Each is there for one scheme.
std::optional<credentials::digest_auth> client_core::digest_for(auth_scheme scheme) {
    if (settings_.auth != scheme) return std::nullopt;
    return std::optional<credentials::digest_auth>(std::in_place, *scheduler_, *random_,
                                                   challenge_policy_of(settings_),
                                                   settings_.mutual_authentication, settings_.digest_order);
}

client_core::~client_core() { scheduler_->disown(*this); }

/// What must not be used by two processes, besides the sockets.
void client_core::forked() noexcept {
    random_->forked();
    if (image_digest_) image_digest_->forked();
    if (token_digest_) token_digest_->forked();
}

void client_core::adopt_self() {
    scheduler_->adopt(*this);
    service_.pool.set_keep_alive(weak_from_this());
    if (token_service_) token_service_->pool.set_keep_alive(weak_from_this());
    tokens_.set_keep_alive(weak_from_this());
    if (hedger_) hedger_->set_keep_alive(weak_from_this());
}

async::task<result<document>> client_core::lookup(std::string id, lookup_options options,
                                                  async::cancel_scope& scope) {
    if (closing_) co_return error(errc::client_closed, stage::queue);
    if (const result<void> good = options.validate(); !good) co_return good.error();
    const active me(*this, scope);
    lookup::image_request request(images_);
    lookup::lookup_report report;
    document found;
    const result<void> done = co_await lookups_.run(request, id, options, scope, nullptr, found, report);
    if (!done) co_return done.error();
    co_return found;
}

async::task<result<token_info>> client_core::authenticate(async::cancel_scope& scope) {
    if (closing_) co_return error(errc::client_closed, stage::auth);
    const active me(*this, scope);
    scope.expires_at(core::later(scheduler_->now(), settings_.timeout));
    while (!tokens_.ready(0)) {
        const result<std::uint64_t> brought = co_await tokens_.wait(scope);
        if (!brought) co_return brought.error();
        if (scope.stopped()) {
            co_return error(scope.reason(errc::deadline_exceeded), stage::auth,
                            "the token endpoint has not answered yet");
        }
        if (*brought != 0) break;
    }
    token_info info;
    info.remaining = tokens_.remaining();
    co_return info;
}

std::shared_ptr<lookup::batch> client_core::make_batch(id_source ids, const fetch_options& options) {
    using users = lookup::batch::used_by;
    return std::make_shared<lookup::batch>(batches_, lookups_, workers_, std::move(ids), options, merge_key_,
                                           single_threaded() ? users::one_executor : users::many_threads,
                                           weak_from_this());
}

async::task<void> client_core::drained(async::cancel_scope& scope) {
    co_await workers_.join(scope);
    while (first_active_ && !scope.stopped()) {
        co_await idle_.wait(scope);
    }
}

void client_core::cancel_all() {
    for (active* a = first_active_; a; a = a->next) a->scope.cancel();
    batches_.cancel_lookups();
}

async::task<std::monostate> client_core::close() {
    async::cancel_scope forever(*scheduler_);
    closing_ = true;
    if (std::exchange(close_begun_, true)) {
        while (!closed_) {
            co_await closed_event_.wait(forever);
        }
        co_return std::monostate();
    }
    batches_.close(error(errc::client_closed, stage::queue));
    async::cancel_scope patience(*scheduler_);
    patience.expires_at(core::later(scheduler_->now(), settings_.drain_timeout));
    co_await drained(patience);
    cancel_all();
    co_await drained(forever);
    tokens_.close();
    co_await tokens_.closed(forever);
    service_.pool.close();
    co_await service_.pool.closed(forever);
    if (token_service_) {
        token_service_->pool.close();
        co_await token_service_->pool.closed(forever);
    }
    scheduler_->quiet();
    closed_ = true;
    closed_event_.notify_all();
    co_return std::monostate();
}

void client_core::release(std::shared_ptr<client_core> core) {
    if (!core || core->scheduler_->ended()) return;
    const async::executor on = core->executor();
    boost::asio::post(on, [last = std::move(core)] { last->abort(); });
}

void client_core::abort() {
    closing_ = true;
    batches_.cancel();
    batches_.close(error(errc::client_closed, stage::queue));
    cancel_all();
    tokens_.close();
    service_.pool.close();
    if (token_service_) token_service_->pool.close();
    scheduler_->quiet();
}

}  // namespace getty::connect::detail
