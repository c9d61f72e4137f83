// Dates that exist.
#pragma once

#include <chrono>
#include <optional>

namespace getty::connect::core {

/// The day, in the years 0001 to 9999; nothing when the calendar has none of that name.
[[nodiscard]] inline std::optional<std::chrono::year_month_day> calendar_date(int y, int m, int d) noexcept {
    const std::chrono::year_month_day date(std::chrono::year{y}, std::chrono::month(static_cast<unsigned>(m)),
                                           std::chrono::day(static_cast<unsigned>(d)));
    if (y < 1 || y > 9999 || !date.ok()) return std::nullopt;
    return date;
}

}  // namespace getty::connect::core
