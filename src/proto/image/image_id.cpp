#include "proto/image/image_id.hpp"

#include "core/utf8.hpp"

namespace getty::connect::proto {

std::string_view why_invalid_id(std::string_view id) noexcept {
    if (id.empty()) return "it is empty";
    if (id.size() > max_id_bytes) return "it is longer than 128 bytes";
    if (id == "." || id == "..") return "it is a relative path segment";
    while (!id.empty()) {
        const std::size_t length = core::utf8_sequence(id);
        if (length == 0) return "it is not valid UTF-8";
        const auto lead = static_cast<unsigned char>(id.front());
        if (lead < 0x20 || lead == 0x7F) return "it holds a control character";
        id.remove_prefix(length);
    }
    return {};
}

}  // namespace getty::connect::proto
