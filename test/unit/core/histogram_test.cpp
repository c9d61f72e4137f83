// L3: what is said of durations, against all of them sorted.
#include "core/histogram.hpp"

#include "core/moments.hpp"
#include "core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

using namespace getty::connect::core;
using namespace std::chrono_literals;

namespace {

using fine = histogram<1024, 27, std::uint64_t>;

/// `count` durations spread evenly over the powers of ten between `least` and `most`.
std::vector<duration> spread(random_source& random, std::size_t count, double least, double most) {
    std::vector<duration> all(count);
    for (duration& d : all) {
        d = duration(static_cast<duration::rep>(least * std::pow(most / least, random.unit())));
    }
    return all;
}

}  // namespace

TEST_CASE("L3: every quantile is that of all durations sorted, or up to a 1,024th above") {
    const auto random = seeded_random(1);
    for (const std::size_t count : {1UL, 2UL, 99UL, 1'000UL, 20'000UL}) {
        std::vector<duration> all = spread(*random, count, 1e3, 60e9);
        fine seen;
        for (const duration d : all) seen.record(d);
        std::sort(all.begin(), all.end());
        REQUIRE(seen.total() == count);
        for (std::size_t rank = 1; rank <= count; ++rank) {
            const duration exact = all[rank - 1];
            const duration said = seen.at_rank(rank);
            CAPTURE(exact.count());
            REQUIRE(said >= exact);
            REQUIRE((said - exact) * 1024 <= exact);
        }
    }
}

TEST_CASE("L3: a quantile is the smallest duration that so many do not exceed") {
    fine seen;
    for (int i = 1; i <= 1'000; ++i) seen.record(duration(i));  // below 1,024 ns each has its own bucket
    CHECK(seen.quantile(1, 2) == 500ns);
    CHECK(seen.quantile(99, 100) == 990ns);
    CHECK(seen.quantile(999, 1'000) == 999ns);
    CHECK(seen.quantile(9'999, 10'000) == 1'000ns);
    CHECK(seen.quantile(1, 1'000'000) == 1ns);
    CHECK(seen.quantile(1, 1) == 1'000ns);
    seen.record(2ns);
    CHECK(seen.quantile(1, 2) == 500ns);
    CHECK(seen.quantile(1, 1'001) == 1ns);
    CHECK(seen.quantile(2, 1'001) == 2ns);
    CHECK(seen.quantile(3, 1'001) == 2ns);
    CHECK(seen.quantile(4, 1'001) == 3ns);
}

TEST_CASE("L3: merged is recorded together, bucket by bucket and bit by bit") {
    const auto random = seeded_random(2);
    const std::vector<duration> all = spread(*random, 30'000, 1, 100e9);
    fine whole;
    fine parts[3];
    moments whole_moments;
    moments part_moments[3];
    for (const duration d : all) {
        const std::size_t part = random->next() % 3;
        whole.record(d);
        parts[part].record(d);
        whole_moments.record(d);
        part_moments[part].record(d);
    }
    for (const std::size_t part : {1U, 2U}) {
        parts[0].merge(parts[part]);
        part_moments[0].merge(part_moments[part]);
    }
    const auto rows = [](const fine& of) {
        std::vector<std::pair<duration, std::uint64_t>> list;
        of.each([&](duration last, std::uint64_t count) { list.emplace_back(last, count); });
        return list;
    };
    CHECK(rows(whole) == rows(parts[0]));
    CHECK(whole.total() == parts[0].total());
    CHECK(whole_moments.mean() == part_moments[0].mean());
    CHECK(whole_moments.standard_deviation() == part_moments[0].standard_deviation());
    CHECK(whole_moments.least() == part_moments[0].least());
    CHECK(whole_moments.most() == part_moments[0].most());
}

TEST_CASE("L3: the mean of quantiles is not the quantile of all, so there is merging") {
    fine fast;
    fine slow;
    for (int i = 0; i < 900; ++i) fast.record(1ms);
    for (int i = 0; i < 100; ++i) slow.record(1s);
    fine both = fast;
    both.merge(slow);
    CHECK(both.quantile(9, 10) < 2ms);
    CHECK(both.quantile(91, 100) >= 1s);
}

TEST_CASE("L3: buckets hold all that is said to count alike, and follow one another without a gap") {
    const auto random = seeded_random(3);
    CHECK(fine::longest() >= 60s);
    for (int n = 0; n < 100'000; ++n) {
        const auto d = duration(static_cast<duration::rep>(random->next() >> (28 + random->next() % 36)));
        const duration last = fine::as_counted(d);
        REQUIRE(fine::as_counted(last) == last);
        if (last < fine::longest()) REQUIRE(fine::as_counted(last + 1ns) > last);
    }
    CHECK(fine::as_counted(-5ns) == 0ns);
    CHECK(fine::as_counted(duration::max()) == fine::longest());
    fine seen;
    seen.record(duration::max());
    CHECK(seen.at_rank(1) == fine::longest());
}

TEST_CASE("L3: so many at once are as many one by one, and halving and clearing leave no trace") {
    fine seen;
    seen.record(5ms, 1'000'000'000'000U);
    seen.record(7ms);
    CHECK(seen.total() == 1'000'000'000'001U);
    CHECK(seen.quantile(1, 2) < 6ms);
    CHECK(seen.quantile(1, 1) >= 7ms);
    seen.halve();
    CHECK(seen.total() == 500'000'000'000U);
    seen.clear();
    CHECK(seen.total() == 0);
    seen.record(9ms);
    CHECK(seen.quantile(1, 1) >= 9ms);
}

TEST_CASE("L3: mean and deviation are exact where floating sums would cancel") {
    moments near_a_minute;
    for (const int ns : {-1, 0, 1}) near_a_minute.record(60s + duration(ns));
    CHECK(near_a_minute.mean() == 60e9);
    CHECK(near_a_minute.standard_deviation() == doctest::Approx(std::sqrt(2.0 / 3)).epsilon(1e-12));

    moments skewed;
    for (const int ns : {1, 2, 2, 10}) skewed.record(duration(ns));
    CHECK(skewed.mean() == 3.75);
    CHECK(skewed.standard_deviation() == doctest::Approx(3.6314597615834874).epsilon(1e-12));
    CHECK(skewed.least() == 1ns);
    CHECK(skewed.most() == 10ns);
    CHECK(skewed.count() == 4);

    const moments none;
    CHECK(none.mean() == 0);
    CHECK(none.standard_deviation() == 0);
    moments one;
    one.merge(none);
    one.record(-1ns);
    CHECK(one.most() == 0ns);
    CHECK(one.least() == 0ns);
    one = moments();
    one.record(5ns);
    one.merge(none);
    CHECK(one.least() == 5ns);
}

TEST_CASE("L3: mean and deviation are those of two passes over all durations") {
    const auto random = seeded_random(4);
    const std::vector<duration> all = spread(*random, 10'000, 1e3, 60e9);
    moments seen;
    for (const duration d : all) seen.record(d);
    const auto count = static_cast<long double>(all.size());
    long double sum = 0;
    for (const duration d : all) sum += static_cast<long double>(d.count());
    long double around = 0;
    for (const duration d : all) around += std::pow(static_cast<long double>(d.count()) - sum / count, 2);
    CHECK(seen.mean() == doctest::Approx(static_cast<double>(sum / count)).epsilon(1e-12));
    CHECK(seen.standard_deviation() ==
          doctest::Approx(static_cast<double>(std::sqrt(around / count))).epsilon(1e-12));
}
