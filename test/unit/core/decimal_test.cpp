// S9: numbers read the same with every standard library.
#include "core/decimal.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

using namespace getty::connect;
using core::read_decimal;
using core::detail::nearest_by_strtod;

namespace {

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("S9: a decimal number is the double nearest to it, with from_chars and without") {
    const std::string zeros(400, '0');
    const struct {
        std::string text;
        double value;
    } rows[] = {
        {"0", 0},
        {"-0", -0.0},
        {"007", 7},
        {"12.5", 12.5},
        {"-12.5", -12.5},
        {".5", 0.5},
        {"2.", 2},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"25e-1", 2.5},
        // A tie, and what lies just above it (binary: 2^53 + 1).
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.000000000000000000000000001", 9007199254740994.0},
        {"9007199254740993." + zeros + "1", 9007199254740994.0},
        {"0.1000000000000000055511151231257827", 0.1},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"1.7976931348623157e308", std::numeric_limits<double>::max()},
        {"1.7976931348623159e308", infinite},
        {"-1e400", -infinite},
        {"1" + zeros, infinite},
        {"1" + zeros + "e-400", 1},
        {"4.9406564584124654e-324", std::numeric_limits<double>::denorm_min()},
        {"1e-400", 0},
        {"-1e-400", -0.0},
        {"0." + zeros + "1", 0},
        {"0e999999999999", 0},
    };
    for (const auto& r : rows) {
        CAPTURE(r.text);
        const auto value = read_decimal(r.text);
        REQUIRE(value.has_value());
        CHECK(bits(*value) == bits(r.value));
        CHECK(bits(nearest_by_strtod(r.text)) == bits(r.value));
    }
}

TEST_CASE("S9: every double is read back from its 17 digits, with from_chars and without") {
    auto random = core::seeded_random(9);
    for (int n = 0; n < 20'000; ++n) {
        const double wanted = std::bit_cast<double>(random->next());
        if (!std::isfinite(wanted)) continue;
        char text[40];
        (void)std::snprintf(text, sizeof text, "%.*e", 16 + n % 8, wanted);
        CAPTURE(text);
        const auto value = read_decimal(text);
        REQUIRE(value.has_value());
        REQUIRE(bits(*value) == bits(wanted));
        REQUIRE(bits(nearest_by_strtod(text)) == bits(wanted));
    }
}

TEST_CASE("S9: what is no decimal number as a whole is none") {
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {""sv,      "-"sv,    "."sv,   "-."sv,        "e3"sv,  ".e3"sv,    "1e"sv,  "1e+"sv,   "1e-"sv,
          "1e3.5"sv, "+1"sv,   "--1"sv, " 1"sv,        "1 "sv,  "1\n"sv,    "1,5"sv, "1.2.3"sv, "0x10"sv,
          "1f"sv,    "1e3x"sv, "inf"sv, "-infinity"sv, "nan"sv, "nan(1)"sv, "1\0"sv, "\0"sv}) {
        CAPTURE(text);
        CHECK_FALSE(read_decimal(text).has_value());
    }
}
