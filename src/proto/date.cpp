#include "proto/date.hpp"

#include "proto/text_cursor.hpp"

#include <array>
#include <cstdint>

namespace getty::connect::proto {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::local_time;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr local_days first_day{year{1} / 1 / 1};
constexpr local_days last_day{year{9999} / 12 / 31};

/// Whether the reading lies in the years 0001 to 9999.
bool in_range(local_time<microseconds> t) noexcept { return t >= first_day && t < last_day + days(1); }

std::optional<year_month_day> calendar_date(int y, int m, int d) noexcept {
    const year_month_day date(year{y}, std::chrono::month(static_cast<unsigned>(m)),
                              std::chrono::day(static_cast<unsigned>(d)));
    if (y < 1 || y > 9999 || !date.ok()) return std::nullopt;
    return date;
}

/// `hh:mm`, `hh:mm:ss` with an optional fraction. Second 60 counts on into the next minute.
bool take_iso_time(text_cursor& in, microseconds& since_midnight) noexcept {
    int h = 0;
    int m = 0;
    int s = 0;
    int micros = 0;
    if (!in.take_digits(2, h) || !in.take(':') || !in.take_digits(2, m)) return false;
    if (in.take(':')) {
        if (!in.take_digits(2, s)) return false;
        if (in.take('.') || in.take(',')) {
            const std::size_t count = in.digits_ahead();
            if (count < 1 || count > 9 || !in.take_digits(count, micros)) return false;
            for (std::size_t i = count; i < 6; ++i) micros *= 10;
            for (std::size_t i = 6; i < count; ++i) micros /= 10;
        }
    }
    if (h > 23 || m > 59 || s > 60) return false;
    since_midnight = hours(h) + minutes(m) + seconds(s) + microseconds(micros);
    return true;
}

/// `+hhmm`; with `short_forms` also `+hh:mm` and `+hh`. Less than a day.
enum class offset_form { four_digits, any };
bool take_offset(text_cursor& in, offset_form form, minutes& offset) noexcept {
    const bool west = in.peek() == '-';
    if (!in.take('+') && !in.take('-')) return false;
    int h = 0;
    int m = 0;
    if (!in.take_digits(2, h)) return false;
    if (form == offset_form::four_digits) {
        if (!in.take_digits(2, m)) return false;
    } else if (in.take(':')) {
        if (!in.take_digits(2, m)) return false;
    } else if (!in.at_end() && !in.take_digits(2, m)) {
        return false;
    }
    if (h > 23 || m > 59) return false;
    offset = hours(h) + minutes(m);
    if (west) offset = -offset;
    return true;
}

void read_iso(std::string_view text, date_time& out) noexcept {
    text_cursor in(text);
    int y = 0;
    int m = 0;
    int d = 0;
    if (!in.take_digits(4, y) || !in.take('-') || !in.take_digits(2, m) || !in.take('-') ||
        !in.take_digits(2, d)) {
        return;
    }
    const auto date = calendar_date(y, m, d);
    if (!date) return;
    local_time<microseconds> local = local_days(*date);
    std::optional<minutes> offset;
    if (!in.at_end()) {
        microseconds since_midnight{0};
        if (!in.take('T') && !in.take('t') && !in.take(' ')) return;
        if (!take_iso_time(in, since_midnight)) return;
        local += since_midnight;
        if (in.take('Z') || in.take('z')) {
            offset = minutes(0);
        } else if (!in.at_end()) {
            minutes named{0};
            if (!take_offset(in, offset_form::any, named)) return;
            offset = named;
        }
    }
    if (!in.at_end() || !in_range(local)) return;
    out.local = local;
    out.utc_offset = offset;
}

void read_json_date(std::string_view text, date_time& out) noexcept {
    text_cursor in(text);
    if (!in.take("/Date(")) return;
    const bool before_1970 = in.take('-');
    // 15 digits reach beyond the year 9999 and cannot overflow
    const std::size_t count = in.digits_ahead();
    if (count < 1 || count > 15) return;
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < count; ++i) {
        int digit = 0;
        in.take_digits(1, digit);
        ms = ms * 10 + digit;
    }
    minutes offset{0};
    if (in.peek() != ')' && !take_offset(in, offset_form::four_digits, offset)) return;
    if (!in.take(")/") || !in.at_end()) return;
    const local_time<microseconds> utc{milliseconds(before_1970 ? -ms : ms)};
    const auto local = utc + offset;
    if (!in_range(utc) || !in_range(local)) return;
    out.local = local;
    out.utc_offset = offset;
}

constexpr std::array<std::string_view, 7> day_names = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                       "Friday", "Saturday", "Sunday"};
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

bool take_day_name(text_cursor& in, std::size_t& length) noexcept {
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

bool take_month(text_cursor& in, int& month) noexcept {
    for (int i = 0; i < 12; ++i) {
        if (in.take(month_names.substr(static_cast<std::size_t>(i) * 3, 3))) {
            month = i + 1;
            return true;
        }
    }
    return false;
}

/// `hh:mm:ss`
bool take_http_time(text_cursor& in, seconds& since_midnight) noexcept {
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
        const auto date = calendar_date(y, m, d);
        if (!date) return std::nullopt;
        return sys_days(*date) + since_midnight;
    }
};

/// After "Sun, ": `06 Nov 1994 08:49:37 GMT`
bool take_imf_rest(text_cursor& in, http_date& date) noexcept {
    return in.take_digits(2, date.d) && in.take(' ') && take_month(in, date.m) && in.take(' ') &&
           in.take_digits(4, date.y) && in.take(' ') && take_http_time(in, date.since_midnight) &&
           in.take(" GMT");
}

/// After "Sunday, ": `06-Nov-94 08:49:37 GMT`
bool take_rfc850_rest(text_cursor& in, http_date& date) noexcept {
    return in.take_digits(2, date.d) && in.take('-') && take_month(in, date.m) && in.take('-') &&
           in.take_digits(2, date.y) && in.take(' ') && take_http_time(in, date.since_midnight) &&
           in.take(" GMT");
}

/// After "Sun ": `Nov  6 08:49:37 1994`
bool take_asctime_rest(text_cursor& in, http_date& date) noexcept {
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

date_time parse_date_time(std::string_view text) noexcept {
    date_time out;
    out.original = text;
    if (text.starts_with('/')) {
        read_json_date(text, out);
    } else {
        read_iso(text, out);
    }
    return out;
}

std::optional<sys_seconds> parse_http_date(std::string_view text, std::optional<sys_seconds> now) noexcept {
    text_cursor in(text);
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
