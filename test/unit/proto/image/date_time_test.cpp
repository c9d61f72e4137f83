#include "proto/image/date_time.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace getty::connect;
using namespace getty::connect::proto;
using namespace std::chrono_literals;

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
