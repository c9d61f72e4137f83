// gzip for those who ask for it.
#pragma once

#include <string>
#include <string_view>

namespace getty::connect::sandbox {

/// `gzip` is in the list, and not with a weight of zero (RFC 9110 12.5.3).
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;
/// One gzip member (RFC 1952) at the fastest level.
[[nodiscard]] std::string gzipped(std::string_view plain);

}  // namespace getty::connect::sandbox
