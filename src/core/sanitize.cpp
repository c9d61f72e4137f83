#include "core/sanitize.hpp"

#include "core/utf8.hpp"

#include <algorithm>

namespace getty::connect::core {

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
            if (!c1) piece = input.substr(0, taken);
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
