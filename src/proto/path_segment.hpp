// An image id as exactly one segment of a request target.
#pragma once

#include <string>
#include <string_view>

namespace getty::connect::proto {

inline constexpr std::size_t max_id_bytes = 128;

/// Why `id` cannot name an image; empty when it can. Ids are opaque strings of 1 to `max_id_bytes` bytes of
/// well-formed UTF-8 without control characters, and neither "." nor ".." (RFC 3986 5.2.4 would remove them).
[[nodiscard]] std::string_view why_invalid_id(std::string_view id) noexcept;

/// Appends `text` with all but RFC 3986 "unreserved" characters percent-encoded: never a second segment, a
/// query or a fragment.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace getty::connect::proto
