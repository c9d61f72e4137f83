// What a byte between the tokens of a JSON text is.
#pragma once

namespace getty::connect::proto {

[[nodiscard]] constexpr bool is_json_white(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Brackets, comma and colon: each is a token by itself.
[[nodiscard]] constexpr bool is_json_structure(char c) noexcept {
    return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
}

}  // namespace getty::connect::proto
