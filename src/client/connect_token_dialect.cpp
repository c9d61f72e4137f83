#include "client/connect_token_dialect.hpp"

#include <array>
#include <utility>

namespace getty::connect::detail {

std::string_view connect_token_dialect::content_type() const {
    return settings_.token_encoding == token_encoding::form ? "application/x-www-form-urlencoded"
                                                            : "application/json";
}

secret connect_token_dialect::body(credentials::token_grant, const secret&) const {
    const std::array<proto::token_parameter, 4> parameters{{
        {"application_key", settings_.application_key},
        {"application_secret", settings_.application_secret.expose()},
        {"user_id", settings_.user_id},
        {"user_password", settings_.user_password.expose()},
    }};
    return settings_.token_encoding == token_encoding::form ? proto::form_body(parameters)
                                                            : proto::json_body(parameters);
}

proto::token_result connect_token_dialect::read(std::string_view body) const {
    proto::token_pair_result pair = proto::parse_token_answer(body);
    if (!pair) return pair.error();
    const bool https = settings_.token_choice == token_choice::ssl_token;
    proto::issued_token token;
    token.value = std::move(https ? pair->value_for_https : pair->value_for_http);
    token.lifetime = pair->lifetime;
    return token;
}

}  // namespace getty::connect::detail
