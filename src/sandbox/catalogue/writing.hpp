// Numbers and dates as the images write them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace getty::connect::sandbox {

inline constexpr std::int64_t day_seconds = 86'400;

struct civil {
    int year;
    unsigned month, day;
};

[[nodiscard]] civil civil_of(std::int64_t seconds) noexcept;

void append_number(std::string& out, std::int64_t value);
/// With zeros in front, up to `width` digits.
void append_padded(std::string& out, std::int64_t value, std::size_t width);
/// `2026-02-03T04:05:06` of seconds since 1970.
void append_date_time(std::string& out, std::int64_t seconds);

}  // namespace getty::connect::sandbox
