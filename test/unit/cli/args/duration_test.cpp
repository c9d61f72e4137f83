#include "cli/args/duration.hpp"

#include "cli/trouble.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect::cli;
using namespace std::chrono_literals;

namespace {

std::string refusal(std::string_view text) {
    try {
        (void)parse_duration(text, 1ms, 24h);
    } catch (const usage_error& why) {
        return why.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("duration: each unit means what it says") {
    CHECK(parse_duration("500ms", 1ms, 24h) == 500ms);
    CHECK(parse_duration("10s", 1ms, 24h) == 10s);
    CHECK(parse_duration("2m", 1ms, 24h) == 2min);
    CHECK(parse_duration("1h", 1ms, 24h) == 1h);
    CHECK(parse_duration("0s", 0ms, 24h) == 0ms);
}

TEST_CASE("duration: a bare number is refused with the spellings that were perhaps meant") {
    CHECK(refusal("10") == "the unit is missing; write 10ms, 10s or 10m");
}

TEST_CASE("duration: what is no whole number with a known unit is refused") {
    for (const char* text : {"", "s", "ms", "-1s", "+1s", " 1s", "1 s", "1s ", "1.5s", "1e3s", "0x10s", "1S",
                             "1d", "1sec", "1ss", "١s"}) {
        CAPTURE(text);
        CHECK(refusal(text).find("a duration is a whole number") == 0);
    }
    using namespace std::string_literals;
    CHECK(refusal("1s\0"s).find("a duration is a whole number") == 0);
}

TEST_CASE("duration: the range holds at its very ends and cannot be left by overflow") {
    CHECK(parse_duration("1ms", 1ms, 24h) == 1ms);
    CHECK(parse_duration("24h", 1ms, 24h) == 24h);
    CHECK(parse_duration("86400000ms", 1ms, 24h) == 24h);
    for (const char* text : {"0ms", "0h", "25h", "1441m", "86401s", "86400001ms", "9223372036854775807h",
                             "2562047788015216h", "9223372036854775808s", "99999999999999999999999s"}) {
        CAPTURE(text);
        CHECK(refusal(text) == "must be between 1ms and 24h");
    }
}

TEST_CASE("duration: text names the largest unit that divides") {
    CHECK(to_text(500ms) == "500ms");
    CHECK(to_text(90'000ms) == "90s");
    CHECK(to_text(2min) == "2m");
    CHECK(to_text(120min) == "2h");
    CHECK(to_text(0ms) == "0ms");
    CHECK(to_text(86'400'001ms) == "86400001ms");
}
