#include "sandbox/v3/token_desk.hpp"

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "core/percent_encoding.hpp"
#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/catalogue/writing.hpp"

#include <chrono>
#include <utility>

namespace getty::connect::sandbox::v3 {
namespace {

constexpr std::chrono::hours refresh_lifetime(24 * 365);

token_desk::verdict refused(int status, std::string_view error, std::string_view description) {
    token_desk::verdict out;
    out.status = status;
    out.error = error;
    out.description = description;
    return out;
}

/// What follows the name of the scheme; null for another scheme.
std::optional<std::string_view> after_scheme(std::string_view authorization, std::string_view scheme) {
    if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ' ||
        !core::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
        return std::nullopt;
    }
    const std::size_t begin = authorization.find_first_not_of(' ', scheme.size());
    return begin == authorization.npos ? std::string_view() : authorization.substr(begin);
}

secret basic_value(std::string_view key, std::string_view password) {
    std::string text;
    core::base64_writer writer(text);
    writer.add(key);
    writer.add(":");
    writer.add(password);
    writer.finish();
    return secret(std::move(text));
}

}  // namespace

token_desk::token_desk(const settings& with, core::random_source& random)
    : settings_(with),
      tokens_(with.token_lifetime, with.max_tokens, with.static_token, random, token_shape::oauth),
      refresh_tokens_(refresh_lifetime, with.max_tokens, std::nullopt, random, token_shape::oauth) {}

token_desk::verdict token_desk::judge(const std::vector<parameter>& form, std::string_view authorization,
                                      core::time_point now) {
    verdict made = judge_client(form, authorization);
    if (made.status != 200) return made;
    const auto grant = find(form, "grant_type");
    if (!grant) return refused(400, "invalid_request", "grant_type is missing");
    if (*grant == "client_credentials") return made;
    if (*grant == "refresh_token") {
        const auto token = find(form, "refresh_token");
        if (!token) return refused(400, "invalid_request", "refresh_token is missing");
        if (refresh_tokens_.find(*token, now)) return made;
        return refused(400, "invalid_grant", "the refresh token is not valid or has expired");
    }
    if (*grant != "password") return refused(400, "unsupported_grant_type", "the grant is not supported");
    const auto name = find(form, "username");
    const auto password = find(form, "password");
    if (!name || !password) return refused(400, "invalid_request", "username or password is missing");
    if (!settings_.user_id || *name != *settings_.user_id ||
        !settings_.user_password.equals(secret(*password))) {
        return refused(400, "invalid_grant", "the user name or the password is wrong");
    }
    made.with_refresh = true;
    return made;
}

token_desk::verdict token_desk::judge_client(const std::vector<parameter>& form,
                                             std::string_view authorization) const {
    const auto id = find(form, "client_id");
    const auto password = find(form, "client_secret");
    if (!authorization.empty()) {
        const auto basic = after_scheme(authorization, "Basic");
        if (password) return refused(400, "invalid_request", "the secret is in the form and in the header");
        verdict made;
        if (!basic || !is_known_by_basic(*basic) || (id && *id != settings_.application_key)) {
            made = refused(401, "invalid_client", "the client id or the secret is wrong");
        }
        made.by_basic = true;
        return made;
    }
    if (!id) return refused(400, "invalid_request", "client_id is missing");
    if (!password) return refused(400, "invalid_request", "client_secret is missing");
    if (*id != settings_.application_key || !settings_.application_secret.equals(secret(*password))) {
        return refused(401, "invalid_client", "the client id or the secret is wrong");
    }
    return {};
}

/// Both parts form-encoded (RFC 6749 2.3.1), or as they are, as most write it.
bool token_desk::is_known_by_basic(std::string_view credentials) const {
    const secret given(credentials);
    const std::string_view plain = settings_.application_secret.expose();
    if (given.equals(basic_value(settings_.application_key, plain))) return true;
    std::string key, password;
    core::append_percent_encoded(key, settings_.application_key);
    core::append_percent_encoded(password, plain);
    const secret encoded(std::move(password));
    return given.equals(basic_value(key, encoded.expose()));
}

void token_desk::issue(std::string& out, const verdict& granted, core::time_point now) {
    const bool as_text = settings_.v3.expires_in == v3_expires_in::text;
    const auto life = std::chrono::floor<std::chrono::seconds>(settings_.token_lifetime);
    out += "{\"access_token\":";
    append_json_string(out, tokens_.issue(now).for_https.expose());
    out += R"(,"token_type":"Bearer","expires_in":)";
    if (as_text) out += '"';
    append_number(out, life.count());
    if (as_text) out += '"';
    if (granted.with_refresh) {
        out += ",\"refresh_token\":";
        append_json_string(out, refresh_tokens_.issue(now).for_https.expose());
    }
    out += '}';
}

void token_desk::append_error(std::string& out, const verdict& refused) {
    out += "{\"error\":";
    append_json_string(out, refused.error);
    out += ",\"error_description\":";
    append_json_string(out, refused.description);
    out += '}';
}

bool token_desk::accepts(std::string_view authorization, core::time_point now) {
    const auto token = after_scheme(authorization, "Bearer");
    return token && tokens_.find(*token, now);
}

void token_desk::revoke_all() noexcept {
    tokens_.forget_fixed();
    tokens_.expire_all();
    refresh_tokens_.expire_all();
}

}  // namespace getty::connect::sandbox::v3
