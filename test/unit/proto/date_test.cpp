#include "proto/date.hpp"

#include "proto/retry_after.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace getty::connect;
using namespace getty::connect::proto;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;

namespace {

constexpr std::int64_t absent = INT64_MIN;

/// Microseconds since 1970 of the wall-clock reading, whatever its offset.
std::int64_t local_us(std::string_view text) {
    const date_time d = parse_date_time(text);
    CHECK(d.original == text);
    return d.local ? d.local->time_since_epoch().count() : absent;
}

std::int64_t utc_us(std::string_view text) {
    const auto utc = parse_date_time(text).utc();
    return utc ? utc->time_since_epoch().count() : absent;
}

std::optional<int> offset_minutes(std::string_view text) {
    const auto offset = parse_date_time(text).utc_offset;
    if (!offset) return std::nullopt;
    return static_cast<int>(offset->count());
}

std::int64_t http_s(std::string_view text, std::optional<sys_seconds> now = std::nullopt) {
    const auto date = parse_http_date(text, now);
    return date ? date->time_since_epoch().count() : absent;
}

constexpr sys_seconds at(std::int64_t s) { return sys_seconds(std::chrono::seconds(s)); }

}  // namespace

// Expectations: python3, datetime.fromisoformat(...) minus datetime(1970, 1, 1), in microseconds.
TEST_CASE("date: ISO 8601 gives the wall-clock reading and, when named, the offset") {
    CHECK(local_us("2013-04-21") == 1366502400000000);
    CHECK(local_us("2013-04-21T10:33") == 1366540380000000);
    CHECK(local_us("2013-04-21 10:33:21") == 1366540401000000);
    CHECK(local_us("2013-04-21t10:33:21z") == 1366540401000000);
    CHECK(local_us("2013-04-21T10:33:21-07:00") == 1366540401000000);
    CHECK(utc_us("2013-04-21T10:33:21-07:00") == 1366565601000000);
    CHECK(utc_us("2013-04-21T10:33:21+0530") == 1366520601000000);
    CHECK(utc_us("2013-04-21T10:33:21+02") == 1366533201000000);
    CHECK(utc_us("2013-04-21T10:33:21Z") == 1366540401000000);
    CHECK(utc_us("1969-12-31T23:59:59.5Z") == -500000);
    CHECK(utc_us("0001-01-01T00:00:00Z") == -62135596800000000);
    CHECK(utc_us("9999-12-31T23:59:59.999999Z") == 253402300799999999);
    CHECK(offset_minutes("2013-04-21T10:33-07:30") == -450);
    CHECK(offset_minutes("2013-04-21T10:33-00:00") == 0);
    CHECK(offset_minutes("2013-04-21T10:33+23:59") == 1439);
    CHECK_FALSE(offset_minutes("2013-04-21T10:33").has_value());
    CHECK_FALSE(offset_minutes("2013-04-21").has_value());
    CHECK(utc_us("2013-04-21T10:33") == absent);
}

TEST_CASE("date: a fraction of 1 to 9 digits is cut to microseconds") {
    CHECK(local_us("1970-01-01T00:00:00.1") == 100000);
    CHECK(local_us("1970-01-01T00:00:00,12") == 120000);
    CHECK(local_us("1970-01-01T00:00:00.123456") == 123456);
    CHECK(local_us("1970-01-01T00:00:00.1234567") == 123456);
    CHECK(local_us("1970-01-01T00:00:00.999999999") == 999999);
    CHECK(local_us("1970-01-01T00:00:00.000001Z") == 1);
    CHECK(local_us("1970-01-01T00:00:00.") == absent);
    CHECK(local_us("1970-01-01T00:00:00.Z") == absent);
    CHECK(local_us("1970-01-01T00:00:00.1234567890") == absent);
    CHECK(local_us("1970-01-01T00:00.5") == absent);
}

TEST_CASE("date: the calendar and the clock are real") {
    CHECK(local_us("2012-02-29") == 1330473600000000);
    CHECK(local_us("2000-02-29") == 951782400000000);
    CHECK(local_us("2013-02-29") == absent);
    CHECK(local_us("1900-02-29") == absent);
    CHECK(local_us("2013-04-31") == absent);
    CHECK(local_us("2013-00-10") == absent);
    CHECK(local_us("2013-13-10") == absent);
    CHECK(local_us("2013-01-00") == absent);
    CHECK(local_us("2013-01-32") == absent);
    CHECK(local_us("0000-01-01") == absent);
    CHECK(local_us("2013-01-01T24:00:00") == absent);
    CHECK(local_us("2013-01-01T23:60") == absent);
    CHECK(local_us("2013-01-01T23:59:61") == absent);
    CHECK(local_us("2013-01-01T10:00+24:00") == absent);
    CHECK(local_us("2013-01-01T10:00+10:60") == absent);
    // a leap second is the first second of the next minute
    CHECK(utc_us("2012-06-30T23:59:60Z") == utc_us("2012-07-01T00:00:00Z"));
    CHECK(local_us("9999-12-31T23:59:60") == absent);
}

