// Moments as RFC 3339 spells them.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace getty::connect::core {

/// "2026-11-29T08:41:44Z", of the years 0000 to 9999.
[[nodiscard]] inline std::string rfc3339(std::chrono::sys_seconds at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

}  // namespace getty::connect::core
