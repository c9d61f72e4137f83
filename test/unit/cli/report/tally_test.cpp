#include "cli/report/tally.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::cli;

namespace {

tally after(unsigned successes, const std::vector<error>& failures) {
    tally counted;
    for (unsigned i = 0; i < successes; ++i) counted.add_success();
    for (const error& one : failures) counted.add_failure(one);
    return counted;
}

const error missing = error(errc::not_found, stage::read).with_status(404);
const error refused(errc::connect_failed, stage::connect);
const error bad_id(errc::invalid_id, stage::queue);
const error unauthorized = error(errc::unauthorized, stage::auth).with_status(401);

}  // namespace

TEST_CASE("tally: the verdict follows from what failed") {
    CHECK(after(0, {}).verdict() == exit_code::success);
    CHECK(after(3, {}).verdict() == exit_code::success);
    CHECK(after(3, {missing}).verdict() == exit_code::some_failed);
    CHECK(after(0, {missing}).verdict() == exit_code::some_failed);
    CHECK(after(0, {bad_id}).verdict() == exit_code::some_failed);
    CHECK(after(3, {missing, unauthorized}).verdict() == exit_code::authentication);
    CHECK(after(0, {refused, refused}).verdict() == exit_code::unreachable);
    CHECK(after(0, {refused, bad_id}).verdict() == exit_code::unreachable);
    CHECK(after(1, {refused}).verdict() == exit_code::some_failed);
    CHECK(after(0, {refused, missing}).verdict() == exit_code::some_failed);
}

TEST_CASE("tally: what stops a run has an exit code of its own, and of several the first that applies") {
    CHECK(verdict_on_end(error(errc::quota_exhausted, stage::read)) == exit_code::quota);
    CHECK(verdict_on_end(error(errc::credentials_rejected, stage::auth)) == exit_code::authentication);
    CHECK(verdict_on_end(unauthorized) == exit_code::authentication);
    CHECK(verdict_on_end(error(errc::challenge_unsupported, stage::auth)) == exit_code::authentication);
    CHECK(verdict_on_end(error(errc::throttled, stage::read)) == exit_code::limit);
    CHECK(verdict_on_end(error(errc::invalid_option, stage::auth)) == exit_code::usage);
    for (const errc outage :
         {errc::resolve_failed, errc::connect_failed, errc::tls_failed, errc::token_unavailable,
          errc::server_error, errc::peer_closed, errc::attempt_timeout, errc::proxy_refused,
          errc::out_of_resources, errc::deadline_exceeded}) {
        CHECK(verdict_on_end(error(outage, stage::read)) == exit_code::unreachable);
    }
    const exit_code order[] = {exit_code::hung_up, exit_code::local_failure,  exit_code::usage,
                               exit_code::quota,   exit_code::authentication, exit_code::unreachable,
                               exit_code::limit,   exit_code::some_failed,    exit_code::success};
    for (std::size_t i = 0; i < std::size(order); ++i) {
        for (std::size_t j = i; j < std::size(order); ++j) {
            CHECK(first_that_applies(order[i], order[j]) == order[i]);
            CHECK(first_that_applies(order[j], order[i]) == order[i]);
        }
    }
    CHECK(after(5, {missing, unauthorized, error(errc::quota_exhausted, stage::read)}).verdict() ==
          exit_code::quota);
}

TEST_CASE("tally: ids that were not asked for are told apart from those that failed") {
    tally counted = after(3, {missing});
    counted.add_unasked(1);
    counted.add_unasked(1);
    CHECK(counted.total() == 4);
    CHECK(counted.unasked() == 2);
}

TEST_CASE("tally: whatever ended before a connection stood counts as not reached, a slow answer does not") {
    for (const error& one :
         {error(errc::resolve_failed, stage::resolve), error(errc::connect_timeout, stage::connect),
          error(errc::tls_failed, stage::tls), error(errc::certificate_rejected, stage::tls),
          error(errc::deadline_exceeded, stage::connect)}) {
        CHECK(verdict(one) == exit_code::unreachable);
    }
    CHECK(verdict(error(errc::deadline_exceeded, stage::read)) == exit_code::some_failed);
    CHECK(verdict(error(errc::peer_closed, stage::read)) == exit_code::some_failed);
}
