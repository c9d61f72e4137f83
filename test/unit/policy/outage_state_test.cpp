#include "policy/outage_state.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
using policy::outage_state;
using policy::shared_cause;

namespace {

constexpr core::time_point start{};
constexpr auto cause = shared_cause::connection;

/// Until an outage begins; how many failures that took, at most `most`.
int failures_until_on(outage_state& s, int ids, core::duration apart, int most,
                      core::time_point from = start) {
    for (int i = 0; i < most; ++i) {
        if (s.failed(cause, static_cast<std::uint64_t>(i % ids), from + i * apart, 0.5)) return i + 1;
    }
    return most + 1;
}

}  // namespace

TEST_CASE(
    "B9: five ids that fail alike within two seconds are an outage, four are not before twenty failures") {
    outage_state five;
    CHECK(failures_until_on(five, 5, 100ms, 100) == 5);
    outage_state four;
    CHECK(failures_until_on(four, 4, 100ms, 100) == 20);
    outage_state slow;
    CHECK(failures_until_on(slow, 1'000, 600ms, 100) == 20);
    outage_state just;
    CHECK(failures_until_on(just, 1'000, 499ms, 100) == 5);
}

TEST_CASE(
    "B9: anything that succeeds within the two seconds, or among the twenty, means that there is none") {
    outage_state s;
    (void)s.succeeded(start + 1s);
    CHECK(failures_until_on(s, 1'000, 100ms, 9, start + 1s) == 10);
    outage_state t;
    (void)t.succeeded(start);
    for (int i = 0; i < 1'000; ++i) {
        CHECK(!t.failed(cause, static_cast<std::uint64_t>(i), start + i * 100ms, 0.5));
        if (i % 19 == 18) (void)t.succeeded(start + i * 100ms);
    }
}

TEST_CASE("B9: failures of different causes are no outage") {
    outage_state s;
    for (int i = 0; i < 1'000; ++i) {
        const auto why = i % 2 == 0 ? shared_cause::connection : shared_cause::server;
        CHECK(!s.failed(why, static_cast<std::uint64_t>(i), start + i * 1ms, 0.5));
    }
}

TEST_CASE("B9: an outage began with the first of its failures and ends with the first success") {
    outage_state s;
    (void)s.succeeded(start);
    CHECK(failures_until_on(s, 1'000, 10ms, 100, start + 10s) == 5);
    CHECK(s.on());
    CHECK(s.began() == start + 10s);
    CHECK(s.cause() == cause);
    CHECK(!s.failed(shared_cause::token, 77, start + 11s, 0.5));
    CHECK(s.cause() == cause);
    CHECK(s.succeeded(start + 12s));
    CHECK(!s.on());
    CHECK(!s.succeeded(start + 13s));
}

TEST_CASE("B9: one probe at a time, after a half to all of 1 s, 2 s, ... 30 s") {
    for (const double random : {0.0, 0.5, 0.999}) {
        outage_state s;
        for (int i = 0; i < 5; ++i) (void)s.failed(cause, static_cast<std::uint64_t>(i), start, random);
        REQUIRE(s.on());
        core::time_point now = start;
        core::duration ceiling = 1s;
        for (int i = 0; i < 10; ++i) {
            const core::duration wait = s.next_probe() - now;
            CHECK(wait >= ceiling / 2);
            CHECK(wait <= ceiling);
            CHECK(!s.try_probe(s.next_probe() - 1ns));
            now = s.next_probe();
            REQUIRE(s.try_probe(now));
            CHECK(!s.try_probe(now));
            CHECK(!s.try_probe(now + 1h));
            now += 5s;
            (void)s.failed(cause, 1, now, random);
            s.probe_ended(now, random);
            ceiling = std::min<core::duration>(2 * ceiling, 30s);
        }
        now = s.next_probe();
        REQUIRE(s.try_probe(now));
        CHECK(s.succeeded(now));
        s.probe_ended(now, random);
        CHECK(!s.try_probe(now + 1h));
    }
}

TEST_CASE("B9: a second outage begins with short waits again") {
    outage_state s;
    for (int round = 0; round < 2; ++round) {
        const core::time_point now = start + round * 1h;
        for (int i = 0; i < 5; ++i) (void)s.failed(cause, static_cast<std::uint64_t>(i), now, 0.999);
        REQUIRE(s.on());
        CHECK(s.next_probe() - now <= 1s);
        for (int i = 0; i < 6; ++i) {
            const core::time_point at = s.next_probe();
            REQUIRE(s.try_probe(at));
            s.probe_ended(at, 0.999);
        }
        CHECK(s.succeeded(s.next_probe()));
    }
}

TEST_CASE("B9: what may be everybody's trouble, and what is not") {
    const std::vector<std::pair<errc, shared_cause>> rows{
        {errc::resolve_failed, shared_cause::name},
        {errc::connect_failed, shared_cause::connection},
        {errc::connect_timeout, shared_cause::connection},
        {errc::peer_closed, shared_cause::connection},
        {errc::tls_failed, shared_cause::tls},
        {errc::certificate_rejected, shared_cause::tls},
        {errc::proxy_refused, shared_cause::proxy},
        {errc::token_unavailable, shared_cause::token},
        {errc::attempt_timeout, shared_cause::silence},
        {errc::out_of_resources, shared_cause::machine},
        {errc::deadline_exceeded, shared_cause::none},
        {errc::canceled, shared_cause::none},
        {errc::malformed_response, shared_cause::none},
        {errc::invalid_id, shared_cause::none},
    };
    for (const auto& [code, meant] : rows) CHECK(policy::shared_cause_of(code, 0) == meant);
    for (const int status : {500, 502, 503, 504, 599})
        CHECK(policy::shared_cause_of(errc::server_error, status) == shared_cause::server);
    CHECK(policy::shared_cause_of(errc::not_found, 404) == shared_cause::none);
    CHECK(policy::shared_cause_of(errc::throttled, 429) == shared_cause::none);
    CHECK(policy::shared_cause_of(errc::token_unavailable, 503) == shared_cause::token);
}

TEST_CASE(
    "B9: where nobody is left, one failure of what reached nobody is an outage, once something has worked") {
    outage_state s;
    CHECK_FALSE(s.failed_alone(start, 0.5));
    CHECK_FALSE(s.failed(cause, 1, start, 0.5));
    CHECK_FALSE(s.failed_alone(start, 0.5));
    CHECK_FALSE(s.on());
    s.note_worked();
    CHECK(s.failed_alone(start + 10s, 0.5));
    CHECK(s.on());
    CHECK(s.began() == start);
    CHECK_FALSE(s.failed_alone(start + 10s, 0.5));
    CHECK_FALSE(s.try_probe(start + 10s));
    CHECK(s.try_probe(start + 11s));
    CHECK(s.succeeded(start + 11s));
    CHECK_FALSE(s.failed_alone(start + 11s, 0.5));
}

TEST_CASE("B9: what reaches nobody is no request's own") {
    for (const errc code :
         {errc::resolve_failed, errc::connect_failed, errc::connect_timeout, errc::tls_failed,
          errc::certificate_rejected, errc::proxy_refused, errc::token_unavailable, errc::out_of_resources}) {
        CAPTURE(to_string(code));
        CHECK(policy::reached_nobody(code));
        CHECK(policy::shared_cause_of(code, 0) != shared_cause::none);
    }
    for (const errc code : {errc::peer_closed, errc::attempt_timeout, errc::server_error, errc::not_found,
                            errc::throttled, errc::malformed_body, errc::unauthorized}) {
        CAPTURE(to_string(code));
        CHECK_FALSE(policy::reached_nobody(code));
    }
}
