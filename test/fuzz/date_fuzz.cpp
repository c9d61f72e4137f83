// Dates and Retry-After, held against the C library's calendar and a plain reading of numbers.
//
// An input is four bytes for the present, then a text that is read as each kind of date.
#include "fuzz/support/fuzz.hpp"
#include "proto/http/http_date.hpp"
#include "proto/http/retry_after.hpp"
#include "proto/image/date_time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::proto;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using std::chrono::years;

namespace {

constexpr sys_days first_day{year{1} / 1 / 1};
constexpr sys_days last_day{year{9999} / 12 / 31};

std::string formatted(const char* format, sys_seconds t) {
    const std::time_t seconds_since = t.time_since_epoch().count();
    std::tm parts{};
    must(::gmtime_r(&seconds_since, &parts) != nullptr);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

/// Four digits for the year, which strftime does not pad.
std::string year_of(sys_seconds t) {
    std::string y = formatted("%Y", t);
    return std::string(4 - std::min<std::size_t>(4, y.size()), '0') + y;
}

std::optional<sys_seconds> by_strptime(const std::string& text, const char* format) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return sys_seconds(seconds(::timegm(&parts)));
}

// --- Metadata dates ---

void check_reading(std::string_view text, const date_time& read) {
    must(read.original.data() == text.data() && read.original.size() == text.size());
    must(read.local.has_value() || !read.utc_offset);
    must(read.utc().has_value() == (read.local && read.utc_offset));
    if (!read.local) return;
    const auto day = floor<days>(*read.local).time_since_epoch();
    must(day >= first_day.time_since_epoch() && day <= last_day.time_since_epoch());
    must(!read.utc_offset || abs(*read.utc_offset) < days(1));
}

void check_iso_round_trip(const date_time& read) {
    const auto since = read.local->time_since_epoch();
    const sys_seconds whole(floor<seconds>(since));
    std::string text = year_of(whole) + formatted("-%m-%dT%H:%M:%S", whole);
    std::array<char, 32> tail{};
    std::snprintf(tail.data(), tail.size(), ".%06d",
                  static_cast<int>((since - floor<seconds>(since)).count()));
    text += tail.data();
    if (read.utc_offset) {
        const int offset = static_cast<int>(abs(*read.utc_offset).count());
        std::snprintf(tail.data(), tail.size(), "%c%02d:%02d", read.utc_offset->count() < 0 ? '-' : '+',
                      offset / 60, offset % 60);
        text += tail.data();
    }
    const date_time again = parse_date_time(text);
    must(again.local == read.local && again.utc_offset == read.utc_offset);
}

void check_iso_calendar(const std::string& text, const date_time& read) {
    std::tm parts{};
    const int found =
        std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d", &parts.tm_year, &parts.tm_mon,
                    &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec);
    must(found == 3 || found >= 5);
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    must(floor<seconds>(read.local->time_since_epoch()).count() == ::timegm(&parts));
}

void check_json_date(const std::string& text, const date_time& read) {
    long long ms = 0;
    must(std::sscanf(text.c_str(), "/Date(%lld", &ms) == 1);
    must(read.utc() && read.utc()->time_since_epoch() == milliseconds(ms));
}

void check_date_time(std::string_view text) {
    const date_time read = parse_date_time(text);
    check_reading(text, read);
    if (!read.local) return;
    const std::string copy(text);
    if (text.starts_with('/')) {
        check_json_date(copy, read);
    } else {
        check_iso_calendar(copy, read);
    }
    check_iso_round_trip(read);
}

// --- HTTP dates ---

void check_http_date(std::string_view text, std::optional<sys_seconds> now) {
    const auto read = parse_http_date(text, now);
    if (!read) return;
    must(*read >= first_day && *read <= last_day + days(1));
    const std::string copy(text);
    const std::size_t comma = text.find(',');
    if (comma == 3) {
        must(by_strptime(copy, "%a, %d %b %Y %H:%M:%S GMT") == read);
    } else if (comma == std::string_view::npos) {
        must(by_strptime(copy, "%a %b %d %H:%M:%S %Y") == read);
    } else {
        // the C library takes its own century: the rest is the same
        const auto other = by_strptime(copy, "%A, %d-%b-%y %H:%M:%S GMT");
        must(other && formatted("%y-%H:%M:%S", *other) == formatted("%y-%H:%M:%S", *read));
        if (now) must(*read <= *now + years(50) + days(2) && *read >= *now - years(50) - days(2));
    }
    if (*read >= last_day + days(1)) return;  // by the second 60 of the last minute
    const std::string imf =
        formatted("%a, %d %b ", *read) + year_of(*read) + formatted(" %H:%M:%S GMT", *read);
    must(parse_http_date(imf, now) == read);
    must(parse_http_date(formatted("%a %b %e %H:%M:%S ", *read) + year_of(*read), now) == read);
    if (now && abs(*read - *now) < days(49 * 365)) {
        must(parse_http_date(formatted("%A, %d-%b-%y %H:%M:%S GMT", *read), now) == read);
    }
}

void check_retry_after(std::string_view text, std::optional<sys_seconds> now) {
    const auto wait = parse_retry_after(text, now);
    must(!wait || (*wait >= milliseconds(0) && *wait <= longest_parsed_retry_after));
    const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(from);
    text = text.substr(0, text.find_last_not_of(" \t") + 1);
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    const std::string_view significant = text.substr(std::min(text.find_first_not_of('0'), text.size()));
    if (number && significant.size() > 5) {
        must(wait == longest_parsed_retry_after);
    } else if (number) {
        const milliseconds asked = seconds(std::stol("0" + std::string(significant)));
        must(wait == std::min(asked, longest_parsed_retry_after));
    } else if (const auto date = parse_http_date(text, now); date && now) {
        must(wait == std::clamp<milliseconds>(*date - *now, milliseconds(0), longest_parsed_retry_after));
    } else {
        must(!wait);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    std::uint32_t bits = 0;
    for (int i = 0; i < 4; ++i) bits = bits << 8 | static_cast<std::uint32_t>(in.below(256));
    // the years 0001 to 9999, as a response may claim them
    const sys_seconds now = first_day + (last_day - first_day) / seconds(UINT32_MAX) * seconds(bits);
    const std::string_view text = in.rest();
    check_date_time(text);
    check_http_date(text, now);
    check_http_date(text, std::nullopt);
    check_retry_after(text, now);
    check_retry_after(text, std::nullopt);
    return 0;
}
