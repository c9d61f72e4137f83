#include "load/compare.hpp"

#include "core/histogram.hpp"
#include "core/moments.hpp"
#include "core/random.hpp"
#include "load/resample.hpp"
#include "load/step_recorder.hpp"
#include "load/unusable.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::load;
using core::duration;

namespace {

/// Latencies whose logarithm is normal around `median_us`.
std::vector<double> latencies(core::random_source& random, std::size_t count, double median_us) {
    std::vector<double> all(count);
    for (double& one : all) one = median_us * std::exp(0.4 * normal(random));
    return all;
}

step_result step_of(const std::vector<double>& latencies_us) {
    latency_histogram times;
    core::moments exact;
    for (const double us : latencies_us) {
        times.record(duration(static_cast<duration::rep>(us * 1e3)));
        exact.record(duration(static_cast<duration::rep>(us * 1e3)));
    }
    step_result s;
    s.asked_per_s = 1'000;
    s.counted_s = 10;
    s.latency_due_us.count = exact.count();
    s.latency_due_us.mean = exact.mean() / 1e3;
    s.latency_due_us.sd = exact.standard_deviation() / 1e3;
    times.each([&](duration longest, std::uint64_t count) {
        s.histogram.push_back({static_cast<double>(longest.count()) / 1e3, count});
    });
    s.answered_per_s = static_cast<double>(latencies_us.size()) / 10;
    for (std::uint64_t i = 0; i < 10; ++i) {
        second_figures second;
        second.second = i;
        second.answered = latencies_us.size() / 10 + i % 3;
        s.per_second.push_back(second);
    }
    s.outcomes = {{"ok", latencies_us.size(), ""}};
    return s;
}

measurement of(std::vector<step_result> steps) {
    measurement m;
    m.plan.loop = loop_kind::open;
    m.plan.rates = {1'000};
    m.steps = std::move(steps);
    return m;
}

const figure_change& find(const std::vector<figure_change>& all, std::string_view figure) {
    for (const figure_change& one : all) {
        if (one.figure == figure) return one;
    }
    throw std::runtime_error("no change of " + std::string(figure));
}

}  // namespace

TEST_CASE("L7: a resampled quantile is distributed as that of all requests drawn anew") {
    const auto random = core::seeded_random(31);
    std::vector<double> all = latencies(*random, 500, 20'000);
    std::sort(all.begin(), all.end());
    std::vector<bucket> buckets;
    for (const double one : all) buckets.push_back({one, 1});
    const std::vector<bucket>* const parts[] = {&buckets};
    const merged_histogram merged(parts);
    for (const double share : {0.5, 0.9, 0.99}) {
        CAPTURE(share);
        std::vector<double> quick;
        std::vector<double> naive;
        for (int i = 0; i < 1'000; ++i) {
            quick.push_back(merged.resampled(*random, share));
            std::vector<double> drawn(all.size());
            for (double& one : drawn) one = all[random->next() % all.size()];
            const auto rank = static_cast<std::ptrdiff_t>(std::ceil(share * 500 - 1e-6)) - 1;
            std::nth_element(drawn.begin(), drawn.begin() + rank, drawn.end());
            naive.push_back(drawn[static_cast<std::size_t>(rank)]);
        }
        std::sort(quick.begin(), quick.end());
        std::sort(naive.begin(), naive.end());
        // Kolmogorov and Smirnov for two samples of 1,000: beyond 0.0728 with a chance of one in a hundred.
        double furthest = 0;
        for (const double x : naive) {
            const auto below = [&](const std::vector<double>& of) {
                return static_cast<double>(std::upper_bound(of.begin(), of.end(), x) - of.begin()) / 1'000;
            };
            furthest = std::max(furthest, std::abs(below(quick) - below(naive)));
        }
        CHECK(furthest < 0.0728);
    }
}

TEST_CASE("L7: gamma numbers have the mean and the variance of their shape") {
    const auto random = core::seeded_random(32);
    for (const double shape : {1.0, 7.5, 20'000.0}) {
        CAPTURE(shape);
        constexpr int count = 50'000;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < count; ++i) {
            const double x = load::gamma(*random, shape);
            sum += x;
            squares += (x - shape) * (x - shape);
        }
        CHECK(std::abs(sum / count - shape) < 4 * std::sqrt(shape / count));
        CHECK(squares / count == doctest::Approx(shape).epsilon(0.05));
    }
}

TEST_CASE("L7: the quantiles of merged rounds are those of all their requests") {
    const std::vector<bucket> a = {{1, 10}, {3, 10}};
    const std::vector<bucket> b = {{2, 10}, {3, 70}};
    const std::vector<bucket>* const parts[] = {&a, &b};
    const merged_histogram merged(parts);
    CHECK(merged.total() == 100);
    CHECK(merged.at(0) == 1);
    CHECK(merged.at(0.1) == 1);
    CHECK(merged.at(0.11) == 2);
    CHECK(merged.at(0.2) == 2);
    CHECK(merged.at(0.21) == 3);
    CHECK(merged.at(1) == 3);
}

TEST_CASE("L7: of two runs of the same service the interval holds no change in 95 of 100 cases") {
    const auto random = core::seeded_random(33);
    int missed_median = 0;
    int missed_p99 = 0;
    int missed_mean = 0;
    int called_different = 0;
    constexpr int runs = 60;
    for (int run = 0; run < runs; ++run) {
        const measurement a = of({step_of(latencies(*random, 1'500, 20'000))});
        const measurement b = of({step_of(latencies(*random, 1'500, 20'000))});
        const auto all = changes(a, b, 0.05);
        const auto missed = [&](std::string_view figure) {
            const figure_change& c = find(all, figure);
            return c.low > 0 || c.high < 0;
        };
        missed_median += missed("p50");
        missed_p99 += missed("p99");
        missed_mean += missed("mean");
        for (const figure_change& c : all)
            called_different += c.is == verdict::better || c.is == verdict::worse;
    }
    // Three are expected; ten and more would come with a chance of one in a thousand.
    for (const int missed : {missed_median, missed_p99, missed_mean}) {
        CHECK(missed <= 9);
        CHECK(missed >= 1);
    }
    CHECK(called_different <= 8);  // of p90 and p99, within the tolerance else
}

TEST_CASE("L7: what has changed is found, with its direction and within its interval") {
    const auto random = core::seeded_random(34);
    const measurement before = of({step_of(latencies(*random, 20'000, 20'000))});
    for (const double factor : {0.8, 1.3}) {
        measurement after = of({step_of(latencies(*random, 20'000, 20'000 * factor))});
        after.steps[0].answered_per_s *= 1 / factor;
        const auto all = changes(before, after, 0.05);
        for (const std::string_view figure : {"p50", "p90", "p99", "p99.9", "mean"}) {
            CAPTURE(figure);
            const figure_change& c = find(all, figure);
            CHECK(c.load == "1,000/s");
            CHECK(c.is == (factor < 1 ? verdict::better : verdict::worse));
            CHECK(c.words.starts_with(factor < 1 ? "faster by " : "slower by "));
            CHECK(c.change == doctest::Approx(factor - 1).epsilon(0.3));
            CHECK(c.low < factor - 1);
            CHECK(c.high > factor - 1);
        }
        const figure_change& rate = find(all, "answered");
        CHECK(rate.is == (factor < 1 ? verdict::better : verdict::worse));
        CHECK(rate.words == (factor < 1 ? "higher by 25 %" : "lower by 23.1 %"));
        CHECK(find(all, "errors").words == "same");
    }
}

TEST_CASE("L7: a change within the tolerance is the same, one beyond it is told") {
    const auto random = core::seeded_random(35);
    const std::vector<double> base = latencies(*random, 100'000, 20'000);
    std::vector<double> slower = base;
    for (double& one : slower) one *= 1.06;
    const auto with = [&](double tolerance) {
        return find(changes(of({step_of(base)}), of({step_of(slower)}), tolerance), "mean");
    };
    CHECK(with(0.07).is == verdict::same);
    CHECK(with(0.05).is == verdict::worse);
    CHECK(with(0.05).words == "slower by 6 %");
}

TEST_CASE("L7: what may lie beyond the tolerance on one side is unclear, not the same") {
    // The interval of the mean is some 3 % wide to either side, and its middle 4 % off.
    const auto random = core::seeded_random(37);
    const std::vector<double> base = latencies(*random, 2'000, 20'000);
    std::vector<double> slower = base;
    for (double& one : slower) one *= 1.04;
    const auto change = find(changes(of({step_of(base)}), of({step_of(slower)}), 0.05), "mean");
    REQUIRE(change.high > 0.05);
    REQUIRE(change.low > -0.05);
    CHECK(change.is == verdict::unclear);
    const auto back = find(changes(of({step_of(slower)}), of({step_of(base)}), 0.05), "mean");
    CHECK(back.is == verdict::unclear);
}

TEST_CASE("L7: too few samples to tell are called that, not the same") {
    const auto random = core::seeded_random(36);
    const auto of_count = [&](std::size_t count) {
        return changes(of({step_of(latencies(*random, count, 20'000))}),
                       of({step_of(latencies(*random, 1'000, 20'000))}), 0.05);
    };
    const auto all = of_count(50);
    CHECK(find(all, "p50").is == verdict::unclear);
    CHECK(find(all, "p50").words.starts_with("unclear: -"));
    CHECK(find(all, "p50").words.find(" to +") != std::string::npos);
    CHECK(find(of_count(999), "p99").words == "unclear: too few samples");
    CHECK(find(of_count(1'000), "p99").words != "unclear: too few samples");
    CHECK_THROWS_WITH((void)find(all, "p99.9"), "no change of p99.9");
}

TEST_CASE("L7: rounds that differ from one another make the interval as wide as they do") {
    const auto random = core::seeded_random(37);
    const auto run = [&](double first, double second, double third) {
        std::vector<step_result> steps;
        for (const double median : {first, second, third}) {
            steps.push_back(step_of(latencies(*random, 5'000, median)));
            steps.back().round = steps.size();
        }
        measurement m = of(std::move(steps));
        m.plan.rounds = 3;
        return m;
    };
    const auto restless =
        find(changes(run(20'000, 26'000, 21'000), run(26'000, 20'000, 27'000), 0.05), "p50");
    CHECK(restless.high - restless.low > 0.15);
    CHECK(restless.is == verdict::unclear);
    const auto steady = find(changes(run(20'000, 20'000, 20'000), run(26'000, 26'000, 26'000), 0.05), "p50");
    CHECK(steady.high - steady.low < 0.05);
    CHECK(steady.is == verdict::worse);
    CHECK(steady.load == "1,000/s");
}

TEST_CASE("L7: errors are compared by their share, from none as well") {
    const auto random = core::seeded_random(38);
    const measurement before = of({step_of(latencies(*random, 10'000, 20'000))});
    measurement after = before;
    after.steps[0].outcomes = {{"ok", 9'800, ""}, {"timeout", 200, "late"}};
    const auto worse = find(changes(before, after, 0.05), "errors");
    CHECK(worse.is == verdict::worse);
    CHECK(worse.words == "more by 2 % of all");
    CHECK(find(changes(after, before, 0.05), "errors").words == "fewer by 2 % of all");
    after.steps[0].outcomes = {{"ok", 9'995, ""}, {"timeout", 5, "late"}};
    CHECK(find(changes(before, after, 0.05), "errors").is == verdict::same);
}

TEST_CASE("L7: other plans are no pair, and each difference is named") {
    measurement before;
    measurement after;
    CHECK(differences(before, after).empty());
    after.plan.seed = 7;
    after.target.url = "https://elsewhere";
    after.host.name = "other";
    after.plan.rounds = 3;
    CHECK(differences(before, after).empty());
    before.plan.duration_s = 10;
    after.plan.duration_s = 30;
    after.plan.loop = loop_kind::open;
    after.plan.rates = {100, 2'000};
    after.plan.cold = true;
    after.target.auth = "bearer";
    before.plan.timeout_s = 30;
    after.plan.timeout_s = 2.5;
    CHECK(differences(before, after) ==
          std::vector<std::string>{"authentication: bearer, was none",
                                   "loop: open (--rate), was closed (--concurrency)",
                                   "rates: 100 2,000/s, was none/s", "duration: 30 s, was 10 s",
                                   "cold: yes, was no", "--timeout: 2.5 s, was 30 s"});
}

TEST_CASE("L7: a part of a second tells nothing of the rate of answers") {
    const auto random = core::seeded_random(41);
    step_result even = step_of(latencies(*random, 1'000, 20'000));
    for (second_figures& s : even.per_second) s.answered = 2'000;
    step_result with_part = even;
    second_figures part = even.per_second.back();
    part.length_s = 0.3;
    part.answered = 600;
    with_part.per_second.push_back(part);
    for (const figure_change& c : changes(of({with_part}), of({with_part}), 0.05)) {
        if (c.figure != "answered") continue;
        CHECK(c.is == verdict::same);
        CHECK(c.low == 0);
        CHECK(c.high == 0);
    }
}

TEST_CASE("L7: loads that only one has are left out, and none in common is refused") {
    const auto random = core::seeded_random(39);
    step_result one = step_of(latencies(*random, 1'000, 20'000));
    step_result other = one;
    other.asked_per_s = 2'000;
    for (const figure_change& c : changes(of({one}), of({one, other}), 0.05)) CHECK(c.load == "1,000/s");
    CHECK_THROWS_AS((void)changes(of({one}), of({other}), 0.05), unusable);
    CHECK_THROWS_AS((void)changes(of({}), of({}), 0.05), unusable);
}

TEST_CASE("L7: the same documents are compared in the same words") {
    const auto random = core::seeded_random(40);
    const measurement a = of({step_of(latencies(*random, 3'000, 20'000))});
    const measurement b = of({step_of(latencies(*random, 3'000, 21'000))});
    const auto first = changes(a, b, 0.01);
    const auto second = changes(a, b, 0.01);
    REQUIRE(first.size() == second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        CHECK(first[i].words == second[i].words);
        CHECK(first[i].low == second[i].low);
    }
}
