#include "client/connect_dialect.hpp"

#include "core/percent_encoding.hpp"
#include "proto/image/image_id.hpp"
#include "proto/image/raw_image.hpp"

namespace getty::connect::detail {

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

}  // namespace getty::connect::detail
