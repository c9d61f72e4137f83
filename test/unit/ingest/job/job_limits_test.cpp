#include "ingest/job/job_limits.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace getty::connect;
using namespace getty::connect::ingest;
using namespace std::chrono_literals;

namespace {

const core::time_point start{100s};

void fail(job_limits& limits, std::uint64_t times, errc why = errc::server_error, bool accepted = false) {
    for (; times > 0; --times) {
        limits.pulled();
        limits.failed(1, why, accepted);
    }
}

void find(job_limits& limits, std::uint64_t times) {
    for (; times > 0; --times) {
        limits.pulled();
        limits.found(1);
    }
}

}  // namespace

TEST_CASE("J8: a job without limits goes on") {
    job_limits limits(job_options(), start);
    find(limits, 1);
    fail(limits, 5000);
    CHECK_FALSE(limits.reached(start + 1000h));
    CHECK(limits.deadline() == core::never);
}

TEST_CASE("J8: after max_time no further id is taken") {
    const job_limits limits(job_options().max_time(90s), start);
    CHECK_FALSE(limits.reached(start + 90s - 1ns));
    CHECK(limits.reached(start + 90s) == ended::max_time);
    CHECK(limits.deadline() == start + 90s);
}

TEST_CASE("J8: ids under way count as requests, so max_requests is kept but for retries") {
    job_limits limits(job_options().max_requests(3), start);
    limits.pulled();
    limits.pulled();
    CHECK_FALSE(limits.reached(start));
    limits.pulled();
    CHECK(limits.reached(start) == ended::max_requests);
    limits.handed_back();
    CHECK_FALSE(limits.reached(start));
    limits.found(2);
    CHECK(limits.reached(start) == ended::max_requests);
}

TEST_CASE("J8: one failure more than max_failures ends the job, accepted ones are none") {
    job_limits limits(job_options().max_failures(2), start);
    fail(limits, 2);
    fail(limits, 10, errc::not_found, true);
    CHECK_FALSE(limits.reached(start));
    fail(limits, 1);
    CHECK(limits.reached(start) == ended::max_failures);
}

TEST_CASE("J8: a share of failures counts from 1,000 outcomes on") {
    job_limits limits(job_options().max_failed_percent(10), start);
    fail(limits, 500);
    find(limits, 499);
    CHECK_FALSE(limits.reached(start));
    find(limits, 1);
    CHECK(limits.reached(start) == ended::max_failures);
    find(limits, 4000);
    CHECK_FALSE(limits.reached(start));  // 10 percent are not more than 10
    fail(limits, 1);
    CHECK(limits.reached(start) == ended::max_failures);
}

TEST_CASE("J8: when the first 1,000 outcomes failed alike, the job ends") {
    job_limits alike(job_options(), start);
    fail(alike, 999);
    CHECK_FALSE(alike.reached(start));
    fail(alike, 1);
    CHECK(alike.reached(start) == ended::all_alike);

    job_limits one_found(job_options(), start);
    fail(one_found, 500);
    find(one_found, 1);
    fail(one_found, 5000);
    CHECK_FALSE(one_found.reached(start));

    job_limits one_other(job_options(), start);
    fail(one_other, 999);
    fail(one_other, 1, errc::forbidden);
    CHECK_FALSE(one_other.reached(start));

    job_limits accepted(job_options(), start);
    fail(accepted, 5000, errc::not_found, true);
    CHECK_FALSE(accepted.reached(start));
}

TEST_CASE("J5: fsync is due so long after the oldest line that is not durable") {
    sync_policy every(sync_when::every, 5s);
    CHECK_FALSE(every.due(start + 100s));
    every.written(start);
    every.written(start + 4s);
    CHECK_FALSE(every.due(start + 5s - 1ns));
    CHECK(every.due(start + 5s));
    every.synced();
    CHECK_FALSE(every.due(start + 100s));
    for (const sync_when other : {sync_when::never, sync_when::end}) {
        sync_policy policy(other, 5s);
        policy.written(start);
        CHECK_FALSE(policy.due(start + 100s));
        CHECK(policy.at_the_end() == (other == sync_when::end));
    }
    CHECK(every.at_the_end());
}
