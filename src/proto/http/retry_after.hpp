// How long the service asks to be left alone (RFC 9110 10.2.3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace getty::connect::proto {

inline constexpr std::chrono::milliseconds longest_parsed_retry_after = std::chrono::hours(24);

/// The wait that a `Retry-After` value asks for, from 0 to `longest_parsed_retry_after`, to which longer ones
/// are cut.
///
/// `now` is the present as the sender of the value sees it: best the `Date` of the same response. It is
/// needed for the date forms only, which without it give nothing. A date in the past is a wait of 0. A sign,
/// a fraction, a list or any other text gives nothing.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view value, std::optional<std::chrono::sys_seconds> now) noexcept;

}  // namespace getty::connect::proto
