#include "sandbox/catalogue/writing.hpp"

#include <charconv>
#include <chrono>

namespace getty::connect::sandbox {

civil civil_of(std::int64_t seconds) noexcept {
    const auto days =
        std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
    const std::chrono::year_month_day date(days);
    return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day())};
}

void append_number(std::string& out, std::int64_t value) { append_padded(out, value, 1); }

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    const auto length = static_cast<std::size_t>(end - digits);
    if (length < width) out.append(width - length, '0');
    out.append(digits, length);
}

void append_date_time(std::string& out, std::int64_t seconds) {
    const civil date = civil_of(seconds);
    const std::int64_t time = seconds - day_seconds * (seconds / day_seconds);
    append_padded(out, date.year, 4);
    out += '-';
    append_padded(out, date.month, 2);
    out += '-';
    append_padded(out, date.day, 2);
    out += 'T';
    append_padded(out, time / 3'600, 2);
    out += ':';
    append_padded(out, time / 60 % 60, 2);
    out += ':';
    append_padded(out, time % 60, 2);
}

}  // namespace getty::connect::sandbox
