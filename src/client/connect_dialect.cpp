#include "client/connect_dialect.hpp"

#include "core/percent_encoding.hpp"

namespace getty::connect::detail {

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

}  // namespace getty::connect::detail
