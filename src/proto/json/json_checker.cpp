#include "proto/json/json_checker.hpp"

#include "core/utf8.hpp"

#include <array>
#include <cstdint>

namespace getty::connect::proto {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

const char* skip_digits(const char* p) noexcept {
    while (is_digit(*p)) ++p;
    return p;
}

constexpr std::string_view no_digit = "expected a digit";

}  // namespace

/// Iterative: the depth is no matter of the stack.
const char* json_checker::container(const char* p) noexcept {
    const std::size_t outside = depth_;
    std::uint64_t objects = 0;  // one bit for each level entered, the innermost lowest: is it an object?
    static_assert(max_depth <= 64);
    for (;;) {
        // at a value
        const char first = *p;
        if (first == '"') {
            p = string(p);
            if (p == nullptr) return p;
        } else if (first == '{' || first == '[') {
            const bool object = first == '{';
            p = enter(p);
            if (p == nullptr) return p;
            objects = (objects << 1) | (object ? 1U : 0U);
            if (*p != (object ? '}' : ']')) {
                if (object) p = key(p);
                if (p == nullptr) return p;
                continue;
            }
        } else {
            p = scalar(p);
            if (p == nullptr) return p;
        }
        // behind a value, or at the end of an empty container
        for (;;) {
            p = white(p);
            if (*p == ',') break;
            p = leave(p, (objects & 1U) != 0 ? '}' : ']');
            if (p == nullptr || depth_ == outside) return p;
            objects >>= 1;
        }
        p = white(p + 1);
        if ((objects & 1U) != 0) p = key(p);
        if (p == nullptr) return p;
    }
}

const char* json_checker::scalar(const char* p) noexcept {
    if (*p == '-' || is_digit(*p)) return number(p);
    constexpr std::array<std::string_view, 3> words = {"null", "true", "false"};
    for (const std::string_view word : words) {
        if (sees(p, word)) return p + word.size();
    }
    return unexpected(p, "expected a value");
}

const char* json_checker::number(const char* p) noexcept {
    const char* const whole = *p == '-' ? p + 1 : p;
    p = skip_digits(whole);
    if (p == whole) return unexpected(p, no_digit);
    if (*whole == '0' && p != whole + 1) return unexpected(whole + 1, "digits behind a leading zero");
    if (*p == '.') {
        const char* const fraction = p + 1;
        p = skip_digits(fraction);
        if (p == fraction) return unexpected(p, no_digit);
    }
    if (*p == 'e' || *p == 'E') {
        const char* const exponent = p[1] == '+' || p[1] == '-' ? p + 2 : p + 1;
        p = skip_digits(exponent);
        if (p == exponent) return unexpected(p, no_digit);
    }
    return p;
}

/// To `quote`, which ends a string, if all of the string from `p` on is in order.
const char* json_checker::checked_to(const char* quote, const char* p) noexcept {
    // The quote ends the search; what is behind it need not be told from the string's last bytes.
    while ((p = skip_usual(p, end_)) != quote) {
        if (*p == '\\') {
            p = escape(p, quote);
            if (p == nullptr) return nullptr;
        } else if (static_cast<unsigned char>(*p) < 0x20) {
            return fail(p, decode_kind::not_json, "control character in a string");
        } else {
            const std::size_t length = core::utf8_sequence({p, static_cast<std::size_t>(quote - p)});
            if (length == 0) return fail(p, decode_kind::invalid_utf8, {});
            p += length;
        }
    }
    return quote != end_ ? quote : fail(quote, decode_kind::not_json, "unterminated string");
}

const char* json_checker::escape(const char* p, const char* quote) noexcept {
    const char* const backslash = p++;
    constexpr std::string_view short_escapes = "\"\\/bfnrt";
    if (p == end_) return unexpected(p, {});
    if (short_escapes.find(*p) != std::string_view::npos) return p + 1;
    if (*p != 'u') return unexpected(p, "unknown escape");
    unsigned unit = 0;
    p = code_unit(p + 1, quote, unit);
    if (p == nullptr || unit < 0xD800 || unit > 0xDFFF) return p;
    if (unit < 0xDC00 && quote - p >= 2 && p[0] == '\\' && p[1] == 'u') {
        p = code_unit(p + 2, quote, unit);
        if (p == nullptr || (unit >= 0xDC00 && unit <= 0xDFFF)) return p;
    }
    return fail(backslash, decode_kind::invalid_utf8, "an escape that is half of a surrogate pair");
}

/// The four digits of an escape.
const char* json_checker::code_unit(const char* p, const char* quote, unsigned& unit) noexcept {
    unit = 0;
    for (int i = 0; i < 4; ++i, ++p) {
        const char c = p != quote ? *p : '"';
        const char lower = static_cast<char>(c | 0x20);
        const bool letter = lower >= 'a' && lower <= 'f';
        if (!letter && !is_digit(c)) return unexpected(p, "expected four hexadecimal digits");
        unit = unit * 16 + static_cast<unsigned>(letter ? lower - 'a' + 10 : c - '0');
    }
    return p;
}

}  // namespace getty::connect::proto
