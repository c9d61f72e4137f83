// Dates in HTTP fields.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace getty::connect::proto {

/// Reads an HTTP-date in any of its three forms (RFC 9110 5.6.7). The name of the day must be one, but need
/// not fit the date. Second 60 is the first second of the next minute.
///
/// A two-digit year is the one at most 50 years after `now`, as the RFC demands; without `now` it lies in
/// 1970 to 2069.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(
    std::string_view text, std::optional<std::chrono::sys_seconds> now = std::nullopt) noexcept;

}  // namespace getty::connect::proto
