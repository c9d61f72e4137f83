#include "client/dialects.hpp"

#include "core/ascii.hpp"
#include "proto/http/field_rules.hpp"
#include "proto/http/url.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace getty::connect::detail {
namespace {

constexpr std::string_view connect_base = "https://connect.gettyimages.com/api";
constexpr std::string_view v3_base = "https://api.gettyimages.com/v3";
constexpr std::string_view v3_token = "https://authentication.gettyimages.com/oauth2/token";

error refused(std::string_view text) { return {errc::invalid_option, stage::queue, text}; }

/// The live token endpoint belongs to the live service alone: another base URL never leads to it.
std::string token_url_of_v3(const std::string& base) {
    const auto url = proto::parse_https_url("base_url", base);
    const auto live = proto::parse_https_url("base_url", std::string(v3_base));
    if (!url || !live) return std::string(v3_token);
    if (core::equals_ignoring_case(url->host, live->host) && url->port == live->port) {
        return std::string(v3_token);
    }
    const bool v6 = url->host.find(':') != std::string::npos;
    return "https://" + (v6 ? "[" + url->host + "]" : url->host) + ":" + std::to_string(url->port) +
           "/oauth2/token";
}

result<void> check_v3_credentials(const client_settings& s) {
    if (s.application_key.empty()) {
        return refused(
            "credentials: v3 wants an API key with every request; set credentials(key, secret), or "
            "credentials(key, secret()) to go by the key alone");
    }
    if (!proto::is_field_value(s.application_key)) {
        return refused("credentials: the key must be printable text without a blank at either end");
    }
    if (s.fixed_token && s.fixed_token->empty()) {
        return refused("token: it is empty; leave it out to have one fetched");
    }
    const bool no_secret = s.application_secret.empty() && !s.fixed_token;
    if (no_secret && !s.user_id.empty()) {
        return refused(
            "user: a token on behalf of a user needs the application's secret as well; set "
            "credentials(key, secret)");
    }
    if (no_secret && !s.refresh_token.empty()) {
        return refused(
            "refresh_token: it is of use with the application's secret only; set "
            "credentials(key, secret)");
    }
    return {};
}

}  // namespace

client_settings in_full(client_settings s) {
    const bool v3 = s.dialect == dialect::v3;
    if (!s.base_url) s.base_url = v3 ? v3_base : connect_base;
    if (s.token_url.empty()) {
        const std::size_t end = s.base_url->find_last_not_of('/') + 1;
        s.token_url = v3 ? token_url_of_v3(*s.base_url) : s.base_url->substr(0, end) + "/token";
    }
    if (!s.auth) s.auth = v3 ? auth_scheme::bearer : auth_scheme::digest;
    constexpr std::size_t kibibyte = 1024;
    if (!s.max_body_bytes) s.max_body_bytes = (v3 ? 64 * max_ids_of_v3 : 1024) * kibibyte;
    // There a 500 says no more than a 503 (api.md 2.6).
    if (v3) s.retry_internal_error = retry_internal_error::yes;
    return s;
}

result<void> check_dialect(const client_settings& s) {
    if (s.dialect == dialect::connect) {
        const std::array<std::pair<std::string_view, bool>, 4> of_v3{{
            {"fields", !s.fields.empty()},
            {"refresh_token", !s.refresh_token.empty()},
            {"on_refresh_token", s.on_refresh_token != nullptr},
            {"client_authentication", s.client_authentication != client_authentication::form},
        }};
        for (const auto& [name, set] : of_v3) {
            if (set)
                return refused(std::string(name) +
                               ": only v3 has it; leave it out or set dialect(dialect::v3)");
        }
        return {};
    }
    if (s.auth && *s.auth != auth_scheme::bearer) {
        return refused("auth: v3 has no Digest; leave it out, or set auth_scheme::bearer");
    }
    const client_settings otherwise;
    const std::array<std::pair<std::string_view, bool>, 6> of_connect{{
        {"min_digest_algorithm", s.min_digest_algorithm != otherwise.min_digest_algorithm},
        {"digest_without_qop", s.digest_without_qop != otherwise.digest_without_qop},
        {"digest_order", s.digest_order != otherwise.digest_order},
        {"mutual_authentication", s.mutual_authentication != otherwise.mutual_authentication},
        {"token_encoding", s.token_encoding != otherwise.token_encoding},
        {"token_choice", s.token_choice != otherwise.token_choice},
    }};
    for (const auto& [name, set] : of_connect) {
        if (set) return refused(std::string(name) + ": v3 has nothing of the kind; leave it out");
    }
    if (result<void> good = check_v3_credentials(s); !good) return good;
    return check_fields(s.fields);
}

result<void> check_fields(const std::vector<std::string>& names) {
    constexpr std::size_t most = 64;
    if (names.size() > most) {
        return refused("fields " + std::to_string(names.size()) + ": must be at most " +
                       std::to_string(most) + " names");
    }
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    for (const std::string& name : names) {
        if (!name.empty() && name.size() <= most && std::all_of(name.begin(), name.end(), is_letter))
            continue;
        return refused("fields \"" + name.substr(0, most) +
                       "\": must be a name of small letters, digits and '_', such as \"title\"");
    }
    return {};
}

result<void> check_lookup(const client_settings& s, const lookup_options& each) {
    if (s.dialect == dialect::v3 && !each.coordination_id().empty()) {
        return refused("coordination_id: v3 refuses requests with it; leave it out, or send header(...)");
    }
    if (s.dialect == dialect::connect && !each.fields().empty()) {
        return refused("fields: only v3 has it; leave it out or set dialect(dialect::v3)");
    }
    if (s.dialect == dialect::connect) return {};
    for (const auto& [name, value] : each.headers()) {
        for (const std::string_view own : {"api-key", "accept-language"}) {
            if (core::equals_ignoring_case(name, own)) {
                return refused("header \"" + name + "\": is the client's own to send; leave it out");
            }
        }
    }
    return {};
}

result<void> check_batch(const client_settings& s, const fetch_options& options) {
    if (result<void> good = check_lookup(s, options.lookup()); !good) return good;
    if (s.dialect == dialect::connect && options.ids_per_request().value_or(1) > 1) {
        return refused("ids_per_request " + std::to_string(*options.ids_per_request()) +
                       ": the Connect interface takes one id in a request; leave it out or set "
                       "dialect(dialect::v3)");
    }
    const hedging asks_twice = options.lookup().hedging().value_or(s.hedging);
    if (shape_of(s, options).ids_per_request > 1 && asks_twice != hedging::off) {
        return refused(
            "hedging: a request for many ids is not asked twice; set ids_per_request(1), or "
            "hedging(hedging::off)");
    }
    return {};
}

lookup::batch_shape shape_of(const client_settings& s, const fetch_options& options) noexcept {
    const bool v3 = s.dialect == dialect::v3;
    return {options.max_in_flight().value_or(v3 ? 8 : 64),
            options.ids_per_request().value_or(v3 ? max_ids_of_v3 : 1)};
}

}  // namespace getty::connect::detail
