#include "policy/nonce_state.hpp"

#include <doctest/doctest.h>

#include <cstddef>

using getty::connect::policy::nonce_state;
using verdict = nonce_state::verdict;
using answer = nonce_state::answer;

namespace {
nonce_state known(std::uint32_t max_count = 0xFFFFFFFF) {
    nonce_state s(nonce_state::order::any, max_count);
    REQUIRE(s.acquire() == verdict::probe);
    REQUIRE(s.challenged(0, false) == answer::adopt);
    return s;
}
}  // namespace

TEST_CASE("nonce: one request fetches the challenge while all others wait") {
    nonce_state s;
    CHECK(s.acquire() == verdict::probe);
    for (int i = 0; i < 100; ++i) CHECK(s.acquire() == verdict::wait);
    CHECK(s.generation() == 0);
    CHECK(s.challenged(0, false) == answer::adopt);
    CHECK(s.generation() == 1);
    CHECK(s.acquire() == verdict::use);
}

TEST_CASE("nonce: a failed probe is followed by another one") {
    nonce_state s;
    CHECK(s.acquire() == verdict::probe);
    s.probe_failed();
    CHECK(s.acquire() == verdict::probe);
    CHECK(s.acquire() == verdict::wait);
}

TEST_CASE("nonce: a service that does not challenge gets plain requests until it does") {
    nonce_state s;
    CHECK(s.acquire() == verdict::probe);
    s.probe_answered_without_challenge();
    CHECK(s.acquire() == verdict::send_plain);
    CHECK(s.acquire() == verdict::send_plain);
    CHECK(s.next_count() == 0);
    CHECK(s.challenged(0, false) == answer::adopt);
    CHECK(s.acquire() == verdict::use);
    // the second plain request was challenged as well, later
    CHECK(s.challenged(0, false) == answer::retry_with_current);
    CHECK(s.generation() == 1);
}

TEST_CASE("D4: counts of a nonce run from 1 without gaps, and begin again with the next nonce") {
    nonce_state s = known();
    for (std::uint32_t i = 1; i <= 1000; ++i) CHECK(s.next_count() == i);
    CHECK(s.challenged(1, true) == answer::adopt);
    CHECK(s.next_count() == 1);
    s.adopted_next_nonce();
    CHECK(s.next_count() == 1);
    CHECK(s.next_count() == 2);
}

TEST_CASE("D4: when the counts of a nonce are used up, a new challenge is fetched") {
    nonce_state s = known(3);
    for (std::uint32_t i = 1; i <= 3; ++i) {
        CHECK(s.acquire() == verdict::use);
        CHECK(s.next_count() == i);
    }
    CHECK(s.acquire() == verdict::use);
    CHECK(s.acquire() == verdict::use);
    CHECK(s.next_count() == 0);
    CHECK(s.next_count() == 0);  // whoever was told to use it meanwhile asks again, too
    CHECK(s.acquire() == verdict::probe);
    CHECK(s.acquire() == verdict::wait);
    CHECK(s.next_count() == 0);
    CHECK(s.challenged(0, false) == answer::adopt);
    CHECK(s.next_count() == 1);
}

TEST_CASE("D5: a stale nonce is replaced once, however many requests it had") {
    nonce_state s = known();
    CHECK(s.challenged(1, true) == answer::adopt);
    for (int i = 0; i < 63; ++i) CHECK(s.challenged(1, true) == answer::retry_with_current);
    CHECK(s.generation() == 2);
    CHECK(s.challenged(2, true) == answer::adopt);
    CHECK(s.generation() == 3);
}

TEST_CASE("D5: a 401 that does not call the nonce stale means that the credentials are wrong") {
    nonce_state s = known();
    CHECK(s.challenged(1, false) == answer::refused);
    CHECK(s.generation() == 2);  // its nonce serves the retry with other credentials
    for (int i = 0; i < 63; ++i) CHECK(s.challenged(1, false) == answer::refused);
    CHECK(s.generation() == 2);
    CHECK(s.challenged(1, true) == answer::retry_with_current);
    CHECK(s.acquire() == verdict::use);
    CHECK(s.challenged(2, false) == answer::refused);
    CHECK(s.generation() == 3);
}

