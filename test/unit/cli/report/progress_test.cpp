#include "cli/report/progress.hpp"

#include <doctest/doctest.h>

using namespace getty::connect::cli;
using seconds = std::chrono::duration<double>;

TEST_CASE("progress: the rate is that of the last seconds, not of the whole run") {
    rate_meter meter;
    CHECK(meter.per_second() == 0);
    meter.sample(seconds(0), 0);
    CHECK(meter.per_second() == 0);
    // 100/s for a minute, then 10/s for six seconds.
    std::uint64_t done = 0;
    for (int tick = 1; tick <= 300; ++tick) meter.sample(seconds(tick * 0.2), done += 20);
    CHECK(meter.per_second() == doctest::Approx(100));
    for (int tick = 301; tick <= 330; ++tick) meter.sample(seconds(tick * 0.2), done += 2);
    CHECK(meter.per_second() == doctest::Approx(10));
}

TEST_CASE("progress: samples at the same moment make no rate") {
    rate_meter meter;
    meter.sample(seconds(1), 5);
    meter.sample(seconds(1), 50);
    CHECK(meter.per_second() == 0);
}

TEST_CASE("progress: the line tells done, failed, in flight, rate, time and share") {
    progress_state now;
    now.done = 12'345;
    now.failed = 17;
    now.in_flight = 64;
    now.per_second = 1'233.6;
    now.elapsed = std::chrono::seconds(72);
    CHECK(progress_line(now) == "12,345 done  17 failed  64 in flight  1,234/s  1:12");
    now.elapsed = std::chrono::seconds(3'605);
    now.percent_read = 43;
    CHECK(progress_line(now) == "12,345 done  17 failed  64 in flight  1,234/s  1:00:05  43 % read");
    now.waits_for = "paused until 14:05, asked for by the service";
    CHECK(progress_line(now) ==
          "paused until 14:05, asked for by the service  12,345 done  17 failed  64 in flight  "
          "1,234/s  1:00:05  43 % read");
}
