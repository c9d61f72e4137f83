#include "cli/report/progress.hpp"

#include "unit/cli/report/snapshots.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

using namespace getty::connect::cli;
using seconds = std::chrono::duration<double>;
using getty::connect::test::busy;
using getty::connect::test::noon;

namespace {

// Moments on the line are local ones.
struct in_utc {
    in_utc() {
        ::setenv("TZ", "UTC0", 1);
        ::tzset();
    }
    ~in_utc() {
        ::unsetenv("TZ");
        ::tzset();
    }
    in_utc(const in_utc&) = delete;
    in_utc& operator=(const in_utc&) = delete;
};

run_snapshot paused() {
    run_snapshot now = busy();
    now.waits.what = waits_for::pause;
    now.waits.reason = "the service asks for fewer requests (HTTP 429)";
    now.waits.until = noon + std::chrono::seconds(90);
    return now;
}

run_snapshot out() {
    run_snapshot now = busy();
    now.waits.what = waits_for::outage;
    now.waits.reason = "the service failed (HTTP 503)";
    now.waits.since = noon - std::chrono::seconds(20);
    now.waits.until = noon + std::chrono::seconds(580);
    return now;
}

run_snapshot reading() {
    run_snapshot now = busy();
    now.counts.job.recovering = "out/images.ndjson";
    now.counts.job.recovery_bytes = 1'000;
    now.counts.job.recovered_bytes = 437;
    return now;
}

bool printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

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

TEST_CASE("W1: the line of progress has all there is to tell where there is room") {
    run_snapshot now = busy();
    // (12,345 + 64) / 43.5 % are 28,526 ids, of which 16,181 are left, at 100 a second.
    CHECK(progress_line(now, 120) == "43 %  12,345 done  17 failed  64 in flight  1,234/s  1:12  ETA 2:42");
    now.counts.job.already_there = 412'007;
    now.counts.job.percent_read.reset();
    now.elapsed = std::chrono::seconds(3'605);
    now.per_second = 0.42;
    CHECK(progress_line(now, 120) ==
          "12,345 done  17 failed  64 in flight  412,007 there already  0.4/s  1:00:05");
}

TEST_CASE("W1: the line is never longer than the terminal is wide less one, whatever is in it") {
    const in_utc clock;
    run_snapshot huge = paused();
    huge.counts.job.found = huge.counts.job.under_way = 18'446'744'073'709'000'000U;
    huge.counts.job.already_there = huge.counts.job.failed = 999'999'999'999U;
    huge.counts.job.percent_read = 100;
    huge.per_second = 1e12;
    huge.elapsed = std::chrono::hours(99'999);
    run_snapshot foreign = paused();
    foreign.waits.reason = "\x1b[2J \xE2\x80\xA6\tzu viele Anfragen f\xC3\xBCr heute \xFF";
    run_snapshot odd_path = reading();
    odd_path.counts.job.recovering = "/data/\xC3\xBC\x1b[2J/" + std::string(150, 'x') + "/images.ndjson";
    for (const run_snapshot& now :
         {busy(), paused(), out(), reading(), huge, foreign, odd_path, run_snapshot()}) {
        for (std::size_t columns = 0; columns <= 300; ++columns) {
            const std::string line = progress_line(now, columns);
            CAPTURE(columns);
            CAPTURE(line);
            CHECK(line.size() <= (columns > 0 ? columns - 1 : 0));
            CHECK(printable(line));
            if (columns >= 20) CHECK_FALSE(line.empty());
        }
    }
}

TEST_CASE("W1: what is less important goes first, and nothing goes while something less important stays") {
    const in_utc clock;
    run_snapshot now = paused();
    now.counts.job.already_there = 412'007;
    // Told by parts that no other part has.
    const std::vector<std::string> waits_by_importance{
        "paused", " %", "/s", "until 08:4", " failed", "429", " done", "1:12", "in flight", "there already"};
    run_snapshot runs = now;
    runs.waits = waiting();
    const std::vector<std::string> runs_by_importance{" %",    "/s",   "ETA",       " failed",
                                                      " done", "1:12", "in flight", "there already"};
    for (const auto& [moment, by_importance] :
         {std::pair(now, waits_by_importance), std::pair(runs, runs_by_importance)}) {
        std::size_t most = 0;
        for (std::size_t columns = 20; columns <= 300; ++columns) {
            const std::string line = progress_line(moment, columns);
            CAPTURE(columns);
            CAPTURE(line);
            std::size_t shown = 0;
            while (shown < by_importance.size() && line.find(by_importance[shown]) != std::string::npos)
                ++shown;
            for (std::size_t i = shown; i < by_importance.size(); ++i) {
                // The reason is told as far as there is room.
                if (by_importance[i] == "429" && line.find("...") != std::string::npos) continue;
                if (by_importance[shown] == "429") continue;
                CHECK(line.find(by_importance[i]) == std::string::npos);
            }
            most = std::max(most, shown);
        }
        CHECK(most == by_importance.size());
    }
    CHECK(progress_line(runs, 20) == "43 %  1,234/s");
    // (424,352 + 64) / 43.5 % are 975,669 ids, of which 551,317 are left, at 100 a second.
    CHECK(progress_line(runs, 40) == "43 %  17 failed  1,234/s  ETA 1:31:54");
}

TEST_CASE("W3: a pause is told with its reason and its end, as far as there is room") {
    const in_utc clock;
    CHECK(progress_line(paused(), 200) ==
          "paused until 08:43:14: the service asks for fewer requests (HTTP 429)  43 %  12,345 done  17 "
          "failed  "
          "64 in flight  1,234/s  1:12");
    CHECK(progress_line(paused(), 80) ==
          "paused until 08:43:14: the service asks for fewer ...  43 %  17 failed  1,234/s");
    CHECK(progress_line(paused(), 40) == "paused until 08:43:14  43 %  1,234/s");
    CHECK(progress_line(paused(), 20) == "paused  43 %");
}

TEST_CASE("W3: an outage is told with its reason, its beginning and when it ends the run") {
    const in_utc clock;
    run_snapshot now = out();
    CHECK(progress_line(now, 200) ==
          "outage since 08:41:24, gives up at 08:51: the service failed (HTTP 503)  43 %  12,345 done  17 "
          "failed  "
          "64 in flight  1,234/s  1:12");
    now.waits.until.reset();
    now.waits.reason.clear();
    CHECK(progress_line(now, 60) == "outage since 08:41:24  43 %  17 failed  1,234/s");
}

TEST_CASE("W1: while earlier output is read the line says which file and how far") {
    CHECK(progress_line(reading(), 80) == "reading out/images.ndjson: 43 %");
    CHECK(progress_line(reading(), 30) == "reading images.ndjson: 43 %");
    CHECK(progress_line(reading(), 20) == "reading: 43 %");
    CHECK(progress_message(reading()) == "reading out/images.ndjson: 43 %");
    run_snapshot whole = reading();
    whole.counts.job.recovered_bytes = 1'200;  // it grew
    CHECK(progress_message(whole) == "reading out/images.ndjson: 100 %");
}

TEST_CASE("W2: the forecast goes by the number of ids where that is known") {
    run_snapshot now = busy();
    now.counts.total = 20'000;
    now.counts.job.already_there = 5'000;
    CHECK(time_left(now) == std::chrono::seconds(27));  // 2,655 at 100 a second
    CHECK(percent_done(now) == 86U);
    now.counts.total = 10;  // the input has grown
    CHECK(time_left(now) == std::chrono::seconds(0));
    CHECK(percent_done(now) == 100U);
    now.counts.total = 0;
    CHECK(percent_done(now) == 100U);
}

TEST_CASE("W2: the forecast is within the step of the share that it goes by, and ids there already count") {
    // 50,000 ids, of which 20,000 are there, at 100 a second: at each moment what is left is known exactly.
    for (std::uint64_t gone = 1'500; gone < 49'500; gone += 250) {
        run_snapshot now = busy();
        now.counts.job.already_there = std::min<std::uint64_t>(gone, 20'000);
        now.counts.job.failed = 0;
        now.counts.job.found = gone - now.counts.job.already_there;
        now.counts.job.percent_read = static_cast<unsigned>((gone + 64) * 100 / 50'000);
        const double exact = static_cast<double>(50'000 - gone) / 100;
        const double step = 50'000.0 / (*now.counts.job.percent_read) / 100;
        CAPTURE(gone);
        REQUIRE(time_left(now).has_value());
        CHECK(std::abs(static_cast<double>(time_left(now)->count()) - exact) <= 5 * step + 2);
    }
}

TEST_CASE("W2: there is no forecast where nobody can know") {
    CHECK(time_left(busy()).has_value());
    const auto without = [](auto change) {
        run_snapshot now = busy();
        change(now);
        return time_left(now);
    };
    CHECK_FALSE(without([](run_snapshot& now) { now.counts.job.percent_read.reset(); }));
    CHECK_FALSE(without([](run_snapshot& now) { now.counts.job.percent_read = 1; }));
    CHECK_FALSE(without([](run_snapshot& now) { now.counts.job.percent_read = 100; }));
    CHECK_FALSE(without([](run_snapshot& now) { now.per_second_lately = 0; }));
    CHECK_FALSE(without([](run_snapshot& now) { now.per_second_lately = 1e-9; }));
    CHECK_FALSE(time_left(paused()));
    CHECK_FALSE(time_left(out()));
    CHECK_FALSE(time_left(reading()));
}

TEST_CASE("W3: a line of a log has moments in UTC and all of a reason") {
    CHECK(progress_message(paused()) ==
          "paused until 2026-11-29T08:43:14Z: the service asks for fewer requests (HTTP 429), 43 %, 12,345 "
          "done, "
          "17 failed, 64 in flight, 1,234/s, 1:12");
    CHECK(progress_message(busy()) == "43 %, 12,345 done, 17 failed, 64 in flight, 1,234/s, 1:12, ETA 2:42");
}

TEST_CASE("W4: progress as JSON has the same numbers, and null for what is not known") {
    const boost::json::value read = boost::json::parse(progress_members(paused()).object());
    CHECK(read.at("state").as_string() == "paused");
    CHECK(read.at("until").as_string() == "2026-11-29T08:43:14Z");
    CHECK(read.at("reason").as_string() == "the service asks for fewer requests (HTTP 429)");
    CHECK(read.at("ids").to_number<int>() == 12'345);
    CHECK(read.at("ok").to_number<int>() == 12'328);
    CHECK(read.at("failed").to_number<int>() == 17);
    CHECK(read.at("in_flight").to_number<int>() == 64);
    CHECK(read.at("percent").to_number<int>() == 43);
    CHECK(read.at("seconds_left").is_null());
    CHECK(read.at("ids_per_second").to_number<double>() == doctest::Approx(1'233.6));
    CHECK(boost::json::parse(progress_members(busy()).object()).at("seconds_left").to_number<int>() == 162);
    CHECK(boost::json::parse(progress_members(out()).object()).at("state").as_string() == "outage");
    const boost::json::value recovery = boost::json::parse(progress_members(reading()).object());
    CHECK(recovery.at("state").as_string() == "reading");
    CHECK(recovery.at("file").as_string() == "out/images.ndjson");
    CHECK(recovery.at("read_bytes").to_number<int>() == 437);
    CHECK(boost::json::parse(progress_members(run_snapshot()).object()).at("percent").is_null());
}
