// Where strings and brackets are in a JSON text, found 64 bytes at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace getty::connect::proto {

/// One bit for each of 64 bytes, the first in the lowest bit.
struct block_masks {
    std::uint64_t quote = 0;
    std::uint64_t bracket = 0;  ///< any of { } [ ], and of Y y _ DEL, which stand nowhere but in strings
    bool unusual = false;       ///< there are bytes of `unusual_masks`
};

/// What most blocks have none of.
struct unusual_masks {
    std::uint64_t backslash = 0;
    std::uint64_t control = 0;  ///< below 0x20
    std::uint64_t high = 0;     ///< 0x80 and above
};

// The brackets are those bytes, and nearly the only ones, that differ in these bits alone.
inline constexpr unsigned char bracket_bits = 0x26;
inline constexpr unsigned char bracket_base = 0x7F;

#if defined(__SSE2__)
[[nodiscard]] inline std::uint64_t movemask(__m128i bytes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(bytes));
}
#endif

[[nodiscard]] inline block_masks classify_portable(const char* p) noexcept {
    block_masks masks;
    for (unsigned i = 0; i < 64; ++i) {
        const auto byte = static_cast<unsigned char>(p[i]);
        const auto bit = [i](bool set) { return std::uint64_t{set} << i; };
        masks.quote |= bit(byte == '"');
        masks.bracket |= bit((byte | bracket_bits) == bracket_base);
        masks.unusual = masks.unusual || byte == '\\' || byte < 0x20 || byte >= 0x80;
    }
    return masks;
}

/// Classifies the 64 bytes from `p` on.
[[nodiscard]] inline block_masks classify(const char* p) noexcept {
#if defined(__SSE2__)
    block_masks masks;
    __m128i unusual = _mm_setzero_si128();
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
        const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(bracket_bits));
        masks.quote |= movemask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))) << i;
        masks.bracket |= movemask(_mm_cmpeq_epi8(folded, _mm_set1_epi8(bracket_base))) << i;
        // as signed numbers, bytes of 0x80 and above are less than the blank too
        unusual = _mm_or_si128(unusual, _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
                                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    }
    masks.unusual = movemask(unusual) != 0;
    return masks;
#else
    return classify_portable(p);
#endif
}

[[nodiscard]] inline unusual_masks classify_unusual_portable(const char* p) noexcept {
    unusual_masks masks;
    for (unsigned i = 0; i < 64; ++i) {
        const auto byte = static_cast<unsigned char>(p[i]);
        masks.backslash |= std::uint64_t{byte == '\\'} << i;
        masks.control |= std::uint64_t{byte < 0x20} << i;
        masks.high |= std::uint64_t{byte >= 0x80} << i;
    }
    return masks;
}

[[nodiscard]] inline unusual_masks classify_unusual(const char* p) noexcept {
#if defined(__SSE2__)
    unusual_masks masks;
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
        const __m128i last_control = _mm_set1_epi8(0x1F);
        masks.backslash |= movemask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))) << i;
        masks.control |= movemask(_mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control)) << i;
        masks.high |= movemask(bytes) << i;
    }
    return masks;
#else
    return classify_unusual_portable(p);
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

/// A window of 64 bytes that moves forward over a JSON text, each byte looked at once.
///
/// Vocabulary: a *fault* is a byte that can stand nowhere: a control character or an unknown escape in a
/// string; outside of strings a control character that is no white space, a backslash, or a byte above 0x7F.
///
/// Positions only grow from call to call. Invariant: the window does not leave a block that has a fault.
class json_blocks {
public:
    json_blocks(const char* begin, const char* end) noexcept
        : next_(begin), end_(end), high_until_(begin), backslash_until_(begin) {}

    /// The first quote at or after `p` that is not escaped. `end` when there is none before the text's end or
    /// before a fault.
    [[nodiscard]] const char* find_quote(const char* p) noexcept { return find<&json_blocks::quote_>(p); }
    /// The same for bracket-like bytes (see `block_masks`) outside of strings.
    [[nodiscard]] const char* find_bracket(const char* p) noexcept { return find<&json_blocks::bracket_>(p); }

