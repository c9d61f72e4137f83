#include "cli/report/metrics.hpp"

#include "unit/cli/report/snapshots.hpp"

#include <getty/connect/version.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>

using namespace getty::connect;
using namespace getty::connect::cli;

namespace {

// Samples by name and labels, less that of the run, which each has. Each line is what the format allows, each
// metric has HELP and TYPE before it, once.
std::map<std::string, double> samples_of(const std::string& text) {
    static const std::regex help(R"(# HELP ([a-z_]+) \S.*)");
    static const std::regex type(R"(# TYPE ([a-z_]+) (counter|gauge|histogram))");
    static const std::regex sample(
        R"((([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})?) (-?[0-9.]+(?:e[+-][0-9]+)?))");
    std::map<std::string, double> found;
    std::set<std::string> described;
    std::string helped;
    std::string current;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        std::smatch parts;
        if (std::regex_match(line, parts, help)) {
            helped = parts[1];
        } else if (std::regex_match(line, parts, type)) {
            current = parts[1];
            CHECK(helped == current);
            CHECK(described.insert(current).second);
            CHECK(current.starts_with("getty_connect_"));
            const bool counts = current.ends_with("_total");
            CHECK(counts == (parts[2] == "counter"));
        } else {
            REQUIRE(std::regex_match(line, parts, sample));
            CHECK(std::string(parts[2]).starts_with(current));
            std::string name = parts[1];
            const std::string run = R"(run="a \"b\"")";
            const std::size_t at = name.find(run);
            REQUIRE(at != std::string::npos);
            name.erase(at, run.size() + (name[at + run.size()] == ',' ? 1 : 0));
            if (name.ends_with("{}")) name.resize(name.size() - 2);
            CHECK(found.emplace(name, std::stod(parts[4])).second);
        }
    }
    CHECK(text.ends_with("\n"));
    return found;
}

}  // namespace

TEST_CASE("W5: the metrics are well formed and have the numbers of the run") {
    const auto latency = std::make_unique<latency_record>();
    for (const int ms : {1, 4, 4, 30, 70'000}) latency->record(std::chrono::milliseconds(ms));
    run_snapshot now = test::busy();
    now.latency = latency.get();
    now.counts.failed[static_cast<std::size_t>(condition::not_found)] = 12;
    now.counts.failed[static_cast<std::size_t>(condition::timeout)] = 5;
    now.counts.job.already_there = 412'007;
    now.counts.window = 48;
    now.counts.client.requests = 12'500;
    now.counts.client.retries = 9;
    now.counts.client.connections_idle = 3;
    now.counts.client.connections_leased = 61;
    now.counts.client.pauses = 2;
    now.counts.client.tokens_issued = 1;
    now.counts.client.bytes_received = 99;
    now.paused = std::chrono::milliseconds(1'500);
    now.since_outcome = std::chrono::milliseconds(250);
    now.waits.what = waits_for::pause;
    const auto found = samples_of(metrics_text(now, "a \"b\"", std::nullopt));
    const std::map<std::string, double> expected{
        {"ids_total{outcome=\"found\"}", 12'328},
        {"ids_total{outcome=\"not_found\"}", 12},
        {"ids_total{outcome=\"timeout\"}", 5},
        {"ids_total{outcome=\"internal\"}", 0},
        {"ids_already_there_total", 412'007},
        {"ids_in_flight", 64},
        {"input_read_ratio", 0.43},
        {"lag_seconds", 0.25},
        {"batch_window", 48},
        {"requests_total", 12'500},
        {"retries_total", 9},
        {"response_bytes_total", 99},
        {"tokens_total", 1},
        {"pool_connections{state=\"idle\"}", 3},
        {"pool_connections{state=\"leased\"}", 61},
        {"pauses_total", 2},
        {"pause_seconds_total", 1.5},
        {"paused", 1},
        {"in_outage", 0},
        {"request_duration_seconds_bucket{le=\"0.001\"}", 1},
        {"request_duration_seconds_bucket{le=\"0.002\"}", 1},
        {"request_duration_seconds_bucket{le=\"0.005\"}", 3},
        {"request_duration_seconds_bucket{le=\"60\"}", 4},
        {"request_duration_seconds_bucket{le=\"+Inf\"}", 5},
        {"request_duration_seconds_count", 5},
        {"request_duration_seconds_sum", 70.039},
        {"running", 1},
        {"start_time_seconds", 1'795'941'632},
        {"update_time_seconds", 1'795'941'704},
    };
    for (const auto& [name, value] : expected) {
        CAPTURE(name);
        const auto at = found.find("getty_connect_" + name);
        REQUIRE(at != found.end());
        CHECK(at->second == doctest::Approx(value));
    }
    CHECK(found.count("getty_connect_build_info{version=\"" + std::string(version) + "\"}") == 1);
    CHECK(found.count("getty_connect_exit_code") == 0);
}

TEST_CASE("W5: every kind of failure has its series from the beginning") {
    const auto found = samples_of(metrics_text(run_snapshot(), "a \"b\"", std::nullopt));
    for (int kind = 1; kind <= static_cast<int>(condition::internal); ++kind) {
        const std::string name(to_string(static_cast<condition>(kind)));
        CAPTURE(name);
        CHECK(found.count("getty_connect_ids_total{outcome=\"" + name + "\"}") == 1);
    }
}

TEST_CASE("W5: a run that has ended says so, why, and with which exit code") {
    auto found = samples_of(metrics_text(test::busy(), "a \"b\"", metrics_end{143, "stopped"}));
    CHECK(found.at("getty_connect_running") == 0);
    CHECK(found.at("getty_connect_exit_code") == 143);
    CHECK(found.at("getty_connect_end_info{reason=\"stopped\"}") == 1);
    found = samples_of(metrics_text(test::busy(), "a \"b\"", metrics_end{4, ""}));
    CHECK(found.at("getty_connect_end_info{reason=\"never_began\"}") == 1);
}

TEST_CASE("W5: the series of a run stay the same while it runs") {
    const auto names = [](const run_snapshot& now) {
        std::set<std::string> all;
        for (const auto& [name, value] : samples_of(metrics_text(now, "a \"b\"", std::nullopt)))
            all.insert(name);
        return all;
    };
    run_snapshot other = test::busy();
    other.counts.job.recovery_bytes = 10;
    other.counts.failed[1] = 3;
    other.waits.what = waits_for::outage;
    CHECK(names(test::busy()) == names(other));
}

TEST_CASE("W5: a run is called as the file of its metrics is") {
    CHECK(run_name("/var/lib/node_exporter/nightly.prom") == "nightly");
    CHECK(run_name("nightly.prom") == "nightly");
    CHECK(run_name("a.b/nightly") == "nightly");
    CHECK(run_name("/x/.prom") == ".prom");
}
