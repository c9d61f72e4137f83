#include "proto/path_segment.hpp"

#include "core/utf8.hpp"
#include "proto/field_rules.hpp"

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

void append_percent_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (;;) {
        std::size_t plain = 0;
        while (plain < text.size() && detail::has_class(text[plain], detail::unreserved_byte)) ++plain;
        out += text.substr(0, plain);
        if (plain == text.size()) return;
        const auto byte = static_cast<unsigned char>(text[plain]);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 0x0F];
        text.remove_prefix(plain + 1);
    }
}

}  // namespace getty::connect::proto
