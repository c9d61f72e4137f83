// How fast requests leave.
#include "support/script.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace getty::connect;
using namespace getty::connect::test;

TEST_CASE("rate: a burst leaves at once, the rest one by one at the exact pace") {
    client_world w(client_options().rate(10, 3));
    w.get_settled("warm");  // two requests: the token and this
    w.advance(10s);
    const core::time_point start = w.scheduler->now();
    script s(w, {});
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 20; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    CHECK(s.times.size() == 3);
    w.advance(10s);
    REQUIRE(s.times.size() == 20);
    for (std::size_t i = 0; i < 20; ++i) {
        const core::duration due = i < 3 ? core::duration(0) : core::duration((i - 2) * 100ms);
        CHECK(s.times[i] - start == due);
    }
    for (const auto& p : all) CHECK(p->done->has_value());
}

TEST_CASE("rate: tries after the first wait for their turn as well") {
    client_world w(client_options().rate(10, 1).backoff(0ms, 0ms));
    w.get_settled("warm");
    w.advance(10s);
    script s(w, {refusal(503), refusal(503)});
    w.get("1");
    w.advance(1s);
    REQUIRE(s.times.size() == 3);
    CHECK(s.times[1] - s.times[0] == 100ms);
    CHECK(s.times[2] - s.times[1] == 100ms);
}

TEST_CASE("rate: a lookup whose turn does not come before its deadline fails then, and sends nothing") {
    client_world w(client_options().rate(1, 1).timeout(2500ms));
    w.get_settled("warm");
    w.advance(10s);
    const std::size_t before = w.image_requests;
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 5; ++i) all.push_back(w.get(std::to_string(i)));
    w.advance(2499ms);
    CHECK(w.image_requests - before == 3);  // at 0, 1 and 2 s
    CHECK_FALSE(all[4]->done);
    w.advance(1ms);
    for (std::size_t i = 0; i < 3; ++i) CHECK(all[i]->done->has_value());
    for (std::size_t i = 3; i < 5; ++i) {
        REQUIRE(all[i]->done);
        REQUIRE_FALSE(all[i]->done->has_value());
        CHECK(all[i]->done->error().value() == errc::deadline_exceeded);
        CHECK(all[i]->done->error().stage() == stage::queue);
        CHECK(all[i]->done->error().attempts() == 0);
        CHECK(all[i]->done->error().processed() == processed::no);
    }
    w.advance(10s);
    CHECK(w.image_requests - before == 3);
}

TEST_CASE(
    "rate: a lookup that is cancelled while it waits for its turn sends nothing and gives the turn back") {
    client_world w(client_options().rate(1, 1));
    w.get_settled("warm");
    w.advance(10s);
    script s(w, {});
    const core::time_point start = w.scheduler->now();
    w.get("1");
    const auto second = w.get("2");
    w.settle();
    second->scope.cancel();
    w.settle();
    REQUIRE(second->done);
    CHECK(second->done->error().value() == errc::canceled);
    w.get("3");
    w.advance(5s);
    REQUIRE(s.times.size() == 2);
    CHECK(s.times[1] - start == 1s);
}

TEST_CASE("B4: a 429 pauses all lookups, queued ones too, and the pace comes back step by step") {
    client_world w(client_options().rate(10, 1).timeout(1min));
    w.get_settled("warm");
    w.advance(10s);
    const core::time_point start = w.scheduler->now();
    script s(w, {refusal(429, "Retry-After: 5\r\n")});
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 30; ++i) all.push_back(w.get(std::to_string(i)));
    w.advance(4999ms);
    CHECK(s.times.size() == 1);
    w.advance(1ms);
    CHECK(s.times.size() == 2);
    w.advance(20s);
    REQUIRE(s.times.size() == 31);
    for (const auto& p : all) CHECK(p->done->has_value());
    const auto within = [&](core::duration from, core::duration to) {
        return std::count_if(s.times.begin(), s.times.end(),
                             [&](core::time_point t) { return t - start >= from && t - start < to; });
    };
    // A quarter of ten a second, then half, then all.
    CHECK(within(5s, 6s) <= 3);
    CHECK(within(5s, 6s) >= 2);
    CHECK(within(6s, 7s) <= 6);
    CHECK(within(6s, 7s) >= 4);
    CHECK(within(7s, 8s) >= 9);
    CHECK(within(7s, 8s) <= 11);
    CHECK(w.core->stats().retries == 1);
}

TEST_CASE("B4: a 429 without Retry-After pauses for the backoff, and one more 429 prolongs the pause") {
    client_world w(client_options().rate(1000, 1).timeout(1min).backoff(100ms, 100ms));
    w.get_settled("warm");
    w.advance(10s);
    const core::time_point start = w.scheduler->now();
    script s(w, {refusal(429, "Retry-After: 2\r\n"), refusal(429, "Retry-After: 3\r\n")});
    for (int i = 0; i < 3; ++i) w.get(std::to_string(i));
    w.advance(10s);
    REQUIRE(s.times.size() == 5);
    CHECK(s.times[0] - start == 0s);
    CHECK(s.times[1] - start >= 2s);
    CHECK(s.times[1] - start < 2010ms);
    CHECK(s.times[2] - start >= 5s);
}

TEST_CASE("B4: without a rate, a 429 pauses lookups that wait and new ones, and they resume on a ramp") {
    client_world w(client_options().backoff(0ms, 0ms).timeout(60s));
    w.get_settled("warm");
    w.advance(10s);
    script s(w, {});
    // The refused one is the 40th lookup within a second.
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 39; ++i) w.get_settled(std::to_string(i));
    s.answers = {refusal(429, "Retry-After: 5\r\n")};
    all.push_back(w.get_settled("refused"));
    const core::time_point resumed = w.scheduler->now() + 5s;
    s.times.clear();
    for (int i = 0; i < 100; ++i) all.push_back(w.get("p" + std::to_string(i)));
    w.advance(4999ms);
    CHECK(s.times.empty());
    w.advance(20s);
    const auto until = [&](core::duration end) {
        return std::count_if(s.times.begin(), s.times.end(), [&](auto t) { return t - resumed < end; });
    };
    // 39 were answered well in the second before, and one of 41 answers asked for fewer: steps of about 100
    // ms with a quarter of 39 in a second, twice as many, and so on, until the 140 asked for are reached.
    CHECK(until(99ms) == 1);
    CHECK(until(200ms) <= 4);
    CHECK(until(300ms) <= 8);
    CHECK(until(400ms) >= 12);
    CHECK(until(500ms) >= 101);
    for (const auto& p : all) CHECK(p->done->has_value());
}
