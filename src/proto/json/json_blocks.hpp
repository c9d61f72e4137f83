// Where strings end in a JSON text, found 64 bytes at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace getty::connect::proto {

inline constexpr std::ptrdiff_t block_bytes = 64;

/// What 64 bytes are. Masks have one bit for each of them, the first in the lowest.
struct block_classes {
    std::uint64_t quotes = 0;
    bool unusual = false;  ///< some byte takes a closer look if it is in a string: see `is_unusual`
};

/// Backslashes, control characters, and bytes above 0x7F. Most blocks have none.
[[nodiscard]] constexpr bool is_unusual(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\\' || byte < 0x20 || byte >= 0x80;
}

/// Which those are.
struct unusual_bytes {
    std::uint64_t all = 0;
    std::uint64_t backslashes = 0;
};

[[nodiscard]] inline block_classes classify_portable(const char* block) noexcept {
    block_classes classes;
    for (unsigned i = 0; i < block_bytes; ++i) classes.quotes |= std::uint64_t{block[i] == '"'} << i;
    classes.unusual = std::any_of(block, block + block_bytes, is_unusual);
    return classes;
}

[[nodiscard]] inline unusual_bytes find_unusual_portable(const char* block) noexcept {
    unusual_bytes found;
    for (unsigned i = 0; i < block_bytes; ++i) {
        found.backslashes |= std::uint64_t{block[i] == '\\'} << i;
        found.all |= std::uint64_t{is_unusual(block[i])} << i;
    }
    return found;
}

[[nodiscard]] inline const char* skip_usual_portable(const char* p, const char* end) noexcept {
    return std::find_if(p, end, [](char c) { return c == '"' || is_unusual(c); });
}

#if defined(__SSE2__)
[[nodiscard]] inline __m128i load_16(const char* p) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
[[nodiscard]] inline unsigned movemask(__m128i bytes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(bytes));
}
#endif

[[nodiscard]] inline block_classes classify(const char* block) noexcept {
#if defined(__SSE2__)
    block_classes classes;
    __m128i above_controls = _mm_set1_epi8(-1);
    __m128i backslashes = _mm_setzero_si128();
    for (unsigned i = 0; i < block_bytes; i += 16) {
        const __m128i bytes = load_16(block + i);
        classes.quotes |= std::uint64_t{movemask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')))} << i;
        // as signed numbers, bytes above 0x7F are less than all others
        above_controls = _mm_and_si128(above_controls, _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x1F)));
        backslashes = _mm_or_si128(backslashes, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    }
    classes.unusual = movemask(_mm_andnot_si128(backslashes, above_controls)) != 0xFFFF;
    return classes;
#else
    return classify_portable(block);
#endif
}

[[nodiscard]] inline unusual_bytes find_unusual(const char* block) noexcept {
#if defined(__SSE2__)
    unusual_bytes found;
    for (unsigned i = 0; i < block_bytes; i += 16) {
        const __m128i bytes = load_16(block + i);
        found.backslashes |= std::uint64_t{movemask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')))} << i;
        found.all |= std::uint64_t{movemask(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')))} << i;
    }
    found.all |= found.backslashes;
    return found;
#else
    return find_unusual_portable(block);
#endif
}

/// The first byte of [`p`, `end`) that is a quote or unusual, or `end`.
[[nodiscard]] inline const char* skip_usual(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = load_16(p);
        // The flipped bit makes the quote a blank and the blank a quote. Then all but the backslash are below
        // '!'.
        const __m128i low = _mm_cmplt_epi8(_mm_xor_si128(bytes, _mm_set1_epi8(2)), _mm_set1_epi8('!'));
        const unsigned found = movemask(_mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
        if (found != 0) return p + std::countr_zero(found);
    }
#endif
    return skip_usual_portable(p, end);
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

/// Tells where the strings of a JSON text end, one after the other.
///
/// Each block is looked at once, and without knowing what the reader found before: the processor does that
/// ahead of time, while a search for the end of a string has to wait for the end of the one before.
class string_ends {
public:
    string_ends(const char* begin, const char* end) noexcept
        : next_block_(begin), end_(end), unusual_until_(begin) {}

    /// The closing quote of the string after those told before; the text's end: there is none.
    [[nodiscard]] const char* next() noexcept {
        const std::uint64_t behind_opening = quotes_ & (quotes_ - 1);
        if (behind_opening == 0) [[unlikely]]
            return next_across_blocks();
        quotes_ = behind_opening & (behind_opening - 1);
        return block_ + std::countr_zero(behind_opening);
    }

    /// Behind the last unusual byte so far, which may lie behind the last string's end; the text's begin:
    /// there was none. The text's end, when that was the last string's.
    [[nodiscard]] const char* unusual_until() const noexcept { return unusual_until_; }

private:
    [[gnu::noinline]] const char* next_across_blocks() noexcept {
        bool opened = quotes_ != 0;
        for (;;) {
            if (next_block_ == end_) {
                unusual_until_ = end_;
                return end_;
            }
            advance();
            if (!opened && quotes_ != 0) {
                opened = true;
                quotes_ &= quotes_ - 1;
            }
            if (quotes_ != 0) break;
        }
        const char* const found = block_ + std::countr_zero(quotes_);
        quotes_ &= quotes_ - 1;
        return found;
    }

    void advance() noexcept {
        block_ = next_block_;
        if (end_ - block_ < block_bytes) [[unlikely]]
            return advance_to_end();
        next_block_ = block_ + block_bytes;
        take(block_);
    }

    [[gnu::noinline]] void advance_to_end() noexcept {
        std::array<char, block_bytes> padded;
        padded.fill(' ');
        std::copy(block_, end_, padded.begin());
        next_block_ = end_;
        take(padded.data());
    }

    void take(const char* bytes) noexcept {
        const block_classes classes = classify(bytes);
        quotes_ = classes.quotes;
        if (classes.unusual || escape_carry_) [[unlikely]]
            take_unusual(bytes);
    }

    [[gnu::noinline]] void take_unusual(const char* bytes) noexcept {
        const unusual_bytes unusual = find_unusual(bytes);
        quotes_ &= ~escaped_bytes(unusual.backslashes, escape_carry_);
        if (unusual.all != 0) unusual_until_ = block_ + std::bit_width(unusual.all);
    }

    const char* block_ = nullptr;
    const char* next_block_;
    const char* end_;
    std::uint64_t quotes_ = 0;  // of the block: not escaped, and behind the strings told
    bool escape_carry_ = false;
    const char* unusual_until_;
};

}  // namespace getty::connect::proto
