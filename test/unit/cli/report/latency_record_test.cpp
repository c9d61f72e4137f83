#include "cli/report/latency_record.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::cli;

TEST_CASE("W6: percentiles are those of sorting, within a thousandth, and the bounds count exactly") {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> spread(2.5, 1.5);  // of milliseconds
    const auto record = std::make_unique<latency_record>();
    std::vector<core::duration> all;
    core::duration sum{0};
    for (int i = 0; i < 20'000; ++i) {
        const auto one = std::chrono::duration_cast<core::duration>(
            std::chrono::duration<double, std::milli>(spread(random)));
        record->record(one);
        all.push_back(one);
        sum += one;
    }
    std::sort(all.begin(), all.end());
    for (unsigned percent = 1; percent <= 100; ++percent) {
        const core::duration exact = all[all.size() * percent / 100 - 1];
        const core::duration told = record->percentile(percent).value_or(core::duration(0));
        CAPTURE(percent);
        CHECK(told >= exact);
        CHECK(static_cast<double>(told.count()) <= static_cast<double>(exact.count()) * (1 + 1.0 / 1024) + 1);
    }
    for (std::size_t i = 0; i < latency_record::bounds.size(); ++i) {
        const auto below = std::upper_bound(all.begin(), all.end(), latency_record::bounds[i]);
        CHECK(record->within(i) == static_cast<std::uint64_t>(below - all.begin()));
    }
    CHECK(record->total() == 20'000);
    CHECK(record->sum() == sum);
    CHECK(record->longest() == all.back());
}

TEST_CASE("W6: there are no percentiles without samples, and one sample is all of them") {
    const auto record = std::make_unique<latency_record>();
    CHECK_FALSE(record->percentile(50));
    CHECK(record->within(latency_record::bounds.size() - 1) == 0);
    record->record(std::chrono::milliseconds(20));  // on a bound: within it
    CHECK(record->percentile(1) == std::chrono::milliseconds(20));
    CHECK(record->percentile(99) == std::chrono::milliseconds(20));
    CHECK(record->within(3) == 0);
    CHECK(record->within(4) == 1);
    record->record(std::chrono::minutes(2));  // beyond all
    CHECK(record->within(latency_record::bounds.size() - 1) == 1);
    CHECK(record->total() == 2);
}
