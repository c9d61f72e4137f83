#include "policy/pause_state.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace getty::connect;
using namespace std::chrono_literals;
using policy::pause_state;

namespace {

constexpr core::time_point start{};

void answer(pause_state& s, int count, core::time_point sent) {
    for (int i = 0; i < count; ++i) s.answered_well(sent);
}

}  // namespace

TEST_CASE("B10: a named wait is the pause, to the nanosecond") {
    pause_state s(15min);
    const auto v = s.throttled(start, 7s, start + 1s, 0.3);
    CHECK(v.begins);
    CHECK(!v.own);
    CHECK(!v.beyond);
    CHECK(v.until == start + 8s);
}

TEST_CASE(
    "B10: answers to requests that had left before the pause belong to it, and can only make it longer") {
    pause_state s(15min);
    (void)s.throttled(start, 7s, start + 1s, 0);
    const auto shorter = s.throttled(start + 500ms, 2s, start + 2s, 0);
    CHECK(!shorter.begins);
    CHECK(!shorter.own);
    CHECK(shorter.until == start + 8s);
    const auto longer = s.throttled(start + 1s, 10s, start + 2s, 0);
    CHECK(!longer.begins);
    CHECK(longer.until == start + 12s);
    CHECK(s.throttled(start, std::nullopt, start + 3s, 0.5).until == start + 12s);
}

TEST_CASE("B10: without a named wait, pauses in a row are a half to all of 200 ms, 400 ms, ... 30 s") {
    for (const double random : {0.0, 0.5, 0.999}) {
        pause_state s(24h);
        core::time_point now = start;
        core::duration ceiling = 200ms;
        for (int i = 0; i < 12; ++i) {
            now += 1s;
            const auto v = s.throttled(now, std::nullopt, now, random);
            REQUIRE(v.begins);
            const auto wait = v.until - now;
            CHECK(wait >= ceiling / 2);
            CHECK(wait <= ceiling);
            now = v.until;
            ceiling = std::min<core::duration>(2 * ceiling, 30s);
        }
        now += 1s;
        s.answered_well(now);
        CHECK(s.throttled(now, std::nullopt, now, random).until <= now + 200ms);
    }
}

TEST_CASE("B10: \"Retry-After: 0\" is no wait, but not twice in a row") {
    pause_state s(15min);
    CHECK(s.throttled(start, 0s, start, 0.5).until == start);
    CHECK(s.throttled(start + 1s, 0s, start + 1s, 0.5).until > start + 1s);
}

TEST_CASE(
    "B10: whoever is refused while others are answered well fails by itself, but for what all met at once") {
    pause_state s(15min);
    answer(s, 3, start);
    CHECK(!s.throttled(start + 1s, 1s, start + 1s, 0).own);  // too few to tell
    answer(s, 20, start + 3s);
    CHECK(s.throttled(start + 4s, 1s, start + 4s, 0).own);
    CHECK(!s.throttled(start + 6s, 1s, start + 6s, 0).own);  // nobody was answered well since the pause
    answer(s, 1, start + 4s);                                // had left before that pause
    CHECK(!s.throttled(start + 8s, 1s, start + 8s, 0).own);
    answer(s, 20, start + 10s);
    CHECK(s.throttled(start + 11s, 1s, start + 11s, 0).own);
}

TEST_CASE("B10: one in five refused is its own failure, one in four is everybody's") {
    for (const int well : {3, 4}) {
        pause_state s(15min);
        core::time_point now = start;
        bool own = false;
        for (int i = 0; i < 10; ++i) {
            now += 10s;
            answer(s, well, now);
            now += 1s;
            own = s.throttled(now, 1s, now, 0).own;
        }
        CHECK(own == (well == 4));
    }
}

TEST_CASE("B10: a pause, and pauses in a row, are no longer than allowed") {
    pause_state s(60s);
    const auto day = s.throttled(start, 24h, start, 0);
    CHECK(day.beyond);
    CHECK(day.until == start + 60s);
    pause_state row(60s);
    core::time_point now = start;
    for (int i = 0; i < 6; ++i) {
        now += 11s;
        CHECK(!row.throttled(now, 10s, now, 0).beyond);
    }
    now += 11s;
    CHECK(row.throttled(now, 10s, now, 0).beyond);
    pause_state broken(60s);
    now = start;
    for (int i = 0; i < 50; ++i) {
        now += 11s;
        CHECK(!broken.throttled(now, 10s, now, 0).beyond);
        broken.answered_well(now += 11s);
    }
    pause_state longer(60s);
    CHECK(!longer.throttled(start, 30s, start, 0).beyond);
    CHECK(longer.throttled(start, 70s, start + 1s, 0).beyond);
}

TEST_CASE("B10: the way back takes the longer, the more answers asked for fewer requests") {
    const auto step = [](int well) {
        pause_state s(15min);
        answer(s, well, start);
        return s.throttled(start + 1s, 1s, start + 1s, 0).ramp_step;
    };
    CHECK(step(0) == 1s);
    CHECK(step(1) == 1s);
    CHECK(step(39) == 100ms);
    CHECK(step(1'000) == 50ms);
}

TEST_CASE("B10: that somebody else was first to leave after a pause is noticed") {
    pause_state s(15min);
    (void)s.throttled(start, 1s, start + 1s, 0);
    const auto before = s.later_answers();
    s.answered_well(start + 1s);
    CHECK(s.later_answers() == before);
    s.answered_well(start + 2s);
    CHECK(s.later_answers() != before);
    const auto then = s.later_answers();
    (void)s.throttled(start + 3s, 1s, start + 3s, 0);
    CHECK(s.later_answers() != then);
}
