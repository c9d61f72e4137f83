#include "load/slo.hpp"

#include "load/unusable.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect::load;
using figure = slo_limit::figure;
using relation = slo_limit::relation;

namespace {

std::string complaint(std::string_view text) {
    try {
        (void)read_slo(text);
    } catch (const unusable& why) {
        return why.what();
    }
    return "none";
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

step_result step() {
    step_result s;
    s.due = 2'000;
    s.dropped = 20;
    s.answered_per_s = 1'980;
    s.outcomes = {{"ok", 1'900, ""}, {"not_found", 70, ""}, {"timeout", 10, "late"}};
    s.latency_due_us.count = 1'980;
    s.latency_due_us.p50 = 10'000;
    s.latency_due_us.p90 = 20'000;
    s.latency_due_us.p99 = 50'000;
    s.latency_due_us.max = 2'000'000;
    s.latency_due_us.mean = 12'500;
    return s;
}

bool held(std::string_view limit, const step_result& s) {
    const auto verdicts = judge(read_slo(limit), {s});
    REQUIRE(verdicts.size() == 1);
    return verdicts[0].held;
}

}  // namespace

TEST_CASE("L6: limits are read with their figures, relations and units") {
    const auto limits = read_slo("p99<50ms, errors<=0.1%,p99.99<1.5s,p50<800us,rate>=2000/s,rate> 1 /s");
    REQUIRE(limits.size() == 6);
    const struct {
        figure of;
        relation is;
        double limit;
    } expected[] = {{figure::p99, relation::below, 50e3},      {figure::errors, relation::at_most, 0.001},
                    {figure::p99_99, relation::below, 1.5e6},  {figure::p50, relation::below, 800},
                    {figure::rate, relation::at_least, 2'000}, {figure::rate, relation::above, 1}};
    for (std::size_t i = 0; i < limits.size(); ++i) {
        CAPTURE(limits[i].text);
        CHECK(limits[i].of == expected[i].of);
        CHECK(limits[i].is == expected[i].is);
        CHECK(limits[i].limit == doctest::Approx(expected[i].limit));
    }
    CHECK(limits[1].text == "errors<=0.1%");
}

TEST_CASE("L6: what is no limit is refused by what it lacks") {
    CHECK(has(complaint(""), "a limit is empty"));
    CHECK(has(complaint("p99<50ms,"), "a limit is empty"));
    CHECK(has(complaint("p99"), "\"p99\" has no < or >"));
    CHECK(has(complaint("p99=50ms"), "has no < or >"));
    CHECK(has(complaint("p99<50"), "has no unit; write p99<50ms"));
    CHECK(has(complaint("p99<50mz"), "needs a number and its unit for p99, as in p99<50ms"));
    CHECK(has(complaint("p99<ms"), "needs a number"));
    CHECK(has(complaint("p99<-5ms"), "needs a number"));
    CHECK(has(complaint("p99<1.2.3ms"), "needs a number"));
    CHECK(has(complaint("p99<" + std::string(400, '9') + "ms"), "needs a number"));
    CHECK(has(complaint("errors<5ms"), "as in errors<0.1%"));
    CHECK(has(complaint("error<5%"), "Did you mean errors?"));
    CHECK(has(complaint("p95<5ms"),
              "there are p50, p90, p99, p99.9, p99.99, max, mean, errors, dropped, rate"));
    CHECK(has(complaint("p99>50ms"), "write < for what must stay low"));
    CHECK(has(complaint("rate<50/s"), "write rate>2000/s"));
    CHECK(has(complaint("<50ms"), "is on \"\""));
    CHECK_FALSE(has(complaint("p9\x1b[2J<5ms"), "\x1b"));
}

TEST_CASE("L6: each figure is judged on both sides of its limit") {
    const step_result s = step();
    CHECK(held("p99<=50ms", s));
    CHECK_FALSE(held("p99<50ms", s));
    CHECK(held("p99<51ms", s));
    CHECK(held("p50<11ms", s));
    CHECK_FALSE(held("p50<9ms", s));
    CHECK(held("p90<21ms", s));
    CHECK_FALSE(held("p90<19ms", s));
    CHECK(held("max<3s", s));
    CHECK_FALSE(held("max<1s", s));
    CHECK(held("mean<13ms", s));
    CHECK_FALSE(held("mean<12ms", s));
    CHECK(held("errors<0.51%", s));  // 10 of 1,980; ids without an image are no errors
    CHECK_FALSE(held("errors<0.5%", s));
    CHECK(held("dropped<=1%", s));
    CHECK_FALSE(held("dropped<1%", s));
    CHECK(held("rate>=1980/s", s));
    CHECK_FALSE(held("rate>1980/s", s));
}

TEST_CASE("L6: what there are too few samples for is not held, and said to be that") {
    const auto verdicts = judge(read_slo("p99.9<50s"), {step()});
    REQUIRE(verdicts.size() == 1);
    CHECK_FALSE(verdicts[0].held);
    CHECK(verdicts[0].measured == "too few samples to say");
    for (const char* limit : {"max<9s", "mean<9s", "errors<100%", "dropped<100%", "p50<9s"}) {
        CAPTURE(limit);
        CHECK_FALSE(held(limit, step_result()));
    }
}

TEST_CASE("L6: a quantile is judged from the count on that leaves ten beyond it") {
    const auto judged = [](const char* limit, std::uint64_t count) {
        step_result s = step();
        s.latency_due_us.count = count;
        return held(limit, s);
    };
    CHECK_FALSE(judged("p50<9s", 19));
    CHECK(judged("p50<9s", 20));
    CHECK_FALSE(judged("p90<9s", 99));
    CHECK(judged("p90<9s", 100));
    CHECK_FALSE(judged("p99<9s", 999));
    CHECK(judged("p99<9s", 1'000));
}

TEST_CASE("L6: a limit that can never be held, or never be broken, is none") {
    for (const char* limit : {"p99<0ms", "errors<0%", "mean<0us", "errors<101%", "dropped<200%"}) {
        CAPTURE(limit);
        CHECK_THROWS_AS((void)read_slo(limit), unusable);
    }
    CHECK(read_slo("errors<=0%,errors<100%,dropped<=100%").size() == 3);
}

TEST_CASE("L6: every step is judged, and each verdict has what was measured") {
    step_result slow = step();
    slow.latency_due_us.p99 = 75'000;
    const auto verdicts = judge(read_slo("p99<60ms,errors<1%"), {step(), slow});
    REQUIRE(verdicts.size() == 4);
    CHECK(verdicts[0].held);
    CHECK(verdicts[0].measured == "50 ms");
    CHECK(verdicts[1].measured == "0.505 %");
    CHECK_FALSE(verdicts[2].held);
    CHECK(verdicts[2].step == 1);
    CHECK(verdicts[2].limit == "p99<60ms");
    CHECK(verdicts[2].measured == "75 ms");
}
