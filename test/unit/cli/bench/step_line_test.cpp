#include "cli/bench/step_line.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace getty::connect;
using namespace getty::connect::cli;
using namespace std::chrono_literals;

namespace {

step_plan at_a_rate() {
    step_plan plan;
    plan.per_second = 400;
    return plan;
}

step_progress counting() {
    step_progress now;
    now.now = step_progress::part::counting;
    now.gone = 12'400ms;
    now.whole = 37s;
    now.sent = 401;
    now.answered = 1'398;
    now.failed = 2;
    now.in_flight = 3;
    now.p50 = 267us;
    now.p99 = 6'310us;
    return now;
}

}  // namespace

TEST_CASE("bench: the line of a step has where it is, what is answered and how fast, and fits the terminal") {
    CHECK(step_line(at_a_rate(), {1, 3}, counting(), 200) ==
          "step 2 of 3: 400/s  counting 12 of 37 s  1,398/s answered  p50 267 us  p99 6.31 ms  2 failed  "
          "3 in flight  401/s sent");
    CHECK(step_line(at_a_rate(), {}, counting(), 80) ==
          "400/s  counting 12 of 37 s  1,398/s answered  p50 267 us  p99 6.31 ms  2 failed");
    CHECK(step_line(at_a_rate(), {}, counting(), 79) ==
          "400/s  counting 12 of 37 s  1,398/s answered  p50 267 us  p99 6.31 ms");
    for (std::size_t columns = 1; columns < 200; ++columns) {
        CHECK(step_line(at_a_rate(), {1, 3}, counting(), columns).size() < columns);
    }
}

TEST_CASE(
    "bench: before the warm-up and behind the cool-down the line has no time, without samples no latency") {
    step_plan closed;
    closed.max_in_flight = 1'024;
    CHECK(step_line(closed, {}, {}, 80) == "1,024 at a time  opening connections");
    step_progress now;
    now.now = step_progress::part::waiting;
    now.in_flight = 7;
    CHECK(step_line(closed, {}, now, 90) ==
          "1,024 at a time  waiting for answers  0/s answered  0 failed  7 in flight  0/s sent");
}
