#include "policy/answer_doubt.hpp"

#include <doctest/doctest.h>

using namespace getty::connect;
using namespace std::chrono_literals;
using getty::connect::policy::answer_doubt;

TEST_CASE("P22: another's image is in doubt, however long it took") {
    answer_doubt d;
    CHECK(d.suspects(errc::wrong_image, 200, 10s));
    d.answered_well(1ms, true);
    CHECK(d.suspects(errc::wrong_image, 200, 10s));
}

TEST_CASE("P22: an error is in doubt when it came in less than half of the shortest time of a good answer") {
    answer_doubt d;
    d.answered_well(10ms, true);
    d.answered_well(8ms, true);
    d.answered_well(100ms, true);
    for (const int status : {400, 401, 404, 429, 500, 503, 599}) {
        CAPTURE(status);
        CHECK(d.suspects(errc::not_found, status, 4ms - 1ns));
        CHECK_FALSE(d.suspects(errc::not_found, status, 4ms));
    }
    CHECK(d.suspects(errc::malformed_body, 200, 1ms));
    CHECK_FALSE(d.suspects(errc::malformed_body, 200, 4ms));
    CHECK_FALSE(d.suspects(errc::unexpected_status, 302, 1ms));
    CHECK_FALSE(d.suspects(errc::peer_closed, 0, 1ms));
}

TEST_CASE("P22: nothing is too soon before anything was answered well") {
    const answer_doubt d;
    CHECK_FALSE(d.suspects(errc::not_found, 404, 0ns));
    CHECK_FALSE(d.suspects(errc::malformed_body, 200, 0ns));
}

TEST_CASE("P22: a missing name says something once an answer has had one") {
    answer_doubt d;
    d.answered_well(1ms, false);
    CHECK_FALSE(d.expects_a_name());
    d.answered_well(1ms, true);
    d.answered_well(1ms, false);
    CHECK(d.expects_a_name());
}
