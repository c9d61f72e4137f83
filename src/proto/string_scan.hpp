// Skipping over the contents of JSON strings, many bytes at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace getty::connect::proto {

namespace swar {

inline constexpr std::uint64_t ones = 0x0101010101010101U;
inline constexpr std::uint64_t high_bits = 0x8080808080808080U;

/// The high bit of each byte of `word` that is less than `limit` (at most 0x80). Exact for the lowest such
/// byte; those above it may be marked wrongly.
[[nodiscard]] constexpr std::uint64_t less_than(std::uint64_t word, unsigned char limit) noexcept {
    return (word - ones * limit) & ~word & high_bits;
}

}  // namespace swar

/// The first byte of [`p`, `end`) that a run of plain string contents cannot hold: a quote, a backslash, or a
/// control character; `end` when there is none. `non_ascii` is set when a byte before it has its high bit set
/// (and may be set by one shortly after it).
[[nodiscard]] inline const char* find_string_special_portable(const char* p, const char* end,
                                                              bool& non_ascii) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
        for (; end - p >= 8; p += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, p, 8);
            const std::uint64_t special = swar::less_than(word ^ (swar::ones * '"'), 1) |
                                          swar::less_than(word ^ (swar::ones * '\\'), 1) |
                                          swar::less_than(word, 0x20);
            if ((word & swar::high_bits) != 0) non_ascii = true;
            if (special != 0) return p + std::countr_zero(special) / 8;
        }
    }
    for (; p != end; ++p) {
        const auto byte = static_cast<unsigned char>(*p);
        if (byte == '"' || byte == '\\' || byte < 0x20) return p;
        if (byte >= 0x80) non_ascii = true;
    }
    return end;
}

[[nodiscard]] inline const char* find_string_special(const char* p, const char* end,
                                                     bool& non_ascii) noexcept {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1F);
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
        const __m128i special = _mm_or_si128(
            control, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
        if (_mm_movemask_epi8(bytes) != 0) non_ascii = true;
        if (mask != 0) return p + std::countr_zero(mask);
    }
#endif
    return find_string_special_portable(p, end, non_ascii);
}

/// One bit for each of 64 bytes, the first in the lowest bit.
struct block_masks {
    std::uint64_t quote = 0;
    std::uint64_t backslash = 0;
    std::uint64_t bracket = 0;  ///< any of { } [ ]
    std::uint64_t control = 0;  ///< below 0x20
    std::uint64_t high = 0;     ///< 0x80 and above
};

[[nodiscard]] inline block_masks classify_portable(const char* p) noexcept {
    block_masks masks;
    for (unsigned i = 0; i < 64; ++i) {
        const auto byte = static_cast<unsigned char>(p[i]);
        const auto bit = [i](bool set) { return std::uint64_t{set} << i; };
        masks.quote |= bit(byte == '"');
        masks.backslash |= bit(byte == '\\');
        masks.bracket |= bit((byte | 0x20) == '{' || (byte | 0x20) == '}');
        masks.control |= bit(byte < 0x20);
        masks.high |= bit(byte >= 0x80);
    }
    return masks;
}

/// Classifies the 64 bytes from `p` on.
[[nodiscard]] inline block_masks classify(const char* p) noexcept {
#if defined(__SSE2__)
    block_masks masks;
    const auto bits = [](__m128i bytes) {
        return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(bytes)));
    };
    const __m128i last_control = _mm_set1_epi8(0x1F);
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
        const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // [ and ] become { and }
        masks.quote |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))) << i;
        masks.backslash |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))) << i;
        masks.bracket |= bits(_mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')),
                                           _mm_cmpeq_epi8(folded, _mm_set1_epi8('}'))))
                         << i;
        masks.control |= bits(_mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control)) << i;
        masks.high |= bits(bytes) << i;
    }
    return masks;
#else
    return classify_portable(p);
#endif
}

/// Which bytes a backslash escapes. `carry`: whether the first byte is escaped by the block before; then
/// whether the first of the next one is.
[[nodiscard]] inline std::uint64_t escaped_bytes(std::uint64_t backslashes, bool& carry) noexcept {
    std::uint64_t escaped = carry ? 1 : 0;
    carry = false;
    for (std::uint64_t left = backslashes & ~escaped; left != 0;) {
        const int i = std::countr_zero(left);
        if (i == 63) {
            carry = true;
            break;
        }
        escaped |= std::uint64_t{2} << i;
        left &= ~(std::uint64_t{3} << i);
    }
    return escaped;
}

/// From each set bit up to, but without, the next one.
[[nodiscard]] constexpr std::uint64_t between_pairs(std::uint64_t bits) noexcept {
    for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

/// The first byte of [`p`, `end`) with its high bit set, or `end`.
[[nodiscard]] inline const char* find_non_ascii(const char* p, const char* end) noexcept {
    for (; end - p >= 8; p += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, p, 8);
        if ((word & swar::high_bits) != 0) break;
    }
    while (p != end && static_cast<unsigned char>(*p) < 0x80) ++p;
    return p;
}

}  // namespace getty::connect::proto
