// UTF-8 by its definition, code point by code point: a second opinion.
#pragma once

#include <cstdint>
#include <string_view>

namespace getty::connect::fuzz {

/// RFC 3629: shortest form, no surrogates, nothing above U+10FFFF.
inline bool is_plain_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto lead = static_cast<unsigned char>(text.front());
        const std::size_t length = lead < 0x80           ? 1
                                   : (lead >> 5) == 0x06 ? 2
                                   : (lead >> 4) == 0x0E ? 3
                                   : (lead >> 3) == 0x1E ? 4
                                                         : 0;
        if (length == 0 || text.size() < length) return false;
        std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
        for (std::size_t i = 1; i < length; ++i) {
            const auto next = static_cast<unsigned char>(text[i]);
            if ((next & 0xC0) != 0x80) return false;
            point = point << 6 | (next & 0x3FU);
        }
        constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace getty::connect::fuzz
