#include "policy/rate_limiter.hpp"

#include "core/random.hpp"
#include "unit/policy/moment.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace std::chrono_literals;
using getty::connect::core::duration;
using getty::connect::core::time_point;
using getty::connect::policy::rate_limiter;

TEST_CASE("B4: after a lull exactly the burst goes at once, then one permit per period") {
    for (const double rate : {1.0, 3.0, 7.0, 10.0, 333.0, 1e5}) {
        for (const std::uint32_t burst : {1U, 2U, 10U, 1000U}) {
            CAPTURE(rate);
            CAPTURE(burst);
            rate_limiter limiter(rate, burst);
            for (const auto start : {moment(0s), moment(std::chrono::hours(1000))}) {
                for (std::uint32_t i = 0; i < burst; ++i) REQUIRE(limiter.admit(start).at <= start);
                for (std::int64_t i = 1; i <= 100; ++i) {
                    const double expected = static_cast<double>(i) * 1e9 / rate;
                    const auto wait = (limiter.admit(start).at - start).count();
                    REQUIRE(std::abs(static_cast<double>(wait) - expected) <= 1.0);
                }
            }
        }
    }
}

TEST_CASE("B4: permits of an awkward rate do not drift") {
    rate_limiter limiter(3.0, 1);
    (void)limiter.admit(moment(0s));
    time_point at;
    for (int i = 0; i < 3'000'000; ++i) at = limiter.admit(moment(0s)).at;
    // 3 * 10^6 permits at 3 a second, each kept to 2^-32 ns
    CHECK(at <= moment(1'000'000s));
    CHECK(at >= moment(1'000'000s) - 1ns);
}

TEST_CASE("B4: under a steady demand the long-run rate is the configured one, and no second has more") {
    const auto random = getty::connect::core::seeded_random(3);
    rate_limiter limiter(50.0, 5);
    time_point now = moment(0s);
    std::vector<time_point> gone;
    while (now < moment(600s)) {
        const auto p = limiter.admit(now);
        now = std::max(now, p.at);
        gone.push_back(now);
        now += duration(static_cast<duration::rep>(random->next() % 20'000'000));  // 10 ms on average
    }
    CHECK(static_cast<double>(gone.size()) == doctest::Approx(600 * 50).epsilon(0.02));
    for (std::size_t i = 0; i + 55 < gone.size(); ++i) REQUIRE(gone[i + 55] - gone[i] >= duration(1s - 2ns));
}

TEST_CASE("rate limiter: unused permits are not saved up beyond the burst") {
    rate_limiter limiter(10.0, 3);
    for (int i = 0; i < 3; ++i) CHECK(limiter.admit(moment(0s)).at <= moment(0s));
    for (int i = 0; i < 3; ++i) CHECK(limiter.admit(moment(1h)).at <= moment(1h));
    CHECK(limiter.admit(moment(1h)).at == moment(1h + 100ms));
    // half a period later half a permit has come back
    CHECK(limiter.admit(moment(1h + 150ms)).at == moment(1h + 200ms));
}

TEST_CASE("rate limiter: a permit given back goes to the next caller") {
    rate_limiter limiter(3.0, 2);
    (void)limiter.admit(moment(0s));
    const auto a = limiter.admit(moment(0s));
    const auto b = limiter.admit(moment(0s));
    limiter.give_back(b);
    CHECK(limiter.admit(moment(0s)).at == b.at);
    limiter.give_back(a);
    limiter.give_back(b);
    CHECK(limiter.admit(moment(0s)).at == a.at);
    // giving back never lifts the burst
    rate_limiter other(1.0, 2);
    for (int i = 0; i < 5; ++i) other.give_back(other.admit(moment(0s)));
    for (int i = 0; i < 2; ++i) CHECK(other.admit(moment(10s)).at <= moment(10s));
    CHECK(other.admit(moment(10s)).at == moment(11s));
}

