#include "client/connect_dialect.hpp"

#include "core/percent_encoding.hpp"
#include "proto/image/image_id.hpp"
#include "proto/image/raw_image.hpp"

#include <array>

namespace getty::connect::detail {

connect_dialect::connect_dialect(const client_settings& settings, const proto::https_url& base,
                                 const proto::https_url& token)
    : settings_(settings),
      image_prefix_(base.path + "/images/"),
      token_target_(token.path.empty() ? "/" : token.path) {}

std::string_view connect_dialect::why_refused(std::string_view id) const noexcept {
    return proto::why_invalid_id(id);
}

void connect_dialect::append_target(std::string& out, std::span<const lookup::item> items,
                                    const lookup_options& options, std::string_view default_language) const {
    out += image_prefix_;
    core::append_percent_encoded(out, items.front().id);
    char separator = '?';
    const auto parameter = [&](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        out += separator;
        separator = '&';
        out += name;
        out += '=';
        core::append_percent_encoded(out, value);
    };
    parameter("language", options.language().empty() ? default_language : options.language());
    parameter("coordination_id", options.coordination_id());
}

lookup::reading connect_dialect::read(std::string_view body, std::span<lookup::item> items, decode form) {
    lookup::item& one = items.front();
    lookup::reading said;
    if (form != decode::raw) {
        said.failure = decoder_.decode(body, one.id, one.into->image, one.into->coordination_id);
        said.unnamed = !said.failure && one.into->image.image_id().value_or("").empty();
    }
    if (!said.failure && form != decode::typed) {
        std::string_view object;
        said.failure = proto::find_raw_image(body, one.id, object, &said.unnamed);
        if (!said.failure) one.into->raw = object;
    }
    if (!said.failure) one.is = lookup::item::state::found;
    return said;
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
