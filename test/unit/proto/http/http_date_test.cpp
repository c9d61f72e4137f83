#include "proto/http/http_date.hpp"

#include "proto/http/retry_after.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

using namespace getty::connect::proto;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;

namespace {

constexpr std::int64_t absent = INT64_MIN;

std::int64_t http_s(std::string_view text, std::optional<sys_seconds> now = std::nullopt) {
    const auto date = parse_http_date(text, now);
    return date ? date->time_since_epoch().count() : absent;
}

constexpr sys_seconds at(std::int64_t s) { return sys_seconds(std::chrono::seconds(s)); }

}  // namespace

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