TEST_CASE("date: an unknown form keeps its text and nothing else") {
    for (const std::string_view text : {"",
                                        " ",
                                        "yesterday",
                                        "2013",
                                        "2013-4-1",
                                        "20130421",
                                        "2013-04-21T",
                                        "2013-04-21 ",
                                        "2013-04-21Z",
                                        "2013-04-21T10",
                                        "2013-04-21T1033",
                                        "2013-04-21T10:33:",
                                        "2013-04-21T10:33:21 Z",
                                        "2013-04-21T10:33:21Zx",
                                        "2013-04-21T10:33:21+",
                                        "2013-04-21T10:33:21+1",
                                        "2013-04-21T10:33:21+123",
                                        "2013-04-21T10:33:21+12:3",
                                        "2013-04-21T10:33:21+12:345",
                                        " 2013-04-21",
                                        "2013-04-21\n",
                                        "+2013-04-21",
                                        "-2013-04-21",
                                        "10000-01-01",
                                        "2013/04/21",
                                        "21-04-2013",
                                        "2013-W16-7",
                                        "2013-04-21  10:33",
                                        "2013-04-21T-1:33",
                                        "2013-04-2\xC3\xBC"}) {
        CAPTURE(text);
        const date_time d = parse_date_time(text);
        CHECK(d.original == text);
        CHECK_FALSE(d.local.has_value());
        CHECK_FALSE(d.utc_offset.has_value());
    }
}

TEST_CASE("date: in /Date(ms)/ the number is the instant and an offset tells the local reading only") {
    CHECK(utc_us("/Date(1366540401123)/") == 1366540401123000);
    CHECK(offset_minutes("/Date(1366540401123)/") == 0);
    CHECK(utc_us("/Date(1366540401123-0700)/") == 1366540401123000);
    CHECK(local_us("/Date(1366540401123-0700)/") == 1366540401123000 - 7 * 3600 * INT64_C(1000000));
    CHECK(offset_minutes("/Date(1366540401123-0700)/") == -420);
    CHECK(local_us("/Date(0+0530)/") == INT64_C(19800000000));
    CHECK(utc_us("/Date(-1)/") == -1000);
    CHECK(utc_us("/Date(-62135596800000)/") == -62135596800000000);  // 0001-01-01, the least DateTime of .NET
    CHECK(utc_us("/Date(253402300799999)/") == 253402300799999000);
}

TEST_CASE("date: a /Date()/ outside of the years 0001 to 9999, or malformed, is no date") {
    for (const std::string_view text : {"/Date()/",
                                        "/Date(-)/",
                                        "/Date(x)/",
                                        "/Date(1",
                                        "/Date(1)",
                                        "/Date(1)/x",
                                        "/Date(1+07)/",
                                        "/Date(1+07:00)/",
                                        "/Date(1+2400)/",
                                        "/Date(1+0060)/",
                                        "/Date(+1)/",
                                        "/Date(1 )/",
                                        "Date(1)",
                                        "/date(1)/",
                                        "/Date(253402300800000)/",
                                        "/Date(-62135596800001)/",
                                        "/Date(253402300799999+0100)/",
                                        "/Date(-62135596800000-0100)/",
                                        "/Date(9223372036854775807)/",
                                        "/Date(9223372036854775808)/",
                                        "/Date(99999999999999999999999999)/",
                                        "\\/Date(1)\\/"}) {
        CAPTURE(text);
        CHECK(local_us(text) == absent);
    }
}

