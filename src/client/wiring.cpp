#include "client/wiring.hpp"

#include "client/connect_token_dialect.hpp"
#include "client/dialects.hpp"
#include "client/v3_token_dialect.hpp"
#include "net/resolver.hpp"
#include "net/tls_context.hpp"
#include "proto/http/no_proxy.hpp"

#include <getty/connect/version.hpp>

#include <optional>
#include <utility>

namespace getty::connect::detail {
namespace {

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
    call.limits.max_body_bytes = *s.max_body_bytes;
    call.origin = origin_of(url).authority();
    return call;
}

/// Without a rate there is still the pause that a service asks for.
policy::rate_limiter limiter_of(const client_settings& s) {
    if (s.rate_per_second > 0) return {s.rate_per_second, s.rate_burst};
    return policy::rate_limiter::unlimited();
}

policy::rate_limiter id_limiter_of(const client_settings& s) {
    if (s.ids_per_second > 0) return {s.ids_per_second, max_ids_of_v3};
    return policy::rate_limiter::unlimited();
}

std::string user_agent_of(const client_settings& s) {
    return s.user_agent.empty() ? "getty-connect/" + std::string(version) : s.user_agent;
}

}  // namespace

net::origin origin_of(const proto::https_url& url) {
    net::origin o;
    o.host = url.host;
    o.port = url.port;
    return o;
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

calls::call_settings image_settings_of(const client_settings& s, calls::call_settings call) {
    call.limits.accepts_gzip = s.compression == compression::gzip;
    call.limits.large_are_usual = s.dialect == dialect::v3;
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

namespace {

credentials::token_settings::supply supply_of(const client_settings& s) {
    using supply = credentials::token_settings::supply;
    if (s.fixed_token) return supply::caller;
    return s.dialect == dialect::v3 && s.application_secret.empty() ? supply::none : supply::endpoint;
}

credentials::grant_choice grants_of(const client_settings& s) {
    using beside = credentials::grant_choice::beside;
    if (!s.user_id.empty()) return credentials::grant_choice(beside::user);
    return credentials::grant_choice(s.refresh_token.empty() ? beside::application : beside::nothing);
}

}  // namespace

credentials::token_settings token_settings_of(const client_settings& s) {
    credentials::token_settings t;
    t.timeout = s.timeout;
    t.from = supply_of(s);
    if (s.fixed_token) t.fixed = *s.fixed_token;
    t.grants = grants_of(s);
    t.keeper = s.on_refresh_token;
    t.user = s.application_key;
    t.user_is_secret = s.dialect == dialect::v3;
    t.password = s.application_secret;
    t.user_password = s.user_password;
    return t;
}

calls::admission_rule token_rule_of(const client_settings& s) noexcept {
    return s.dialect == dialect::v3 ? calls::admission_rule::at_once_charged : calls::admission_rule::at_once;
}

std::unique_ptr<credentials::token_dialect> make_token_dialect(const client_settings& s,
                                                               const proto::https_url& url) {
    std::string target = url.path.empty() ? "/" : url.path;
    if (s.dialect == dialect::v3) return std::make_unique<v3_token_dialect>(s, std::move(target));
    return std::make_unique<connect_token_dialect>(s, std::move(target));
}

shared_parts::shared_parts(const client_settings& settings, calls::shared_limits::used_by users)
    : limits(limiter_of(settings), id_limiter_of(settings),
             policy::retry_budget(settings.retry_ratio, settings.retry_reserve), settings.max_pause, users),
      token(std::make_shared<credentials::shared_token>(policy::token_limits(), settings.refresh_token)) {}

endpoint_access::endpoint_access(async::scheduler& on, const client_settings& settings,
                                 const proto::https_url& url, core::random_source& random,
                                 core::telemetry& watch, std::shared_ptr<net::dialer> dialer)
    : writer(
          value_or_throw(proto::request_writer::make(origin_of(url).authority(), user_agent_of(settings)))),
      pool(on, pool_settings_of(settings, url), std::move(dialer), random, watch),
      call_settings(call_settings_of(settings, url)) {}

}  // namespace getty::connect::detail
