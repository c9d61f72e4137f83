#include "client/connect_dialect.hpp"

#include "core/percent_encoding.hpp"
#include "proto/image/image_id.hpp"

#include <array>

namespace getty::connect::detail {

connect_dialect::connect_dialect(const client_settings& settings, const proto::https_url& base,
                                 const proto::https_url& token)
    : settings_(settings),
      image_prefix_(base.path + "/images/"),
      token_target_(token.path.empty() ? "/" : token.path) {}

void connect_dialect::append_image_target(std::string& out, std::string_view id, std::string_view language,
                                          std::string_view coordination_id) const {
    out += image_prefix_;
    core::append_percent_encoded(out, id);
    char separator = '?';
    const auto parameter = [&](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        out += separator;
        separator = '&';
        out += name;
        out += '=';
        core::append_percent_encoded(out, value);
    };
    parameter("language", language);
    parameter("coordination_id", coordination_id);
}

std::string_view connect_dialect::token_content_type() const {
    return settings_.token_encoding == token_encoding::form ? "application/x-www-form-urlencoded"
                                                            : "application/json";
}

secret connect_dialect::token_body() const {
    const std::array<proto::token_parameter, 4> parameters{{
        {"application_key", settings_.application_key},
        {"application_secret", settings_.application_secret.expose()},
        {"user_id", settings_.user_id},
        {"user_password", settings_.user_password.expose()},
    }};
    return settings_.token_encoding == token_encoding::form ? proto::form_body(parameters)
                                                            : proto::json_body(parameters);
}

proto::token_result connect_dialect::read_token(std::string_view body) const {
    return proto::parse_token_answer(body);
}

}  // namespace getty::connect::detail
