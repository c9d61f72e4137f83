#include "load/correction.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::load;
using namespace std::chrono_literals;
using core::duration;

TEST_CASE("L5: a corrected quantile is that of all requests, the omitted ones written out") {
    const auto random = core::seeded_random(21);
    for (int run = 0; run < 40; ++run) {
        const auto interval = duration(1 + static_cast<duration::rep>(random->next() % 3'000'000));
        latency_histogram measured;
        std::vector<duration> all;
        for (int i = 0; i < 200; ++i) {
            const auto d = latency_histogram::as_counted(
                duration(static_cast<duration::rep>(1e3 * std::pow(1e5, random->unit()))));
            measured.record(d);
            all.push_back(d);
            if (all.size() > 3'000'000) continue;
            for (duration omitted = d - interval; omitted >= interval && all.size() < 3'000'000;
                 omitted -= interval) {
                all.push_back(omitted);
            }
        }
        if (all.size() >= 3'000'000) continue;
        std::sort(all.begin(), all.end());
        for (const std::uint64_t part : {1U, 500U, 900U, 990U, 999U, 1'000U}) {
            CAPTURE(part);
            const std::size_t rank = std::max<std::size_t>((all.size() * part + 999) / 1'000, 1);
            CHECK(corrected_quantile(measured, interval, part, 1'000) == all[rank - 1]);
        }
    }
}

TEST_CASE("L5: one stall among ten thousand quick answers is in the corrected p99 alone") {
    latency_histogram measured;
    measured.record(1ms, 10'000);
    measured.record(5s);
    CHECK(measured.quantile(99, 100) < 2ms);
    // 10,001 requests and 4,999 omitted, evenly from 1 ms to 5 s: the 150 longest are beyond 4.85 s.
    CHECK(*corrected_p99_us(measured) == doctest::Approx(4.85e6).epsilon(0.005));
}

TEST_CASE("L5: without a stall there is nothing to correct, and of nothing there is no quantile") {
    latency_histogram measured;
    CHECK_FALSE(corrected_p99_us(measured));
    for (int i = 0; i < 1'000; ++i) measured.record(1ms + i * 500ns);
    CHECK(*corrected_p99_us(measured) == static_cast<double>(measured.quantile(99, 100).count()) / 1e3);
    latency_histogram zero;
    zero.record(0s);
    CHECK(*corrected_p99_us(zero) == 0);
}