TEST_CASE("rate limiter: any number of permits taken and given back leaves the long-run rate exact") {
    rate_limiter limiter(7.0, 1);
    (void)limiter.admit(moment(0s));
    time_point at;
    for (int i = 0; i < 70'000; ++i) {
        limiter.give_back(limiter.admit(moment(0s)));
        at = limiter.admit(moment(0s)).at;
    }
    CHECK(at <= moment(10'000s));
    CHECK(at >= moment(10'000s) - 1ns);
}

TEST_CASE("B4: a pause voids the permits still to come and lets none go before its end") {
    rate_limiter limiter(10.0, 5);
    for (int i = 0; i < 5; ++i) (void)limiter.admit(moment(0s));
    const auto queued = limiter.admit(moment(0s));
    CHECK(limiter.holds(queued));
    limiter.pause_until(moment(2s));
    CHECK_FALSE(limiter.holds(queued));
    limiter.give_back(queued);  // void, so nothing comes back
    const auto first = limiter.admit(queued.at);
    CHECK(limiter.holds(first));
    CHECK(first.at == moment(2s));
    CHECK(limiter.paused_until() == moment(2s));
}

TEST_CASE("B4: after a pause the rate begins at a quarter, doubles after a second and again after another") {
    // 8 a second: 2 in the first second, 4 in the second, then 8. No burst at the beginning.
    rate_limiter limiter(8.0, 4);
    limiter.pause_until(moment(10s));
    std::vector<duration> at;
    for (int i = 0; i < 11; ++i) at.push_back(limiter.admit(moment(0s)).at - moment(10s));
    const std::vector<duration> expected = {0ms,    500ms,  1000ms, 1250ms, 1500ms, 1750ms,
                                            2000ms, 2125ms, 2250ms, 2375ms, 2500ms};
    CHECK(at == expected);
}

TEST_CASE("B4: the ramp adds up over a period that is longer than its parts") {
    // One permit in 8 s: the first second of the ramp is worth 0.25 s, the next 0.5 s, the rest all of it.
    rate_limiter limiter(0.125, 1);
    limiter.pause_until(moment(0s));
    CHECK(limiter.admit(moment(0s)).at == moment(0s));
    CHECK(limiter.admit(moment(0s)).at == moment(9250ms));
    CHECK(limiter.admit(moment(0s)).at == moment(17'250ms));
}

TEST_CASE("B4: many answers that ask for a pause make one, the longest") {
    rate_limiter limiter(10.0, 1);
    limiter.pause_until(moment(5s));
    const auto p = limiter.admit(moment(0s));
    for (int i = 0; i < 64; ++i) limiter.pause_until(moment(5s));
    limiter.pause_until(moment(3s));
    CHECK(limiter.holds(p));
    CHECK(limiter.admit(moment(0s)).at == moment(5400ms));
    limiter.pause_until(moment(6s));
    CHECK_FALSE(limiter.holds(p));
    CHECK(limiter.admit(moment(0s)).at == moment(6s));
}

TEST_CASE("B4: long after a pause the burst is exact again") {
    rate_limiter limiter(10.0, 4);
    limiter.pause_until(moment(0s));
    const auto now = moment(60s);
    for (int i = 0; i < 4; ++i) CHECK(limiter.admit(now).at <= now);
    CHECK(limiter.admit(now).at == now + 100ms);
}

TEST_CASE("rate limiter: without a rate every permit falls due at once") {
    rate_limiter free = rate_limiter::unlimited();
    for (int i = 0; i < 100'000; ++i) CHECK(free.admit(moment(0s)).at <= moment(0s));
    for (int i = 0; i < 100'000; ++i) CHECK(free.admit(moment(1s)).at <= moment(1s));
}

TEST_CASE("B4: without a rate the ramp goes by what was answered well in the second before the pause") {
    // 40 a second were asked for, 20 were answered well.
    rate_limiter free = rate_limiter::unlimited();
    for (int i = 0; i < 80; ++i) {
        const auto now = moment(1s + i * 25ms);
        (void)free.admit(now);
        if (i % 2 == 0) free.answered_well(now);
    }
    free.pause_until(moment(10s));
    for (int i = 0; i < 5; ++i) CHECK(free.admit(moment(3s)).at == moment(10s + i * 200ms));
    for (int i = 0; i < 10; ++i) CHECK(free.admit(moment(3s)).at == moment(11s + i * 100ms));
    for (int i = 0; i < 20; ++i) CHECK(free.admit(moment(3s)).at == moment(12s + i * 50ms));
    for (int i = 0; i < 1'000; ++i) CHECK(free.admit(moment(3s)).at <= moment(13s) + 1us);
}

TEST_CASE("B4: a pause during a ramp does not begin from nothing, and its steps are as long as it says") {
    rate_limiter free = rate_limiter::unlimited();
    for (int i = 0; i < 80; ++i) {
        (void)free.admit(moment(1s + i * 12'500us));
        free.answered_well(moment(1s + i * 12'500us));
    }
    free.pause_until(moment(3s));
    free.answered_well(moment(50s));
    free.pause_until(moment(100s), 100ms);
    // Half of 80 a second, a quarter of that to begin with: one permit in each 100 ms.
    CHECK(free.admit(moment(4s)).at == moment(100s));
    CHECK(free.admit(moment(4s)).at == moment(100s + 100ms));
    CHECK(free.admit(moment(4s)).at == moment(100s + 150ms));
    CHECK(free.admit(moment(4s)).at == moment(100s + 200ms));
    CHECK(free.admit(moment(4s)).at == moment(100s + 225ms));
}

TEST_CASE("rate limiter: when the next permit will fall due can be asked without taking it") {
    rate_limiter one(10, 1);
    CHECK(one.next(moment(1s)) == moment(1s));
    CHECK(one.next(moment(1s)) == moment(1s));
    CHECK(one.admit(moment(1s)).at == moment(1s));
    CHECK(one.next(moment(1s)) == moment(1100ms));
    one.pause_until(moment(5s));
    CHECK(one.next(moment(1s)) == moment(5s));
}

TEST_CASE("B4: without a rate and after a lull the ramp begins with one permit at a time") {
    rate_limiter free = rate_limiter::unlimited();
    for (int i = 0; i < 1000; ++i) (void)free.admit(moment(0s));
    (void)free.admit(moment(60s));
    free.pause_until(moment(61s));
    CHECK(free.admit(moment(60s)).at == moment(61s));
    // one a second: a quarter of a permit in the first second, half of one in the next
    CHECK(free.admit(moment(60s)).at == moment(63'250ms));
}

TEST_CASE("rate limiter: values out of range are moved to the bounds") {
    for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), 1e-300}) {
        rate_limiter slowest(rate, 0);
        CHECK(slowest.admit(moment(0s)).at <= moment(0s));
        const auto second = slowest.admit(moment(0s)).at - moment(0s);
        CHECK(std::chrono::duration<double>(second).count() == doctest::Approx(1e6));
    }
    for (const double rate : {1e9, 1e300, std::numeric_limits<double>::infinity()}) {
        rate_limiter fastest(rate, 1);
        (void)fastest.admit(moment(0s));
        CHECK(fastest.admit(moment(0s)).at == moment(1ns));
    }
    rate_limiter wide(1e-6, std::numeric_limits<std::uint32_t>::max());
    for (int i = 0; i < 1000; ++i) CHECK(wide.admit(moment(0s)).at <= moment(0s));
    rate_limiter paused(10.0, 4);
    paused.pause_until(getty::connect::core::never);
    CHECK(paused.admit(moment(0s)).at > moment(std::chrono::hours(24 * 365 * 30)));
}
