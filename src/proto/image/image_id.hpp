// What may be an image id.
#pragma once

#include <cstddef>
#include <string_view>

namespace getty::connect::proto {

inline constexpr std::size_t max_id_bytes = 128;

/// Why `id` cannot name an image; empty when it can. Ids are opaque strings of 1 to `max_id_bytes` bytes of
/// well-formed UTF-8 without control characters, and neither "." nor ".." (RFC 3986 5.2.4 would remove them).
[[nodiscard]] std::string_view why_invalid_id(std::string_view id) noexcept;

}  // namespace getty::connect::proto