// Expectations: python3, email.utils.parsedate_to_datetime(...).timestamp(); the first three are RFC
// 9110 5.6.7.
TEST_CASE("HTTP date: all three forms name the same instant") {
    CHECK(http_s("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
    CHECK(http_s("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
    CHECK(http_s("Sun Nov  6 08:49:37 1994") == 784111777);
    CHECK(http_s("Wed, 16 Jul 2014 00:00:00 GMT") == 1405468800);
    CHECK(http_s("Wed Jul 16 00:00:00 2014") == 1405468800);
    CHECK(http_s("Thu, 29 Feb 2024 23:59:59 GMT") == 1709251199);
    CHECK(http_s("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228800);  // a leap second
}

TEST_CASE("HTTP date: what is none of the three forms is no date") {
    for (const std::string_view text : {"",
                                        "Sun",
                                        "Sun,",
                                        "Sun, ",
                                        "Sun, 06 Nov 1994",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 UTC",
                                        "Sun, 06 Nov 1994 08:49:37 GMT+1",
                                        "Sun, 06 Nov 1994 08:49:37 GMT ",
                                        "Sun, 6 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 nov 1994 08:49:37 GMT",
                                        "sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sun 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06 Nov 1994 08:49:37 GMT",
                                        "Sun, 06-Nov-94 08:49:37 GMT",
                                        "Sunday, 06-Nov-1994 08:49:37 GMT",
                                        "Sun Nov 6 08:49:37 1994",
                                        "Sun Nov  6 08:49:37 1994 GMT",
                                        "Sunday Nov  6 08:49:37 1994",
                                        "Sun, 31 Nov 1994 08:49:37 GMT",
                                        "Wed, 29 Feb 2023 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 24:00:00 GMT",
                                        "Sun, 06 Nov 1994 08:60:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:61 GMT",
                                        "Sun, 00 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 0000 08:49:37 GMT",
                                        "1994-11-06T08:49:37Z",
                                        "Xun, 06 Nov 1994 08:49:37 GMT",
                                        " Sun, 06 Nov 1994 08:49:37 GMT"}) {
        CAPTURE(text);
        CHECK(http_s(text) == absent);
    }
}

TEST_CASE("HTTP date: a two-digit year is at most 50 years ahead of now") {
    const sys_seconds now = at(1700000000);                               // 2023-11-14 22:13:20
    CHECK(http_s("Tuesday, 14-Nov-73 22:13:20 GMT", now) == 3277923200);  // 2073, exactly 50 years
    CHECK(http_s("Tuesday, 14-Nov-73 22:13:21 GMT", now) == 122163201);   // 1973
    CHECK(http_s("Tuesday, 15-Nov-73 00:00:00 GMT", now) == 122169600);   // 1973
    CHECK(http_s("Monday, 01-Jan-24 00:00:00 GMT", now) == 1704067200);   // 2024
    CHECK(http_s("Monday, 01-Jan-74 00:00:00 GMT", now) == 126230400);    // 1974
    CHECK(http_s("Thursday, 29-Feb-24 00:00:00 GMT", now) == 1709164800);
    // 99 is more than 50 years ahead of the year 1, and there is no year before that
    CHECK(http_s("Friday, 01-Jan-99 00:00:00 GMT", at(-62135596800)) == absent);
    CHECK(http_s("Friday, 31-Dec-69 00:00:00 GMT") == 3155673600);  // 2069, without now
    CHECK(http_s("Thursday, 01-Jan-70 00:00:00 GMT") == 0);         // 1970, without now
}

TEST_CASE("R2: Retry-After in seconds is that wait, cut to a day") {
    CHECK(parse_retry_after("0", std::nullopt) == 0ms);
    CHECK(parse_retry_after("120", std::nullopt) == 120s);
    CHECK(parse_retry_after(" \t120 ", std::nullopt) == 120s);
    CHECK(parse_retry_after("007", std::nullopt) == 7s);
    CHECK(parse_retry_after("86399", std::nullopt) == 86399s);
    CHECK(parse_retry_after("86400", std::nullopt) == 24h);
    CHECK(parse_retry_after("86401", std::nullopt) == 24h);
    CHECK(parse_retry_after("1000000000000000000", std::nullopt) == 24h);
    CHECK(parse_retry_after(std::string(5000, '9'), std::nullopt) == 24h);
}

TEST_CASE("R2: Retry-After as any of the three dates is the time until then, never negative") {
    const sys_seconds now = at(784111777 - 90);
    for (const std::string_view form :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
        CAPTURE(form);
        CHECK(parse_retry_after(form, now) == 90s);
        CHECK(parse_retry_after(form, now + 90s) == 0ms);
        CHECK(parse_retry_after(form, now + 91s) == 0ms);
        CHECK(parse_retry_after(form, now - 10 * 24h) == 24h);
        CHECK_FALSE(parse_retry_after(form, std::nullopt).has_value());
    }
    CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now) == 24h);
}

TEST_CASE("R2: a Retry-After that is neither seconds nor a date gives nothing") {
    const sys_seconds now = at(784111777);
    for (const std::string_view junk :
         {"", " ", "-1", "+5", "1.5", "1e3", "5s", "5, 10", "0x10", "soon", "1 2", "\xD9\xA1",
          "Sun, 06 Nov 1994 08:49:37", "1994-11-06T08:49:37Z", "-9223372036854775808"}) {
        CAPTURE(junk);
        CHECK_FALSE(parse_retry_after(junk, now).has_value());
    }
}
