#include "core/numerals.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace getty::connect::core;

TEST_CASE("numerals: thousands are parted") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1'000) == "1,000");
    CHECK(grouped(18'446'744'073'709'551'615U) == "18,446,744,073,709,551,615");
}

TEST_CASE("numerals: three digits that count, and no zeros for show") {
    CHECK(three_digits(0) == "0");
    CHECK(three_digits(12) == "12");
    CHECK(three_digits(12.04) == "12");
    CHECK(three_digits(12.34) == "12.3");
    CHECK(three_digits(1.234) == "1.23");
    CHECK(three_digits(9.999) == "10");
    CHECK(three_digits(99.94) == "99.9");
    CHECK(three_digits(99.96) == "100");
    CHECK(three_digits(0.01234) == "0.0123");
    CHECK(three_digits(0.5) == "0.5");
    CHECK(three_digits(12'345.6) == "12,346");
    CHECK(three_digits(-12.34) == "-12.3");
    CHECK(three_digits(1e20) == "100000000000000000000");
    CHECK(three_digits(1e-9) == "0");
    CHECK(three_digits(std::numeric_limits<double>::quiet_NaN()) == "?");
    CHECK(three_digits(std::numeric_limits<double>::infinity()) == "?");
}

TEST_CASE("numerals: durations have the unit that suits them") {
    CHECK(microseconds_text(0) == "0 us");
    CHECK(microseconds_text(0.25) == "0.25 us");
    CHECK(microseconds_text(812.4) == "812 us");
    CHECK(microseconds_text(999.4) == "999 us");
    CHECK(microseconds_text(999.6) == "1 ms");
    CHECK(microseconds_text(12'345) == "12.3 ms");
    CHECK(microseconds_text(999'400) == "999 ms");
    CHECK(microseconds_text(999'600) == "1 s");
    CHECK(microseconds_text(60'000'000) == "60 s");
    CHECK(microseconds_text(-1'500) == "-1.5 ms");
}

TEST_CASE("numerals: shares are in percent, and decimals have a point") {
    CHECK(percent_text(0.00123) == "0.123 %");
    CHECK(percent_text(1) == "100 %");
    CHECK(fixed(2.5, 2) == "2.50");
    CHECK(fixed(1e300, 0).size() == 301);
    CHECK(fixed(0.125, 0) == "0");
}

TEST_CASE("numerals: a noun in the number that it has, bytes in the unit that suits") {
    CHECK(counted_noun(0, "id", "ids") == "0 ids");
    CHECK(counted_noun(1, "id", "ids") == "1 id");
    CHECK(counted_noun(2'000, "id", "ids") == "2,000 ids");
    CHECK(bytes_words(1) == "1 byte");
    CHECK(bytes_words(999) == "999 bytes");
    CHECK(bytes_words(1'000) == "1.00 kB");
    CHECK(bytes_words(12'340) == "12.3 kB");
    CHECK(bytes_words(999'400) == "999 kB");
    CHECK(bytes_words(999'600) == "1.00 MB");
    CHECK(bytes_words(1'240'000'000) == "1.24 GB");
    CHECK(bytes_words(18'446'744'073'709'551'615U) == "18446744 TB");
}
