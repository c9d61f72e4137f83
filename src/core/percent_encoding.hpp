// Percent-encoding (RFC 3986 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::core {

/// Appends `text` with all but RFC 3986 "unreserved" characters encoded: never a second segment, a query or a
/// fragment.
void append_percent_encoded(std::string& out, std::string_view text);

/// The bytes that `text` stands for, which need not be UTF-8; nothing when a "%" is not followed by two
/// hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace getty::connect::core
