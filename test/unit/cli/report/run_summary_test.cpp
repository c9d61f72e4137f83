#include "cli/report/run_summary.hpp"

#include "unit/cli/report/snapshots.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace getty::connect;
using namespace getty::connect::cli;

namespace {

run_snapshot after(std::uint64_t found, counts_by_kind failed) {
    run_snapshot last;
    last.counts.job.found = found;
    last.counts.failed = failed;
    for (const std::uint64_t one : failed) last.counts.job.failed += one;
    last.started = test::noon;
    return last;
}

counts_by_kind kinds(std::uint64_t not_found, std::uint64_t invalid) {
    counts_by_kind failed{};
    failed[static_cast<std::size_t>(condition::not_found)] = not_found;
    failed[static_cast<std::size_t>(condition::invalid_input)] = invalid;
    return failed;
}

boost::json::value parsed(const run_snapshot& last, const run_result& result) {
    const std::string text = summary_members(last, result).object();
    CHECK(text.find('\n') == std::string::npos);
    return boost::json::parse(text);
}

}  // namespace

TEST_CASE("W7: the summary for people counts failures by kind, the most frequent first") {
    run_snapshot last = after(1'997, kinds(2, 1));
    last.counts.client.requests = 2'001;
    last.counts.client.retries = 1;
    last.counts.client.connections_opened = 64;
    last.counts.client.tokens_issued = 1;
    last.counts.client.bytes_received = 3'210'000;
    last.elapsed = std::chrono::seconds(4);
    run_result result;
    result.failures[errc::invalid_id] = {
        1, "the id cannot name an image: ids.txt:7: it holds a comma [queue]", ""};
    result.failures[errc::not_found] = {2, "no such image (HTTP 404) [read]", "1404"};
    CHECK(summary_text(last, result) ==
          "2,000 ids: 1,997 ok, 3 failed (2 not_found, 1 invalid_input) in 4.00 s, 500.0 ids/s\n"
          "getty-connect: 2,001 requests, 1 retry, 64 connections, 1 token, 3.21 MB\n"
          "getty-connect: 2 not_found, first 1404: no such image (HTTP 404) [read]\n"
          "getty-connect: 1 invalid_id, first the id cannot name an image: ids.txt:7: it holds a comma "
          "[queue]");
    CHECK(summary_text(after(1, {}), run_result()) ==
          "1 id: 1 ok, 0 failed in 0.00 s, 0.0 ids/s\n"
          "getty-connect: 0 requests, 0 retries, 0 connections, 0 tokens, 0 bytes");
}

TEST_CASE("W7: the summary for people tells what was there, what waits cost, and latency") {
    const auto latency = std::make_unique<latency_record>();
    for (int ms = 1; ms <= 100; ++ms) latency->record(std::chrono::milliseconds(ms));
    run_snapshot last = after(7, kinds(3, 0));
    last.counts.job.already_there = 412'007;
    last.counts.client.pauses = 2;
    last.counts.client.outages = 1;
    last.paused = std::chrono::seconds(31);
    last.in_outage = std::chrono::minutes(6);
    last.latency = latency.get();
    run_result result;
    result.not_asked = 5;
    result.accepted = 3;
    const std::string text = summary_text(last, result);
    for (const char* words :
         {"10 ids: 7 ok, 3 failed (3 not_found; 3 of them accepted), and 5 more not asked for, in",
          "\ngetty-connect: 412,007 were there already\n", ", 2 pauses (31 s), 1 outage (6 min)\n",
          "\ngetty-connect: request latency p50 50.", " ms, p95 95.", " ms, p99 99.", " ms, max 100 ms"}) {
        CAPTURE(text);
        CHECK(text.find(words) != std::string::npos);
    }
}

TEST_CASE("W7: the summary for people names ten codes, the most frequent, and how many more there are") {
    run_result result;
    for (int code = 1; code <= 13; ++code) {
        result.failures[static_cast<errc>(code)] = {static_cast<std::uint64_t>(code),
                                                    "m" + std::to_string(code), "i"};
    }
    const std::string text = summary_text(after(0, {}), result);
    CHECK(text.find("i: m13") != std::string::npos);
    CHECK(text.find("i: m4\n") != std::string::npos);
    CHECK(text.find("i: m3") == std::string::npos);
    CHECK(text.ends_with("\ngetty-connect: and 3 more kinds"));
}

TEST_CASE("W7: the summary for programs has every member that it had, and what is new") {
    run_snapshot last = after(2, kinds(1, 1));
    last.elapsed = std::chrono::milliseconds(1'500);
    last.counts.job.already_there = 9;
    last.counts.client.pauses = 1;
    last.paused = std::chrono::milliseconds(2'500);
    run_result result;
    result.code = exit_code::some_failed;
    result.ended = "input_end";
    result.not_asked = 4;
    result.failures[errc::not_found] = {1, "gone", "1404"};
    result.failures[errc::invalid_id] = {1, "bad", ""};
    const boost::json::value read = parsed(last, result);
    CHECK(read.at("ids").to_number<int>() == 4);
    CHECK(read.at("ok").to_number<int>() == 2);
    CHECK(read.at("failed").to_number<int>() == 2);
    CHECK(read.at("not_asked").to_number<int>() == 4);
    CHECK(read.at("failures") == boost::json::value{{"not_found", 1}, {"invalid_input", 1}});
    CHECK(read.at("seconds").to_number<double>() == doctest::Approx(1.5));
    CHECK(read.at("ids_per_second").to_number<double>() == doctest::Approx(2.7).epsilon(0.02));
    for (const char* name : {"requests", "retries", "connections", "tokens", "outages"}) {
        CHECK(read.at(name).to_number<int>() == 0);
    }
    CHECK(read.at("pauses").to_number<int>() == 1);
    CHECK(read.at("reason").is_null());
    CHECK(read.at("errors").as_array().empty());
    CHECK(read.at("warnings").as_array().empty());
    CHECK(read.at("exit_code").to_number<int>() == 3);
    CHECK(read.at("already_there").to_number<int>() == 9);
    CHECK(read.at("pause_seconds").to_number<double>() == doctest::Approx(2.5));
    CHECK(read.at("ended").as_string() == "input_end");
    CHECK(read.at("started").as_string() == "2026-11-29T08:41:44Z");
    CHECK(read.at("latency_ms").is_null());
    CHECK(read.at("go_on").is_null());
    result.go_on = "getty-connect fetch 'my ids' -o out --resume";
    CHECK(parsed(last, result).at("go_on").as_string() == result.go_on);
    const boost::json::value& first = read.at("first_failures").at(1);
    CHECK(
        first ==
        boost::json::value{
            {"code", "not_found"}, {"kind", "not_found"}, {"count", 1}, {"id", "1404"}, {"message", "gone"}});
    CHECK(read.at("first_failures").at(0).at("id").is_null());
}

TEST_CASE("W7: the summary for programs has latency in milliseconds") {
    const auto latency = std::make_unique<latency_record>();
    for (int i = 0; i < 99; ++i) latency->record(std::chrono::milliseconds(10));
    latency->record(std::chrono::milliseconds(2'000));
    run_snapshot last = after(1, {});
    last.latency = latency.get();
    const boost::json::value read = parsed(last, run_result()).at("latency_ms");
    CHECK(read.at("p50").to_number<double>() == doctest::Approx(10).epsilon(0.001));
    CHECK(read.at("p99").to_number<double>() == doctest::Approx(10).epsilon(0.001));
    CHECK(read.at("max").to_number<double>() == doctest::Approx(2'000));
    CHECK(read.at("requests").to_number<int>() == 100);
}

TEST_CASE("W7: the summary for programs has the reason and every message, whatever is in them") {
    run_result result;
    result.code = exit_code::interrupted;
    result.reason = "a \"b\"\n\xFF";
    result.errors = {"one", "t\\wo"};
    result.warnings = {"three"};
    result.failures[errc::server_error] = {1, "\"\\\n", "\x01"};
    const boost::json::value read = parsed(run_snapshot(), result);
    CHECK(read.at("reason").as_string() == "a \"b\"\n\xEF\xBF\xBD");
    CHECK(read.at("errors") == boost::json::value{"one", "t\\wo"});
    REQUIRE(read.at("warnings").as_array().size() == 1);
    CHECK(read.at("warnings").at(0).as_string() == "three");
    CHECK(read.at("exit_code").to_number<int>() == 130);
    CHECK(read.at("first_failures").at(0).at("message").as_string() == "\"\\\n");
}
