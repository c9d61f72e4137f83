#include "policy/gathering.hpp"

#include <doctest/doctest.h>

using namespace getty::connect;
using namespace getty::connect::policy;
using namespace std::chrono_literals;
using supply = gathering::supply;

namespace {

constexpr core::time_point start{};

gathering_limits limits(std::size_t ids, std::size_t bytes = 1000) {
    return {.max_ids = ids, .max_bytes = bytes, .largest_id_bytes = 67, .max_linger = 5ms};
}

}  // namespace

TEST_CASE(
    "G1: a group leaves when it has as many ids as a request may have, wherever the next would come from") {
    for (const supply next : {supply::at_hand, supply::awaited, supply::over}) {
        for (const bool others : {false, true}) {
            gathering g(limits(3));
            for (int i = 0; i < 3; ++i) {
                CHECK_FALSE(g.full());
                g.add(10, start);
            }
            CHECK(g.full());
            CHECK(g.leaves_at(next, others, start) == start);
        }
    }
}

TEST_CASE("G1: a group is full when the largest id might not fit any more") {
    gathering g(limits(100, 200));
    g.add(67, start);
    g.add(66, start);
    CHECK_FALSE(g.full());  // 133 and 67 make 200
    g.add(1, start);
    CHECK(g.full());
}

TEST_CASE("G1: while ids are at hand a group waits for them, however long it takes") {
    gathering g(limits(3));
    g.add(10, start);
    for (const bool others : {false, true}) {
        CHECK(g.leaves_at(supply::at_hand, others, start + 1h) == core::never);
    }
}

TEST_CASE("G1: at the end of the source a group leaves as it is") {
    gathering g(limits(3));
    g.add(10, start);
    CHECK(g.leaves_at(supply::over, true, start + 1ms) == start + 1ms);
    CHECK(g.leaves_at(supply::over, false, start + 1ms) == start + 1ms);
}

TEST_CASE("G1: ids that have to be waited for hold a group up for max_linger, from its first id on") {
    gathering g(limits(3));
    g.add(10, start);
    g.add(10, start + 4ms);
    CHECK(g.leaves_at(supply::awaited, true, start + 4ms) == start + 5ms);
    CHECK(g.leaves_at(supply::awaited, true, start + 9ms) == start + 5ms);  // that is, at once
}

TEST_CASE("G1: and not at all while nothing else of the batch is under way") {
    gathering g(limits(3));
    g.add(10, start);
    CHECK(g.leaves_at(supply::awaited, false, start + 1ms) == start + 1ms);
}

TEST_CASE("G1: an empty group never leaves") {
    const gathering g(limits(3));
    for (const supply next : {supply::at_hand, supply::awaited, supply::over}) {
        CHECK(g.leaves_at(next, false, start) == core::never);
    }
}
