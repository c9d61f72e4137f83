#include "proto/http/http_date.hpp"

#include "core/calendar.hpp"
#include "core/text_cursor.hpp"

#include <array>

namespace getty::connect::proto {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> day_names = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                       "Friday", "Saturday", "Sunday"};
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

bool take_day_name(core::text_cursor& in, std::size_t& length) noexcept {
    for (const std::string_view name : day_names) {
        for (const std::size_t size : {name.size(), std::size_t{3}}) {
            if (in.take(name.substr(0, size))) {
                length = size;
                return true;
            }
        }
    }
    return false;
}

bool take_month(core::text_cursor& in, int& month) noexcept {
    for (int i = 0; i < 12; ++i) {
        if (in.take(month_names.substr(static_cast<std::size_t>(i) * 3, 3))) {
            month = i + 1;
            return true;
        }
    }
    return false;
}

/// `hh:mm:ss`
bool take_http_time(core::text_cursor& in, seconds& since_midnight) noexcept {
    int h = 0;
    int m = 0;
    int s = 0;
    if (!in.take_digits(2, h) || !in.take(':') || !in.take_digits(2, m) || !in.take(':') ||
        !in.take_digits(2, s)) {
        return false;
    }
    if (h > 23 || m > 59 || s > 60) return false;
    since_midnight = hours(h) + minutes(m) + seconds(s);
    return true;
}

/// One reading of an HTTP-date; the year is not known yet when it had two digits.
struct http_date {
    int y = 0;
    int m = 0;
    int d = 0;
    seconds since_midnight{0};

    [[nodiscard]] std::optional<sys_seconds> instant() const noexcept {
        const auto date = core::calendar_date(y, m, d);
        if (!date) return std::nullopt;
        return sys_days(*date) + since_midnight;
    }
};

/// After "Sun, ": `06 Nov 1994 08:49:37 GMT`
bool take_imf_rest(core::text_cursor& in, http_date& date) noexcept {
    return in.take_digits(2, date.d) && in.take(' ') && take_month(in, date.m) && in.take(' ') &&
           in.take_digits(4, date.y) && in.take(' ') && take_http_time(in, date.since_midnight) &&
           in.take(" GMT");
}

/// After "Sunday, ": `06-Nov-94 08:49:37 GMT`
bool take_rfc850_rest(core::text_cursor& in, http_date& date) noexcept {
    return in.take_digits(2, date.d) && in.take('-') && take_month(in, date.m) && in.take('-') &&
           in.take_digits(2, date.y) && in.take(' ') && take_http_time(in, date.since_midnight) &&
           in.take(" GMT");
}

/// After "Sun ": `Nov  6 08:49:37 1994`
bool take_asctime_rest(core::text_cursor& in, http_date& date) noexcept {
    return take_month(in, date.m) && in.take(' ') &&
           (in.take(' ') ? in.take_digits(1, date.d) : in.take_digits(2, date.d)) && in.take(' ') &&
           take_http_time(in, date.since_midnight) && in.take(' ') && in.take_digits(4, date.y);
}

/// RFC 9110 5.6.7: what seems to lie more than 50 years ahead belongs to the past.
std::optional<sys_seconds> with_century(http_date date, std::optional<sys_seconds> now) noexcept {
    if (!now) {
        date.y += date.y < 70 ? 2000 : 1900;
        return date.instant();
    }
    const year_month_day today(std::chrono::floor<days>(*now));
    const int this_year = static_cast<int>(today.year());
    const int two_digits = date.y;
    // the latest year with these digits that is not more than 50 years ahead, to the second
    date.y = this_year + 50 - (this_year + 150 - two_digits) % 100;
    if (date.y == this_year + 50) {
        const auto limit_day = (today.year() + std::chrono::years(50)) / today.month() / today.day();
        const sys_seconds limit = sys_days(limit_day) + (*now - std::chrono::floor<days>(*now));
        const auto instant = date.instant();
        if (!instant || *instant > limit) date.y -= 100;
    }
    return date.instant();
}

}  // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text, std::optional<sys_seconds> now) noexcept {
    core::text_cursor in(text);
    std::size_t name_length = 0;
    http_date date;
    if (!take_day_name(in, name_length)) return std::nullopt;
    if (!in.take(',')) {
        if (name_length != 3 || !in.take(' ') || !take_asctime_rest(in, date) || !in.at_end()) {
            return std::nullopt;
        }
        return date.instant();
    }
    if (!in.take(' ')) return std::nullopt;
    if (name_length == 3) {
        if (!take_imf_rest(in, date) || !in.at_end()) return std::nullopt;
        return date.instant();
    }
    if (!take_rfc850_rest(in, date) || !in.at_end()) return std::nullopt;
    return with_century(date, now);
}

}  // namespace getty::connect::proto
