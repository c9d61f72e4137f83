#include "load/summary.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace getty::connect::load;

namespace {

/// Open steps with these p99s, all of which keep up.
measurement steps(const std::vector<double>& p99s) {
    measurement m;
    m.plan.loop = loop_kind::open;
    for (const double p99 : p99s) {
        step_result s;
        s.asked_per_s = 100;
        s.due_per_s = 100;
        s.answered_per_s = 100;
        s.latency_due_us.p99 = p99;
        m.steps.push_back(s);
    }
    return m;
}

}  // namespace

TEST_CASE("L9: the knee is the last step before p99 is more than twice the first's") {
    CHECK(knee(steps({10, 12, 20, 21, 90})) == 2);
    CHECK(knee(steps({10, 21})) == 0);
    CHECK_FALSE(knee(steps({10, 20, 20})));
    CHECK_FALSE(knee(steps({10})));
    CHECK_FALSE(knee(steps({})));
}

TEST_CASE("L9: a step that drops, or that does not keep up with what falls due, is beyond the knee") {
    measurement m = steps({10, 10, 10});
    m.steps[2].dropped = 1;
    CHECK(knee(m) == 1);
    m = steps({10, 10, 10});
    m.steps[1].answered_per_s = 95;
    CHECK_FALSE(knee(m));
    m.steps[1].answered_per_s = 94.9;
    CHECK(knee(m) == 0);
    m.plan.loop = loop_kind::closed;
    CHECK_FALSE(knee(m));
    m = steps({10, 10});
    m.steps[1].latency_due_us.p99.reset();
    CHECK(knee(m) == 0);
    m.steps[0].latency_due_us.p99.reset();
    CHECK_FALSE(knee(m));
    // All are beyond: there is no load that is not.
    m = steps({10, 10});
    m.steps[0].dropped = 1;
    CHECK_FALSE(knee(m));
}

TEST_CASE("L9: answers that come behind a step, for lack of a warm-up, make no knee") {
    measurement m = steps({10, 10, 10});
    m.steps[1].answered_per_s = m.steps[2].answered_per_s = 70;
    CHECK(knee(m) == 0);
    for (step_result& s : m.steps) {
        s.counted_s = 1;
        s.latency_send_us.p50 = 300'000;
    }
    CHECK_FALSE(knee(m));
    m.plan.warm_up_s = 1;
    CHECK(knee(m) == 0);
}

TEST_CASE("L9: the knee is looked for in the first round") {
    measurement m = steps({10, 50, 10, 10});
    m.steps[1].round = 2;
    CHECK_FALSE(knee(m));
    CHECK(first_round(m).size() == 3);
}

TEST_CASE("L9: limits in words, for none, one and several") {
    measurement m;
    CHECK(limits_words(m) == "");
    CHECK(all_held(m));
    m.slo.push_back({"a", 0, true, ""});
    CHECK(limits_words(m) == "The limit was held");
    m.slo[0].held = false;
    CHECK(limits_words(m) == "The limit was broken");
    CHECK_FALSE(all_held(m));
    m.slo.push_back({"b", 0, true, ""});
    CHECK(limits_words(m) == "1 of 2 limits was broken");
    m.slo.push_back({"c", 0, false, ""});
    CHECK(limits_words(m) == "2 of 3 limits were broken");
    m.slo.resize(2);
    m.slo[0].held = true;
    CHECK(limits_words(m) == "All 2 limits were held");
}

TEST_CASE("L9: a command is shown as a shell takes it") {
    CHECK(command_words({"getty-connect", "bench", "--slo", "p99<50ms", "a b", "it's", "", "$HOME"}) ==
          "getty-connect bench --slo 'p99<50ms' 'a b' 'it'\\''s' '' '$HOME'");
    CHECK(command_words({"a\x1b[2Jb"}) == "'a?[2Jb'");
    CHECK(command_words({}) == "");
}

TEST_CASE("L9: rows hold every sample once, at or above where it was, from the shortest to the longest") {
    std::vector<bucket> histogram;
    std::uint64_t total = 0;
    for (int i = 1; i <= 5'000; ++i) {
        histogram.push_back({10.0 * i, static_cast<std::uint64_t>(i % 7 + 1)});
        total += histogram.back().count;
    }
    const auto rows = rows_of(histogram, 12);
    REQUIRE(rows.size() == 12);
    CHECK(rows.back().up_to_us == 50'000);
    std::uint64_t sum = 0;
    std::uint64_t below = 0;
    std::size_t at = 0;
    for (const histogram_row& row : rows) {
        for (; at < histogram.size() && histogram[at].up_to_us <= row.up_to_us; ++at)
            below += histogram[at].count;
        sum += row.count;
        CHECK(sum == below);
    }
    CHECK(sum == total);
    CHECK(rows[1].up_to_us / rows[0].up_to_us == doctest::Approx(rows[11].up_to_us / rows[10].up_to_us));

    CHECK(rows_of({}, 12).empty());
    CHECK(rows_of(histogram, 0).empty());
    // Rows that would be told alike are one.
    const auto one = rows_of({{0, 5}}, 3);
    REQUIRE(one.size() == 1);
    CHECK(one[0].count == 5);
    const auto narrow = rows_of({{10'000, 5}, {10'250, 7}}, 12);
    REQUIRE(narrow.size() == 3);
    CHECK(narrow.back().count == 7);
}

TEST_CASE("L9: a warning of several steps is told once, with the figures of the last and the names of all") {
    measurement m;
    for (const double rate : {100.0, 200.0, 400.0}) {
        step_result s;
        s.asked_per_s = rate;
        m.steps.push_back(s);
    }
    m.plan.rounds = 1;
    m.warnings = {{"same_machine", {}, "here"},
                  {"dropped", 0, "a few"},
                  {"client_late", 1, "late"},
                  {"dropped", 1, "some"},
                  {"dropped", 2, "many"}};
    const auto told = told_warnings(m);
    REQUIRE(told.size() == 3);
    CHECK(told[0].where == "");
    CHECK(told[0].text == "here");
    CHECK(told[1].where == "400/s (likewise 100/s, 200/s)");
    CHECK(told[1].text == "many");
    CHECK(told[2].where == "200/s");
    m.steps.resize(1);
    m.warnings = {{"dropped", 0, "a few"}};
    CHECK(told_warnings(m).front().where == "");
}

TEST_CASE("L9: a warning of very many steps counts them") {
    measurement m;
    m.plan.rounds = 1;
    for (std::uint64_t i = 0; i < 20; ++i) {
        step_result s;
        s.asked_per_s = 100.0 * static_cast<double>(i + 1);
        m.steps.push_back(s);
        m.warnings.push_back({"dropped", i, "so many"});
    }
    REQUIRE(told_warnings(m).size() == 1);
    CHECK(told_warnings(m).front().where == "2,000/s (likewise 19 others)");
}
