#include "load/schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
using core::duration;
using load::arrivals;
using load::schedule;

namespace {

std::vector<duration> first(std::size_t count, schedule times) {
    std::vector<duration> all(count);
    for (duration& one : all) one = times.next();
    return all;
}

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

TEST_CASE("L1: even due times are multiples of the gap to the nanosecond, however many") {
    schedule three(3, arrivals::even, 0);
    schedule odd(7.000001, arrivals::even, 0);
    for (std::int64_t n = 0; n < 10'000'000; ++n) {
        // n / 3 s, and n / 7.000001 s, in whole nanoseconds
        const std::int64_t third = n / 3 * 1'000'000'000 + n % 3 * 1'000'000'000 / 3;
        const std::int64_t millions = n * 1'000'000;
        const std::int64_t part =
            millions / 7'000'001 * 1'000'000'000 + millions % 7'000'001 * 1'000'000'000 / 7'000'001;
        const duration a = three.next();
        const duration b = odd.next();
        if (a != duration(third) || b != duration(part)) {
            CAPTURE(n);
            REQUIRE(a == duration(third));
            REQUIRE(b == duration(part));
        }
    }
}

TEST_CASE("L1: random due times are the same for the same seed, here and everywhere") {
    CHECK(first(1'000, schedule(500, arrivals::poisson, 7)) ==
          first(1'000, schedule(500, arrivals::poisson, 7)));
    CHECK(first(10, schedule(500, arrivals::poisson, 7)) != first(10, schedule(500, arrivals::poisson, 8)));
    // By a model in Python of SplitMix64 and of von Neumann's comparisons: test/unit/load/schedule_model.py.
    const std::vector<duration> expected = {566561ns,  1537564ns, 2414913ns, 2819055ns,
                                            3273993ns, 5339953ns, 6387854ns, 7985706ns};
    CHECK(first(expected.size(), schedule(1'000, arrivals::poisson, 1)) == expected);
}

TEST_CASE("L1: a rate is kept over ten million random due times") {
    for (const double rate : {0.5, 1'000.0, 250'000.0}) {
        CAPTURE(rate);
        constexpr int count = 10'000'000;
        schedule times(rate, arrivals::poisson, 3);
        duration last{};
        for (int i = 0; i < count; ++i) {
            const duration next = times.next();
            if (next < last) REQUIRE(next >= last);
            last = next;
        }
        // The sum of n gaps deviates by the root of n of them: four times that.
        CHECK(std::abs(seconds(last) * rate - count) < 4 * std::sqrt(count));
    }
}

TEST_CASE("L1: random gaps are exponential (Kolmogorov and Smirnov) and independent") {
    constexpr int count = 1'000'000;
    constexpr double rate = 100;
    for (const std::uint64_t seed : {0U, 1U, 2U}) {
        CAPTURE(seed);
        schedule times(rate, arrivals::poisson, seed);
        std::vector<double> gaps(count);
        duration last{};
        for (double& gap : gaps) {
            const duration next = times.next();
            gap = seconds(next - last) * rate;
            last = next;
        }
        double products = 0;
        for (std::size_t i = 1; i < gaps.size(); ++i) products += (gaps[i - 1] - 1) * (gaps[i] - 1);
        CHECK(std::abs(products / count) < 4 / std::sqrt(count));

        std::sort(gaps.begin(), gaps.end());
        double furthest = 0;
        for (int i = 0; i < count; ++i) {
            const double expected = 1 - std::exp(-gaps[static_cast<std::size_t>(i)]);
            furthest = std::max({furthest, std::abs(expected - static_cast<double>(i) / count),
                                 std::abs(expected - static_cast<double>(i + 1) / count)});
        }
        CHECK(furthest < 1.63 / std::sqrt(count));  // one of a hundred exponential samples is further away
    }
}

TEST_CASE("L1: a rate beyond the bounds is that of the nearest") {
    schedule slow(0, arrivals::even, 0);
    CHECK(slow.next() == 0s);
    CHECK(slow.next() == 1'000'000s);
    schedule fast(1e12, arrivals::even, 0);
    (void)fast.next();
    CHECK(fast.next() == 1ns);
}
