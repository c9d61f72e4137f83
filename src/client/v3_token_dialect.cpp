#include "client/v3_token_dialect.hpp"

#include "core/percent_encoding.hpp"
#include "core/wipe.hpp"
#include "proto/auth/basic_auth.hpp"

#include <array>

namespace getty::connect::detail {
namespace {

/// As forms encode it (RFC 6749 2.3.1).
secret encoded(const secret& plain) {
    constexpr std::size_t longest_of_one = 3;
    std::string text;
    text.reserve(plain.expose().size() * longest_of_one);  // growing would leave copies behind
    core::append_percent_encoded(text, plain.expose());
    secret made(text);
    core::wipe(text);
    return made;
}

}  // namespace

void v3_token_dialect::append_fields(std::string& out) const {
    if (settings_.client_authentication != client_authentication::basic) return;
    std::string key;
    core::append_percent_encoded(key, settings_.application_key);
    out += "Authorization: ";
    proto::append_basic(out, key, encoded(settings_.application_secret));
    out += "\r\n";
}

secret v3_token_dialect::body(credentials::token_grant grant, const secret& refresh_token) const {
    using credentials::token_grant;
    const bool in_form = settings_.client_authentication == client_authentication::form;
    const bool of_user = grant == token_grant::password;
    const bool again = grant == token_grant::refresh_token;
    const std::string_view none;
    // What has no value is not sent.
    const std::array<proto::token_parameter, 6> parameters{{
        {"client_id", in_form ? std::string_view(settings_.application_key) : none},
        {"client_secret", in_form ? settings_.application_secret.expose() : none},
        {"grant_type", of_user ? "password"
                       : again ? "refresh_token"
                               : "client_credentials"},
        {"username", of_user ? std::string_view(settings_.user_id) : none},
        {"password", of_user ? settings_.user_password.expose() : none},
        {"refresh_token", again ? refresh_token.expose() : none},
    }};
    return proto::form_body(parameters);
}

}  // namespace getty::connect::detail
