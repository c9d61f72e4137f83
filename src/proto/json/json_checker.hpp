// A way through a JSON text that takes nothing RFC 8259 does not allow.
#pragma once

#include "proto/json/decode_failure.hpp"
#include "proto/json/json_blocks.hpp"
#include "proto/json/json_characters.hpp"

#include <cstddef>
#include <string_view>

namespace getty::connect::proto {

/// A string as it stands in the text, without its quotes.
struct raw_string {
    std::string_view source;
    bool may_have_escapes = false;
};

/// Goes over a JSON text once, token by token, and checks all it passes: structure, words, numbers, escapes,
/// control characters and UTF-8. The size of a number, and whether a key comes twice, are nobody's concern
/// here.
///
/// Vocabulary: a *step* takes the place where it starts and gives the place behind what it passed. Null: it
/// failed; `failed_at`, `kind` and `detail` tell, and no step may follow. Each starts where the one before
/// ended.
///
/// Invariant: a step can read the byte it starts at without asking whether there is one. Therefore the text
/// must end with a closing bracket, or a NUL must follow it; behind a bracket only `leave` asks.
class json_checker {
public:
    static constexpr std::size_t max_depth = 32;

    explicit json_checker(std::string_view text) noexcept
        : end_(text.data() + text.size()), strings_(text.data(), end_) {}

    [[nodiscard]] const char* failed_at() const noexcept { return failed_at_; }
    [[nodiscard]] decode_kind kind() const noexcept { return kind_; }
    [[nodiscard]] std::string_view detail() const noexcept { return detail_; }

    [[gnu::cold]] std::nullptr_t fail(const char* at, decode_kind kind, std::string_view detail) noexcept {
        failed_at_ = at;
        kind_ = kind;
        detail_ = detail;
        return nullptr;
    }
    /// `at` is something else than what was expected, or the text's end.
    [[gnu::cold]] std::nullptr_t unexpected(const char* at, std::string_view detail) noexcept {
        return fail(at, decode_kind::not_json, at == end_ ? "incomplete JSON" : detail);
    }

    /// Whether `wanted` stands at `p`.
    [[nodiscard]] bool sees(const char* p, std::string_view wanted) const noexcept {
        return static_cast<std::size_t>(end_ - p) >= wanted.size() &&
               std::string_view(p, wanted.size()) == wanted;
    }

    /// A step that cannot fail.
    [[nodiscard]] const char* white(const char* p) const noexcept {
        if (static_cast<unsigned char>(*p) > ' ') [[likely]]
            return p;
        while (is_json_white(*p)) ++p;
        return p;
    }

    /// Past an opening bracket, to what is inside.
    [[nodiscard]] const char* enter(const char* p) noexcept {
        if (depth_ == max_depth) [[unlikely]]
            return fail(p, decode_kind::too_deep, {});
        ++depth_;
        return white(p + 1);
    }
    /// Past the bracket that closes, from behind what is inside.
    [[nodiscard]] const char* leave(const char* p, char bracket) noexcept {
        if (*p != bracket) [[unlikely]] {
            return unexpected(p, bracket == '}' ? "expected a comma or the end of the object"
                                                : "expected a comma or the end of the array");
        }
        --depth_;
        ++p;
        if (p == end_ && depth_ != 0) [[unlikely]]
            return unexpected(p, {});
        return p;
    }

    [[nodiscard]] const char* string(const char* p) noexcept {
        const char* const quote = closing_quote(p);
        return quote == nullptr ? nullptr : quote + 1;
    }
    [[nodiscard]] const char* string(const char* p, raw_string& text) noexcept {
        const char* const quote = closing_quote(p);
        if (quote == nullptr) return nullptr;
        text.source = {p + 1, static_cast<std::size_t>(quote - p - 1)};
        text.may_have_escapes = strings_.unusual_until() > p;
        return quote + 1;
    }

    /// Past a key and its colon, to the value.
    [[nodiscard]] const char* key(const char* p) noexcept {
        if (*p != '"') [[unlikely]]
            return unexpected(p, no_key);
        p = string(p);
        return p == nullptr ? p : colon(p);
    }
    [[nodiscard]] const char* key(const char* p, raw_string& text) noexcept {
        if (*p != '"') [[unlikely]]
            return unexpected(p, no_key);
        p = string(p, text);
        return p == nullptr ? p : colon(p);
    }

    /// Any value.
    [[nodiscard]] const char* value(const char* p) noexcept {
        switch (*p) {
            case '"':
                return string(p);
            case '{':
            case '[':
                return container(p);
            default:
                return scalar(p);
        }
    }

private:
    static constexpr std::string_view no_key = "expected a key";

    const char* colon(const char* p) noexcept {
        p = white(p);
        if (*p != ':') [[unlikely]]
            return unexpected(p, "expected a colon");
        return white(p + 1);
    }
    const char* closing_quote(const char* p) noexcept {
        const char* const quote = strings_.next();
        if (strings_.unusual_until() > p) [[unlikely]]
            return checked_to(quote, p + 1);
        return quote;
    }

    const char* container(const char* p) noexcept;
    const char* scalar(const char* p) noexcept;
    const char* number(const char* p) noexcept;
    const char* checked_to(const char* quote, const char* p) noexcept;
    const char* escape(const char* p, const char* quote) noexcept;
    const char* code_unit(const char* p, const char* quote, unsigned& unit) noexcept;

    const char* end_;
    string_ends strings_;
    std::size_t depth_ = 0;  // open containers
    const char* failed_at_ = nullptr;
    decode_kind kind_ = decode_kind::not_json;
    std::string_view detail_;
};

}  // namespace getty::connect::proto