TEST_CASE("D5: a refusal of a nonce replaced long ago is no judgement on the credentials") {
    nonce_state s = known();
    s.adopted_next_nonce();
    s.adopted_next_nonce();
    CHECK(s.challenged(1, false) == answer::retry_with_current);
    CHECK(s.challenged(2, true) == answer::retry_with_current);
    CHECK(s.generation() == 3);
}

TEST_CASE("D6: the next nonce is adopted without a round trip") {
    nonce_state s = known();
    s.adopted_next_nonce();
    CHECK(s.generation() == 2);
    CHECK(s.acquire() == verdict::use);
    CHECK(s.challenged(1, true) == answer::retry_with_current);
}

TEST_CASE("nonce: a challenge that arrives during a probe ends the wait, and the probe's own is then old") {
    // used up, so that a probe runs while an older request is still under way
    nonce_state s = known(1);
    CHECK(s.next_count() == 1);
    CHECK(s.next_count() == 0);
    CHECK(s.acquire() == verdict::probe);
    CHECK(s.challenged(1, true) == answer::adopt);
    CHECK(s.acquire() == verdict::use);
    SUBCASE("challenged") { CHECK(s.challenged(0, false) == answer::retry_with_current); }
    SUBCASE("failed") { s.probe_failed(); }
    SUBCASE("not challenged") { s.probe_answered_without_challenge(); }
    CHECK(s.acquire() == verdict::use);
    CHECK(s.generation() == 2);
}

TEST_CASE("D7: in strict order one request at a time may be signed, whatever comes of it") {
    nonce_state s(nonce_state::order::strict);
    REQUIRE(s.acquire() == verdict::probe);
    CHECK(s.acquire() == verdict::wait);
    REQUIRE(s.challenged(0, false) == answer::adopt);
    CHECK(s.acquire() == verdict::use);
    CHECK(s.acquire() == verdict::wait);
    CHECK(s.next_count() == 1);
    CHECK(s.challenged(1, true) == answer::adopt);
    CHECK(s.acquire() == verdict::wait);  // the turn ends with the request, not with its nonce
    s.end_turn();
    CHECK(s.acquire() == verdict::use);
    CHECK(s.next_count() == 1);
    s.end_turn();
    CHECK(s.acquire() == verdict::use);
    CHECK(s.next_count() == 2);
    CHECK(s.takes_turns());
    CHECK_FALSE(nonce_state().takes_turns());
}

TEST_CASE("D7: in any order any number of requests may be signed") {
    nonce_state s = known();
    for (std::uint32_t i = 1; i <= 100; ++i) {
        CHECK(s.acquire() == verdict::use);
        CHECK(s.next_count() == i);
    }
}

TEST_CASE("D7: in strict order a service that does not challenge is served without turns") {
    nonce_state s(nonce_state::order::strict);
    REQUIRE(s.acquire() == verdict::probe);
    s.probe_answered_without_challenge();
    CHECK(s.acquire() == verdict::send_plain);
    CHECK(s.acquire() == verdict::send_plain);
}

TEST_CASE("S8: a nonce that a parent process goes on with is forgotten, and the next request is a probe") {
    nonce_state s = known();
    CHECK(s.next_count() == 1);
    s.forget();
    CHECK(s.next_count() == 0);
    CHECK(s.acquire() == verdict::probe);
    s.forget();  // the probe under way is this process's own
    CHECK(s.acquire() == verdict::wait);
    // An answer to a request that the parent's nonce had signed.
    CHECK(s.challenged(1, true) == answer::adopt);
    CHECK(s.acquire() == verdict::use);
    CHECK(s.next_count() == 1);
    nonce_state unused;
    unused.forget();
    CHECK(unused.acquire() == verdict::probe);
}
