#include "core/percent_encoding.hpp"

#include "core/ascii.hpp"

namespace getty::connect::core {
namespace {

constexpr bool is_unreserved(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

void append_percent_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (;;) {
        std::size_t plain = 0;
        while (plain < text.size() && is_unreserved(text[plain])) ++plain;
        out += text.substr(0, plain);
        if (plain == text.size()) return;
        const auto byte = static_cast<unsigned char>(text[plain]);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 0x0F];
        text.remove_prefix(plain + 1);
    }
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace getty::connect::core
