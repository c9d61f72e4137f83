#include "policy/backoff.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using getty::connect::core::duration;
using getty::connect::policy::backoff_ceiling;
using getty::connect::policy::full_jitter;

TEST_CASE("backoff: the ceiling doubles up to the cap") {
    CHECK(backoff_ceiling(100ms, 10s, 0) == 100ms);
    CHECK(backoff_ceiling(100ms, 10s, 1) == 200ms);
    CHECK(backoff_ceiling(100ms, 10s, 6) == 6400ms);
    CHECK(backoff_ceiling(100ms, 10s, 7) == 10s);
    CHECK(backoff_ceiling(20s, 10s, 0) == 10s);
}

TEST_CASE("backoff: no number of doublings overflows") {
    for (unsigned n = 0; n < 200; ++n) {
        CHECK(backoff_ceiling(1ns, duration::max(), n) >= duration(1ns));
        CHECK(backoff_ceiling(duration::max(), duration::max(), n) == duration::max());
        CHECK(backoff_ceiling(100ms, 10s, n) <= duration(10s));
    }
    CHECK(backoff_ceiling(1ns, duration::max(), 62) == duration(1LL << 62));
    CHECK(backoff_ceiling(1ns, duration::max(), 63) == duration::max());
    CHECK(backoff_ceiling(1ns, duration::max(), 64) == duration::max());
    CHECK(backoff_ceiling(1ns, duration::max(), ~0U) == duration::max());
    CHECK(full_jitter(duration::max(), duration::max(), 0, 1.0 - 0x1.0p-53) <= duration::max());
}

TEST_CASE("backoff: durations that are not positive mean no wait") {
    CHECK(backoff_ceiling(0s, 10s, 5) == duration(0));
    CHECK(backoff_ceiling(-1s, 10s, 5) == duration(0));
    CHECK(backoff_ceiling(1s, -10s, 5) == duration(0));
    CHECK(full_jitter(0s, 0s, 3, 0.9) == duration(0));
}

TEST_CASE("R1: full jitter spreads evenly over the whole range") {
    const auto random = getty::connect::core::seeded_random(5);
    int tenths[10] = {};
    for (int i = 0; i < 100'000; ++i) {
        const duration d = full_jitter(100ms, 10s, 3, random->unit());
        REQUIRE(d >= duration(0));
        REQUIRE(d < duration(800ms));
        ++tenths[d / duration(80ms)];
    }
    for (const int n : tenths) CHECK(n == doctest::Approx(10'000).epsilon(0.05));
}
