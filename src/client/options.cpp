#include "client/dialects.hpp"
#include "core/ascii.hpp"
#include "core/sanitize.hpp"
#include "core/utf8.hpp"
#include "proto/auth/basic_auth.hpp"
#include "proto/http/field_rules.hpp"
#include "proto/http/url.hpp"

#include <getty/connect/options.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace getty::connect {
namespace {

using std::chrono::milliseconds;

error refuse(std::string_view option, const std::string& value, std::string_view rule_and_mend) {
    std::string text(option);
    text += " ";
    text += value;
    text += ": ";
    text += rule_and_mend;
    return {errc::invalid_option, stage::queue, text};
}

/// A text in quotes, cut so that there is room for what is wrong with it.
std::string quoted(std::string_view text) {
    constexpr std::size_t max_shown_bytes = 128;
    return '"' + std::string(text.substr(0, max_shown_bytes)) +
           (text.size() > max_shown_bytes ? "...\"" : "\"");
}

constexpr milliseconds longest = std::chrono::hours(24 * 365);

struct duration_rule {
    std::string_view name;
    milliseconds value;
    milliseconds least;
};

result<void> check_duration(const duration_rule& rule) {
    if (rule.value >= rule.least && rule.value <= longest) return {};
    const std::string least = std::to_string(rule.least.count());
    return refuse(rule.name, std::to_string(rule.value.count()) + " ms",
                  "must be " + least + " ms to one year; leave it out for the default");
}

struct count_rule {
    std::string_view name;
    std::uint64_t value;
    std::uint64_t least;
    std::uint64_t most;
};

result<void> check_count(const count_rule& rule) {
    if (rule.value >= rule.least && rule.value <= rule.most) return {};
    return refuse(rule.name, std::to_string(rule.value),
                  "must be " + std::to_string(rule.least) + " to " + std::to_string(rule.most) +
                      "; leave it out for the default");
}

bool plain_text(std::string_view text) {
    if (core::has_control(text)) return false;
    while (!text.empty()) {
        const std::size_t length = core::utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

struct secret_rule {
    std::string_view name;
    const secret& value;
};

/// Where one is sent it would break the field or the file it stands in, or never be the one that is meant.
result<void> check_secret(const secret_rule& rule) {
    if (!core::has_control(rule.value.expose())) return {};
    return error(errc::invalid_option, stage::queue,
                 std::string(rule.name) + " " + std::string(core::control_in_secret));
}

result<void> check_secrets(const client_settings& s) {
    const secret none;
    for (const secret_rule& rule : std::array<secret_rule, 6>{{
             {"application_secret", s.application_secret},
             {"user_password", s.user_password},
             {"token", s.fixed_token ? *s.fixed_token : none},
             {"refresh_token", s.refresh_token},
             {"proxy_password", s.proxy_password},
             {"private_key_password", s.private_key_password},
         }}) {
        if (result<void> good = check_secret(rule); !good) return good;
    }
    return {};
}

result<void> check_credentials(const client_settings& s) {
    const bool asks_for_token = !s.fixed_token;
    if (asks_for_token && (s.application_key.empty() || s.application_secret.empty())) {
        return error(
            errc::invalid_option, stage::queue,
            "credentials: an application key and its secret are needed; set credentials(key, secret), or "
            "token(...) when you have a token already");
    }
    if (s.fixed_token && s.fixed_token->empty()) {
        return error(errc::invalid_option, stage::queue,
                     "token: it is empty; leave it out to have one fetched");
    }
    if (s.fixed_token && s.auth == auth_scheme::digest && s.application_key.empty()) {
        return error(
            errc::invalid_option, stage::queue,
            "credentials: Digest needs the application key as user name; set credentials(key, ...), or "
            "auth(auth_scheme::bearer)");
    }
    if (!plain_text(s.application_key) || !plain_text(s.user_id)) {
        return error(errc::invalid_option, stage::queue,
                     "credentials: key and user id must be UTF-8 without control characters");
    }
    return {};
}

result<void> check_proxy(const client_settings& s) {
    if (s.proxy.empty()) {
        if (s.proxy_user.empty() && s.proxy_password.empty()) return {};
        return error(errc::invalid_option, stage::queue,
                     "proxy_credentials: there is no proxy to send them to; set proxy(url) as well");
    }
    const auto url = proto::parse_proxy_url("proxy", s.proxy);
    if (!url) return url.error();
    if (!s.proxy_user.empty() ? proto::is_basic_user(s.proxy_user) : s.proxy_password.empty()) return {};
    return error(errc::invalid_option, stage::queue,
                 "proxy_credentials: the user must be text without ':' and control characters, of at least "
                 "one character");
}

result<void> check_language(const std::string& tag) {
    if (plain_text(tag) && tag.size() <= 35) return {};
    return refuse("language", quoted(tag),
                  "must be a language tag of at most 35 characters, such as \"de\" or \"en-us\"");
}

/// Fields that the client itself sends, that frame the request or that would have the service answer with
/// less than the image.
bool is_reserved(std::string_view name) {
    constexpr std::string_view reserved[] = {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    };
    const auto same = [&](std::string_view other) { return core::equals_ignoring_case(name, other); };
    return std::any_of(std::begin(reserved), std::end(reserved), same) ||
           core::equals_ignoring_case(name.substr(0, 3), "if-") ||
           core::equals_ignoring_case(name.substr(0, 6), "proxy-");
}

result<void> check_headers(const std::vector<std::pair<std::string, std::string>>& headers) {
    constexpr std::size_t most = 16;
    constexpr std::size_t most_bytes = 4096;
    if (result<void> good = check_count({"number of headers", headers.size(), 0, most}); !good) return good;
    std::size_t bytes = 0;
    for (const auto& [name, value] : headers) {
        bytes += name.size() + value.size();
        if (!proto::is_token(name)) {
            return refuse("header", quoted(name), "is no name of a field (RFC 9110 5.6.2)");
        }
        if (is_reserved(name)) {
            return refuse("header", quoted(name), "is the client's own to send; leave it out");
        }
        if (!proto::is_field_value(value)) {
            return refuse("header", quoted(name),
                          "its value (not shown) cannot be sent: no control characters, and no blank at "
                          "either end (RFC 9110 5.5)");
        }
    }
    if (bytes <= most_bytes) return {};
    return refuse("headers", std::to_string(bytes) + " bytes",
                  "must be at most " + std::to_string(most_bytes) + " bytes together");
}

result<void> check_texts(const client_settings& s) {
    if (result<void> good = check_language(s.language); !good) return good;
    if (!s.ca_file.empty() && !s.ca_pem.empty()) {
        return error(errc::invalid_option, stage::queue, "ca_file and ca_pem: set one of them");
    }
    if (s.certificate_file.empty() != s.private_key_file.empty()) {
        return error(errc::invalid_option, stage::queue,
                     "client_certificate: needs both the certificate and its key");
    }
    if (s.private_key_file.empty() && !s.private_key_password.empty()) {
        return error(errc::invalid_option, stage::queue,
                     "private_key_password: there is no key to open with it; set client_certificate(...) as "
                     "well");
    }
    constexpr std::size_t most = 1023;  // OpenSSL's own limit
    if (s.private_key_password.expose().size() > most) {
        return error(errc::invalid_option, stage::queue,
                     "private_key_password (not shown): must be at most " + std::to_string(most) + " bytes");
    }
    return {};
}

}  // namespace

client_settings::client_settings() = default;
client_options::client_options() = default;
lookup_options::lookup_options() = default;
fetch_options::fetch_options() = default;

// clang-format off
client_options& client_options::dialect(connect::dialect which) { settings_.dialect = which; return *this; }
client_options& client_options::base_url(std::string url) { settings_.base_url = std::move(url); return *this; }
client_options& client_options::token_url(std::string url) { settings_.token_url = std::move(url); return *this; }
client_options& client_options::credentials(std::string key, secret s) { settings_.application_key = std::move(key); settings_.application_secret = std::move(s); return *this; }
client_options& client_options::user(std::string id, secret s) { settings_.user_id = std::move(id); settings_.user_password = std::move(s); return *this; }
client_options& client_options::token(secret fixed) { settings_.fixed_token = std::move(fixed); return *this; }
client_options& client_options::refresh_token(secret issued) { settings_.refresh_token = std::move(issued); return *this; }
client_options& client_options::on_refresh_token(refresh_token_keeper keeper) { settings_.on_refresh_token = std::move(keeper); return *this; }
client_options& client_options::client_authentication(connect::client_authentication how) { settings_.client_authentication = how; return *this; }
client_options& client_options::auth(auth_scheme scheme) { settings_.auth = scheme; return *this; }
client_options& client_options::min_digest_algorithm(connect::min_digest_algorithm weakest) { settings_.min_digest_algorithm = weakest; return *this; }
client_options& client_options::digest_without_qop(connect::digest_without_qop choice) { settings_.digest_without_qop = choice; return *this; }
client_options& client_options::digest_order(connect::digest_order order) { settings_.digest_order = order; return *this; }
client_options& client_options::mutual_authentication(connect::mutual_authentication choice) { settings_.mutual_authentication = choice; return *this; }
client_options& client_options::token_encoding(connect::token_encoding encoding) { settings_.token_encoding = encoding; return *this; }
client_options& client_options::token_choice(connect::token_choice choice) { settings_.token_choice = choice; return *this; }
client_options& client_options::language(std::string tag) { settings_.language = std::move(tag); return *this; }
client_options& client_options::fields(std::vector<std::string> names) { settings_.fields = std::move(names); return *this; }
client_options& client_options::user_agent(std::string product) { settings_.user_agent = std::move(product); return *this; }
client_options& client_options::max_connections(std::size_t count) { settings_.max_connections = count; return *this; }
client_options& client_options::max_waiters(std::size_t count) { settings_.max_waiters = count; return *this; }
client_options& client_options::max_dials(std::size_t count) { settings_.max_dials = count; return *this; }
client_options& client_options::pipeline_depth(std::size_t requests) { settings_.pipeline_depth = requests; return *this; }
client_options& client_options::idle_ttl(milliseconds ttl) { settings_.idle_ttl = ttl; return *this; }
client_options& client_options::max_lifetime(milliseconds lifetime) { settings_.max_lifetime = lifetime; return *this; }
client_options& client_options::timeout(milliseconds overall) { settings_.timeout = overall; return *this; }
client_options& client_options::attempt_timeout(milliseconds limit) { settings_.attempt_timeout = limit; return *this; }
client_options& client_options::connect_timeout(milliseconds limit) { settings_.connect_timeout = limit; return *this; }
client_options& client_options::acquire_timeout(milliseconds limit) { settings_.acquire_timeout = limit; return *this; }
client_options& client_options::drain_timeout(milliseconds limit) { settings_.drain_timeout = limit; return *this; }
client_options& client_options::dns_lifetime(milliseconds lifetime) { settings_.dns_lifetime = lifetime; return *this; }
client_options& client_options::resolver(address_lookup lookup) { settings_.resolver = std::move(lookup); return *this; }
client_options& client_options::proxy(std::string url) { settings_.proxy = std::move(url); return *this; }
client_options& client_options::proxy_credentials(std::string user, secret password) { settings_.proxy_user = std::move(user); settings_.proxy_password = std::move(password); return *this; }
client_options& client_options::no_proxy(std::string hosts) { settings_.no_proxy = std::move(hosts); return *this; }
client_options& client_options::max_attempts(unsigned count) { settings_.max_attempts = count; return *this; }
client_options& client_options::backoff(milliseconds base, milliseconds cap) { settings_.backoff_base = base; settings_.backoff_cap = cap; return *this; }
client_options& client_options::retry_budget(double ratio, std::uint32_t reserve) { settings_.retry_ratio = ratio; settings_.retry_reserve = reserve; return *this; }
client_options& client_options::retry_internal_error(connect::retry_internal_error choice) { settings_.retry_internal_error = choice; return *this; }
client_options& client_options::hedging(connect::hedging choice) { settings_.hedging = choice; return *this; }
client_options& client_options::max_pause(milliseconds limit) { settings_.max_pause = limit; return *this; }
client_options& client_options::compression(connect::compression choice) { settings_.compression = choice; return *this; }
client_options& client_options::redirects(connect::redirects choice) { settings_.redirects = choice; return *this; }
client_options& client_options::rate(double per_second, std::uint32_t burst) { settings_.rate_per_second = per_second; settings_.rate_burst = burst; return *this; }
client_options& client_options::rate_ids(double per_second) { settings_.ids_per_second = per_second; return *this; }
client_options& client_options::max_header_bytes(std::size_t bytes) { settings_.max_header_bytes = bytes; return *this; }
client_options& client_options::max_header_fields(std::size_t count) { settings_.max_header_fields = count; return *this; }
client_options& client_options::max_body_bytes(std::size_t bytes) { settings_.max_body_bytes = bytes; return *this; }
client_options& client_options::ca_file(std::string path) { settings_.ca_file = std::move(path); return *this; }
client_options& client_options::ca_pem(std::string pem) { settings_.ca_pem = std::move(pem); return *this; }
client_options& client_options::client_certificate(std::string certificate, std::string key) { settings_.certificate_file = std::move(certificate); settings_.private_key_file = std::move(key); return *this; }
client_options& client_options::private_key_password(secret pass_phrase) { settings_.private_key_password = std::move(pass_phrase); return *this; }
client_options& client_options::duplicates(connect::duplicates handling) { settings_.duplicates = handling; return *this; }
client_options& client_options::observer_per_shard(observer_of_shard of_shard) { settings_.observer = std::move(of_shard); return *this; }
client_options& client_options::threading(connect::threading kind) { settings_.threading = kind; return *this; }

lookup_options& lookup_options::language(std::string tag) { language_ = std::move(tag); return *this; }
lookup_options& lookup_options::fields(std::vector<std::string> names) { fields_ = std::move(names); return *this; }
lookup_options& lookup_options::coordination_id(std::string id) { coordination_id_ = std::move(id); return *this; }
lookup_options& lookup_options::decode(connect::decode form) { decode_ = form; return *this; }
lookup_options& lookup_options::timeout(milliseconds overall) { timeout_ = overall; return *this; }
lookup_options& lookup_options::max_attempts(unsigned count) { max_attempts_ = count; return *this; }
lookup_options& lookup_options::hedging(connect::hedging choice) { hedging_ = choice; return *this; }
lookup_options& lookup_options::header(std::string name, std::string value) { headers_.emplace_back(std::move(name), std::move(value)); return *this; }
lookup_options& lookup_options::context(std::shared_ptr<void> of_caller) { context_ = std::move(of_caller); return *this; }

fetch_options& fetch_options::max_in_flight(std::size_t count) { max_in_flight_ = count; return *this; }
fetch_options& fetch_options::ids_per_request(std::size_t count) { ids_per_request_ = count; return *this; }
fetch_options& fetch_options::max_linger(milliseconds limit) { max_linger_ = limit; return *this; }
fetch_options& fetch_options::concurrency(connect::concurrency kind) { concurrency_ = kind; return *this; }
fetch_options& fetch_options::max_buffered(std::size_t count) { max_buffered_ = count; return *this; }
fetch_options& fetch_options::delivery(connect::delivery order) { delivery_ = order; return *this; }
fetch_options& fetch_options::duplicates(connect::duplicates handling) { duplicates_ = handling; return *this; }
fetch_options& fetch_options::max_outage(milliseconds limit) { max_outage_ = limit; return *this; }
fetch_options& fetch_options::before_first_answer(connect::before_first_answer choice) { before_first_answer_ = choice; return *this; }
fetch_options& fetch_options::lookup(lookup_options each) { lookup_ = std::move(each); return *this; }
fetch_options& fetch_options::decode(connect::decode form) { lookup_.decode(form); return *this; }
// clang-format on

client_options& client_options::observer(std::shared_ptr<connect::observer> watcher) {
    settings_.observer = nullptr;
    if (watcher) settings_.observer = [w = std::move(watcher)](std::size_t) { return w; };
    return *this;
}

result<void> client_options::validate() const {
    const client_settings& s = settings_;
    const client_settings all = detail::in_full(s);
    const auto base = proto::parse_https_url("base_url", *all.base_url);
    if (!base) return base.error();
    const auto token = proto::parse_https_url("token_url", all.token_url);
    if (!token) return token.error();
    if (result<void> good = detail::check_dialect(s); !good) return good;
    if (s.dialect == dialect::connect) {
        if (result<void> good = check_credentials(all); !good) return good;
    }
    if (result<void> good = check_secrets(s); !good) return good;
    if (result<void> good = check_texts(s); !good) return good;
    if (result<void> good = check_proxy(s); !good) return good;
    if (!proto::is_field_value(s.user_agent)) {
        return refuse("user_agent", quoted(s.user_agent),
                      "must be printable text, such as \"my-job/1.0\"; leave it out for the default");
    }
    const milliseconds one(1);
    const milliseconds none(0);
    for (const duration_rule& rule : std::array<duration_rule, 11>{{
             {"idle_ttl", s.idle_ttl, none},
             {"max_lifetime", s.max_lifetime, one},
             {"timeout", s.timeout, one},
             {"attempt_timeout", s.attempt_timeout, one},
             {"connect_timeout", s.connect_timeout, one},
             {"acquire_timeout", s.acquire_timeout, one},
             {"drain_timeout", s.drain_timeout, none},
             {"dns_lifetime", s.dns_lifetime, none},
             {"backoff base", s.backoff_base, none},
             {"backoff cap", s.backoff_cap, none},
             {"max_pause", s.max_pause, one},
         }}) {
        if (result<void> good = check_duration(rule); !good) return good;
    }
    constexpr std::uint64_t mebibyte = 1024 * 1024;
    for (const count_rule& rule : std::array<count_rule, 9>{{
             {"max_connections", s.max_connections, 1, 65'535},
             {"max_waiters", s.max_waiters, 1, 100'000'000},
             {"max_dials", s.max_dials, 1, 65'535},
             {"pipeline_depth", s.pipeline_depth, 1, 64},
             {"max_attempts", s.max_attempts, 1, 100},
             {"rate burst", s.rate_burst, 1, 1'000'000'000},
             {"max_header_bytes", s.max_header_bytes, 256, mebibyte},
             {"max_header_fields", s.max_header_fields, 8, 100'000},
             {"max_body_bytes", *all.max_body_bytes, 1024, 1024 * mebibyte},
         }}) {
        if (result<void> good = check_count(rule); !good) return good;
    }
    if (!(s.retry_ratio >= 0.0 && s.retry_ratio <= 1.0)) {
        return refuse("retry_budget ratio", std::to_string(s.retry_ratio), "must be 0 to 1, such as 0.2");
    }
    if (!(s.rate_per_second == 0.0 || (s.rate_per_second >= 1e-6 && s.rate_per_second <= 1e9))) {
        return refuse("rate", std::to_string(s.rate_per_second),
                      "must be 0.000001 to 1000000000 requests per second, or 0 for no limit");
    }
    if (!(s.ids_per_second == 0.0 || (s.ids_per_second >= 1e-6 && s.ids_per_second <= 1e9))) {
        return refuse("rate_ids", std::to_string(s.ids_per_second),
                      "must be 0.000001 to 1000000000 ids per second, or 0 for no limit");
    }
    return {};
}

result<void> lookup_options::validate() const {
    if (result<void> good = check_language(language_); !good) return good;
    if (!plain_text(coordination_id_) || coordination_id_.size() > 128) {
        return error(errc::invalid_option, stage::queue,
                     "coordination_id: must be at most 128 bytes of UTF-8 without control characters");
    }
    if (timeout_) {
        if (result<void> good = check_duration({"timeout", *timeout_, milliseconds(1)}); !good) return good;
    }
    if (result<void> good = check_headers(headers_); !good) return good;
    if (result<void> good = detail::check_fields(fields_); !good) return good;
    if (max_attempts_) return check_count({"max_attempts", *max_attempts_, 1, 100});
    return {};
}

result<void> fetch_options::validate() const {
    for (const count_rule& rule : std::array<count_rule, 3>{{
             {"max_in_flight", max_in_flight_.value_or(1), 1, 65'535},
             {"ids_per_request", ids_per_request_.value_or(1), 1, 100},
             {"max_buffered", max_buffered_, 1, 1'000'000},
         }}) {
        if (result<void> good = check_count(rule); !good) return good;
    }
    if (result<void> good = check_duration({"max_outage", max_outage_, milliseconds(0)}); !good) return good;
    if (max_linger_ < milliseconds(0) || max_linger_ > std::chrono::minutes(1)) {
        return refuse("max_linger", std::to_string(max_linger_.count()) + " ms",
                      "must be 0 ms to one minute; leave it out for the default");
    }
    return lookup_.validate();
}

}  // namespace getty::connect
