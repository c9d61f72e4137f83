#include "core/rfc3339.hpp"

#include <cstdio>

namespace getty::connect::core {
namespace {

// Without the zone.
std::string date_and_time(std::chrono::sys_seconds at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

}  // namespace

std::string rfc3339(std::chrono::sys_seconds at) { return date_and_time(at) + "Z"; }

std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> at) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    char part[16];
    std::snprintf(part, sizeof part, ".%03dZ", static_cast<int>((at - whole).count()));
    return date_and_time(whole) + part;
}

}  // namespace getty::connect::core
