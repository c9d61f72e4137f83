#include "proto/image/date_time.hpp"

#include "core/calendar.hpp"
#include "core/text_cursor.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

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
using std::chrono::year;

constexpr local_days first_day{year{1} / 1 / 1};
constexpr local_days last_day{year{9999} / 12 / 31};

/// Whether the reading lies in the years 0001 to 9999.
bool in_range(local_time<microseconds> t) noexcept { return t >= first_day && t < last_day + days(1); }

/// `hh:mm`, `hh:mm:ss` with an optional fraction. Second 60 counts on into the next minute.
bool take_iso_time(core::text_cursor& in, microseconds& since_midnight) noexcept {
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
bool take_offset(core::text_cursor& in, offset_form form, minutes& offset) noexcept {
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
    core::text_cursor in(text);
    int y = 0;
    int m = 0;
    int d = 0;
    if (!in.take_digits(4, y) || !in.take('-') || !in.take_digits(2, m) || !in.take('-') ||
        !in.take_digits(2, d)) {
        return;
    }
    const auto date = core::calendar_date(y, m, d);
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
    core::text_cursor in(text);
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

}  // namespace getty::connect::proto
