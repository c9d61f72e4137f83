#include "policy/hedge_timer.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace std::chrono_literals;
using getty::connect::core::duration;
using getty::connect::policy::hedge_timer;

TEST_CASE("R6: nothing is late before there are enough samples") {
    hedge_timer timer;
    for (std::uint64_t i = 0; i + 1 < hedge_timer::min_samples; ++i) timer.record(10ms);
    CHECK_FALSE(timer.delay());
    timer.record(10ms);
    REQUIRE(timer.delay());
    CHECK(*timer.delay() > 10ms);
    CHECK(*timer.delay() <= 11250us);
}

TEST_CASE("R6: late is what takes longer than 95 of 100, to an eighth") {
    const auto random = getty::connect::core::seeded_random(7);
    for (const double scale : {1e3, 1e6, 1e9}) {
        CAPTURE(scale);
        hedge_timer timer;
        std::vector<duration> all;
        for (int i = 0; i < 1500; ++i) {
            // a long tail: exponential
            all.emplace_back(static_cast<duration::rep>(scale * -std::log(1 - random->unit())));
            timer.record(all.back());
        }
        std::sort(all.begin(), all.end());
        REQUIRE(timer.delay());
        // found again after every 50 samples at the latest
        CHECK(*timer.delay() > all[1500 * 93 / 100]);
        CHECK(static_cast<double>(timer.delay()->count()) <
              1.125 * static_cast<double>(all[1500 * 97 / 100].count()) + 2);
    }
}

TEST_CASE("R6: a service that has changed is known after some thousand samples") {
    hedge_timer timer;
    for (int i = 0; i < 100'000; ++i) timer.record(1s);
    for (int i = 0; i < 10'000; ++i) timer.record(1ms);
    CHECK(*timer.delay() < 2ms);
    for (int i = 0; i < 10'000; ++i) timer.record(1s);
    CHECK(*timer.delay() >= 1s);
}

TEST_CASE("R6: no time is too short or too long for the histogram") {
    for (const duration d : {duration(-5), duration(0), duration(1), duration(7), duration(8), duration(9),
                             duration(1h), duration(std::chrono::hours(24 * 365)), duration::max()}) {
        CAPTURE(d.count());
        hedge_timer timer;
        for (int i = 0; i < 200; ++i) timer.record(d);
        REQUIRE(timer.delay());
        CHECK(*timer.delay() > duration(0));
        if (d < std::chrono::hours(24)) {
            CHECK(*timer.delay() > d);
            CHECK(timer.delay()->count() <= std::max<duration::rep>(1, d.count() + d.count() / 8 + 1));
        }
    }
}