    /// The first fault up to the end of the window; null: there is none.
    [[nodiscard]] const char* fault() const noexcept { return fault_; }
    [[nodiscard]] std::string_view describe_fault() const noexcept {
        return !fault_in_string_                            ? "a byte that cannot stand here"
               : static_cast<unsigned char>(*fault_) < 0x20 ? "control character in a string"
                                                            : "unknown escape";
    }
    /// Whether a string goes on behind the window.
    [[nodiscard]] bool in_string() const noexcept { return string_carry_ != 0; }
    /// Behind the last window so far that has a byte above 0x7F, or a backslash; the text's begin:
    /// none has.
    [[nodiscard]] const char* high_until() const noexcept { return high_until_; }
    [[nodiscard]] const char* backslash_until() const noexcept { return backslash_until_; }

private:
    static constexpr std::ptrdiff_t width = 64;

    template <std::uint64_t json_blocks::* Mask>
    const char* find(const char* p) noexcept {
        while (p >= next_) {
            if (!advance()) return end_;
        }
        std::uint64_t left = this->*Mask & (~std::uint64_t{0} << (p - block_));
        while (left == 0) {
            if (!advance()) return end_;
            left = this->*Mask;
        }
        return block_ + std::countr_zero(left);
    }

    bool advance() noexcept {
        if (fault_ != nullptr || next_ == end_) return false;
        block_ = next_;
        const char* bytes = block_;
        std::array<char, width> padded;
        if (end_ - block_ >= width) [[likely]] {
            next_ = block_ + width;
        } else {
            padded.fill(' ');
            std::copy(block_, end_, padded.begin());
            bytes = padded.data();
            next_ = end_;
        }
        const block_masks masks = classify(bytes);
        quote_ = masks.quote;
        if (masks.unusual || escape_carry_) [[unlikely]] {
            advance_unusual(bytes);
        } else {
            in_string_ = between_pairs(quote_) ^ string_carry_;
        }
        string_carry_ = (in_string_ >> 63) != 0 ? ~std::uint64_t{0} : 0;
        bracket_ = masks.bracket & ~in_string_;
        return true;
    }

    [[gnu::noinline]] void advance_unusual(const char* bytes) noexcept {
        const unusual_masks masks = classify_unusual(bytes);
        const std::uint64_t escaped = escaped_bytes(masks.backslash, escape_carry_);
        quote_ &= ~escaped;
        in_string_ = between_pairs(quote_) ^ string_carry_;
        if (masks.backslash != 0) backslash_until_ = next_;
        if (masks.high != 0) high_until_ = next_;

        std::uint64_t faults = (masks.control & in_string_) | ((masks.high | masks.backslash) & ~in_string_);
        for (std::uint64_t left = masks.control & ~in_string_; left != 0; left &= left - 1) {
            const char c = bytes[std::countr_zero(left)];
            if (c != '\n' && c != '\r' && c != '\t') faults |= left & (~left + 1);
        }
        for (std::uint64_t left = escaped & in_string_; left != 0; left &= left - 1) {
            constexpr std::string_view can_be_escaped = "\"\\/bfnrtu";
            const char c = bytes[std::countr_zero(left)];
            if (can_be_escaped.find(c) == std::string_view::npos) faults |= left & (~left + 1);
        }
        if (faults == 0) return;
        const int first = std::countr_zero(faults);
        fault_ = block_ + first;
        fault_in_string_ = ((in_string_ >> first) & 1U) != 0;
    }

    const char* block_ = nullptr;
    const char* next_;
    const char* end_;
    std::uint64_t quote_ = 0;         // not escaped
    std::uint64_t in_string_ = 0;     // opening quotes included, closing ones not
    std::uint64_t bracket_ = 0;       // outside of strings
    std::uint64_t string_carry_ = 0;  // all ones when the next block starts within a string
    bool escape_carry_ = false;
    bool fault_in_string_ = false;
    const char* fault_ = nullptr;
    const char* high_until_;
    const char* backslash_until_;
};

/// The first byte of [`p`, `end`) with its high bit set, or `end`.
[[nodiscard]] inline const char* find_non_ascii(const char* p, const char* end) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    for (; end - p >= 8; p += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, p, 8);
        if ((word & high_bits) != 0) break;
    }
    while (p != end && static_cast<unsigned char>(*p) < 0x80) ++p;
    return p;
}

}  // namespace getty::connect::proto
