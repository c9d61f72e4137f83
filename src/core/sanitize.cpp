#include "core/sanitize.hpp"

#include "core/utf8.hpp"

#include <algorithm>

namespace getty::connect::core {

namespace {

/// Marks that turn the direction of the text around them, and hide what it says (Unicode Technical Report
/// 36): U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
bool turns_text(std::string_view sequence) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
    if (sequence.size() == 2) return byte(0) == 0xD8 && byte(1) == 0x9C;
    if (sequence.size() != 3 || byte(0) != 0xE2) return false;
    if (byte(1) == 0x80) return byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xAA && byte(2) <= 0xAE);
    return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
}

}  // namespace

std::string printable(std::string_view input, std::size_t max_bytes) {
    constexpr std::string_view mark = "...";
    std::string out;
    bool blank_before = true;  // swallows leading white space
    std::size_t fits = 0;      // length of `out` that still leaves room for the mark
    while (!input.empty()) {
        std::string_view piece = "?";
        std::size_t taken = utf8_sequence(input);
        const auto lead = static_cast<unsigned char>(input.front());
        const bool white = lead == ' ' || (lead >= '\t' && lead <= '\r');
        if (white) {
            piece = blank_before ? "" : " ";
        } else if (taken != 0 && lead >= 0x20 && lead != 0x7F) {
            // U+0080 to U+009F are control characters as well; terminals obey them.
            const bool c1 = lead == 0xC2 && static_cast<unsigned char>(input[1]) < 0xA0;
            if (!c1 && !turns_text(input.substr(0, taken))) piece = input.substr(0, taken);
        }
        blank_before = white;
        if (out.size() + piece.size() > max_bytes) {
            out.resize(fits);
            out += mark.substr(0, max_bytes);
            return out;
        }
        out += piece;
        if (out.size() + mark.size() <= max_bytes) fits = out.size();
        input.remove_prefix(taken == 0 ? 1 : taken);
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

bool has_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace getty::connect::core
