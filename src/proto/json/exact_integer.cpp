#include "proto/json/exact_integer.hpp"

#include <charconv>
#include <limits>

namespace getty::connect::proto {
namespace {

/// `magnitude * 10 + digit`, unless that leaves 64 bits.
bool append_digit(std::uint64_t& magnitude, unsigned digit) noexcept {
    constexpr std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    if (magnitude > (limit - digit) / 10) return false;
    magnitude = magnitude * 10 + digit;
    return true;
}

}  // namespace

integer_verdict read_exact_integer(std::string_view text, std::int64_t& value) noexcept {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t e = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, e);
    const bool all_zero = mantissa.find_first_not_of("0.") == std::string_view::npos;
    if (all_zero) {
        value = 0;
        return integer_verdict::exact;
    }
    std::int64_t exponent = 0;
    if (e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        const bool down = digits.starts_with('-');
        if (digits.starts_with('+')) digits.remove_prefix(1);
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (parsed.ec != std::errc()) {
            return down ? integer_verdict::not_integral : integer_verdict::out_of_range;
        }
    }

    // value = digits * 10^exponent, with the point moved out of the digits and the zeros at their end as well
    std::uint64_t magnitude = 0;
    std::int64_t zeros_held = 0;
    std::int64_t fraction_digits = 0;
    bool after_point = false;
    bool overflow = false;
    for (const char c : mantissa) {
        if (c == '.') {
            after_point = true;
            continue;
        }
        if (after_point) ++fraction_digits;
        if (c == '0') {
            if (magnitude != 0) ++zeros_held;
            continue;
        }
        for (; zeros_held > 0 && !overflow; --zeros_held) overflow = !append_digit(magnitude, 0);
        zeros_held = 0;
        overflow = overflow || !append_digit(magnitude, static_cast<unsigned>(c - '0'));
    }
    // no sum of these overflows: the counts are bounded by the length of the text
    constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max() / 4;
    if (exponent < -far) return integer_verdict::not_integral;
    if (exponent > far) return integer_verdict::out_of_range;
    exponent += zeros_held - fraction_digits;
    if (exponent < 0) return integer_verdict::not_integral;
    for (; exponent > 0 && !overflow; --exponent) overflow = !append_digit(magnitude, 0);
    constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (overflow || magnitude > max + (negative ? 1U : 0U)) return integer_verdict::out_of_range;
    value = static_cast<std::int64_t>(negative ? 0U - magnitude : magnitude);
    return integer_verdict::exact;
}

}  // namespace getty::connect::proto
