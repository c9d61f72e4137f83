#include "policy/retry.hpp"

#include "core/random.hpp"
#include "unit/policy/moment.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <queue>

using namespace std::chrono_literals;
using namespace getty::connect;
using namespace getty::connect::policy;
using action = retry_decision::action;
using core::duration;

namespace {

constexpr double any_random = 0.5;

attempt_facts with_status(int status, errc code = errc::server_error) {
    attempt_facts f;
    f.code = code;
    f.http_status = status;
    f.response_started = true;
    return f;
}

attempt_facts with_code(errc code) {
    attempt_facts f;
    f.code = code;
    return f;
}

/// Decides with plenty of time and budget.
retry_decision decide(const attempt_facts& f, const call_progress& progress = {},
                      const retry_options& options = {}) {
    retry_budget budget(0.2, 10);
    return decide_retry(f, progress, options, moment(0s), core::never, budget, any_random);
}

}  // namespace

TEST_CASE("R5: what a status is worth") {
    struct row {
        int status;
        action expected;
    };
    constexpr auto again = action::retry_after;
    constexpr auto fail = action::fail;
    for (const auto& [status, expected] :
         {row{400, fail},  row{401, fail},  row{403, fail}, row{404, fail}, row{405, fail},  row{406, fail},
          row{407, fail},  row{408, again}, row{409, fail}, row{410, fail}, row{411, fail},  row{413, fail},
          row{414, fail},  row{421, fail},  row{422, fail}, row{425, fail}, row{428, fail},  row{429, again},
          row{431, fail},  row{451, fail},  row{500, fail}, row{501, fail}, row{502, again}, row{503, again},
          row{504, again}, row{505, fail},  row{507, fail}, row{511, fail}, row{599, fail},  row{301, fail},
          row{204, fail}}) {
        CAPTURE(status);
        CHECK(decide(with_status(status, errc::unexpected_status)).what == expected);
    }
}

TEST_CASE("R5: a 500 is retried by option only") {
    retry_options options;
    options.retry_internal_error = true;
    CHECK(decide(with_status(500), {}, options).what == action::retry_after);
    options.retry_internal_error = false;
    CHECK(decide(with_status(500), {}, options).what == action::fail);
}

TEST_CASE("R5: a 403 is transient exactly when it is about queries per second") {
    attempt_facts f = with_status(403, errc::throttled);
    CHECK(decide(f).what == action::fail);
    f.over_queries_per_second = true;
    const auto d = decide(f);
    CHECK(d.what == action::retry_after);
    CHECK(d.why == retry_reason::throttled);
    f = with_status(404);
    f.over_queries_per_second = true;
    CHECK(decide(f).what == action::fail);
}

TEST_CASE("R5: which failures without a status are worth another try") {
    for (int c = static_cast<int>(errc::invalid_id); c <= static_cast<int>(errc::wrong_image); ++c) {
        const auto code = static_cast<errc>(c);
        CAPTURE(to_string(code));
        const bool transient = code == errc::resolve_failed || code == errc::connect_failed ||
                               code == errc::connect_timeout || code == errc::tls_failed ||
                               code == errc::token_unavailable || code == errc::peer_closed ||
                               code == errc::attempt_timeout;
        CHECK(decide(with_code(code)).what == (transient ? action::retry_after : action::fail));
    }
    CHECK(decide(with_code(errc::certificate_rejected)).why == retry_reason::permanent);
}

TEST_CASE("R5: an answer cut short does not make a final status worth a retry") {
    CHECK(decide(with_status(404, errc::peer_closed)).what == action::fail);
    CHECK(decide(with_status(200, errc::peer_closed)).what == action::retry_after);
    CHECK(decide(with_status(200, errc::malformed_body)).what == action::fail);
}

TEST_CASE("P1: a kept connection that was dead is replaced once, uncharged and uncounted") {
    attempt_facts f = with_code(errc::peer_closed);
    f.reused_connection = true;
    retry_budget budget(0.2, 1);
    call_progress progress;
    auto d = decide_retry(f, progress, {}, moment(0s), core::never, budget, any_random);
    CHECK(d.what == action::replay_now);
    CHECK(d.why == retry_reason::stale_connection);
    CHECK(budget.balance() == 1.0);
    progress.record(d, f);
    CHECK(progress.attempts == 1);
    // a second time it is an ordinary failure
    d = decide_retry(f, progress, {}, moment(0s), core::never, budget, any_random);
    CHECK(d.what == action::retry_after);
    CHECK(budget.balance() == 0.0);
}

TEST_CASE("P1: the replay needs no attempt and no budget to be left") {
    attempt_facts f = with_code(errc::peer_closed);
    f.reused_connection = true;
    retry_budget empty(0.0, 0);
    call_progress last;
    last.attempts = 3;
    CHECK(decide_retry(f, last, {}, moment(0s), core::never, empty, any_random).what == action::replay_now);
}

TEST_CASE("P3: the transparent path needs a reused connection and no byte of an answer") {
    attempt_facts f = with_code(errc::peer_closed);
    CHECK(decide(f).what == action::retry_after);  // a fresh connection
    f.reused_connection = true;
    f.response_started = true;
    CHECK(decide(f).what == action::retry_after);
    f.response_started = false;
    f.code = errc::malformed_response;
    CHECK(decide(f).what == action::fail);
}

TEST_CASE("R1: 503, 503, 200 takes three attempts, with delays from the full range of the doubled base") {
    retry_options options;
    options.base_delay = 100ms;
    retry_budget budget(0.2, 10);
    call_progress progress;
    const attempt_facts f = with_status(503);
    for (const duration expected : {75ms, 150ms}) {
        const auto d = decide_retry(f, progress, options, moment(0s), core::never, budget, 0.75);
        CHECK(d.what == action::retry_after);
        CHECK(d.delay == expected);
        progress.record(d, f);
    }
    CHECK(progress.attempts == 3);
    const auto d = decide_retry(f, progress, options, moment(0s), core::never, budget, 0.75);
    CHECK(d.what == action::fail);
    CHECK(d.why == retry_reason::attempts_exhausted);
    CHECK(budget.balance() == 8.0);  // a decision to fail costs nothing
}

TEST_CASE("R1: the delay is capped however many attempts there are") {
    retry_options options;
    options.max_attempts = std::numeric_limits<unsigned>::max();
    options.max_delay = 2s;
    call_progress progress;
    for (const unsigned n : {5U, 6U, 64U, 1'000'000U}) {
        progress.attempts = n;
        CHECK(decide(with_status(503), progress, options).delay <= duration(2s));
        CHECK(decide(with_status(503), progress, options).delay >= duration(800ms));
    }
}

TEST_CASE("R2: the service's own wait is kept exactly, none means at once, a huge one is capped") {
    struct row {
        duration asked;
        duration waited;
    };
    for (const auto& [asked, waited] : {row{7s, 7s}, row{0s, 0s}, row{-3s, 0s}, row{1ns, 1ns},
                                        row{300s, 300s}, row{301s, 300s}, row{duration::max(), 300s}}) {
        attempt_facts f = with_status(429);
        f.retry_after = asked;
        const auto d = decide(f);
        CHECK(d.what == action::retry_after);
        CHECK(d.delay == waited);
        CHECK(d.why == retry_reason::throttled);
    }
}

TEST_CASE("R2: a wait that leaves too little time fails now, and costs no retry") {
    attempt_facts f = with_status(503);
    f.retry_after = 5s;
    retry_options options;
    options.min_time_left = 100ms;
    retry_budget budget(0.2, 10);
    const auto at = [&](duration deadline) {
        return decide_retry(f, {}, options, moment(0s), moment(deadline), budget, any_random);
    };
    CHECK(at(5s).why == retry_reason::out_of_time);
    CHECK(at(5100ms - 1ns).what == action::fail);
    CHECK(budget.balance() == 10.0);
    CHECK(at(5100ms).what == action::retry_after);
    CHECK(budget.balance() == 9.0);
}

TEST_CASE("R4: nothing starts without its minimum of time, free replays and authentication included") {
    attempt_facts dead = with_code(errc::peer_closed);
    dead.reused_connection = true;
    attempt_facts stale = with_status(401);
    stale.authentication = refusal::stale;
    retry_options options;
    options.min_time_left = 100ms;
    retry_budget budget(0.2, 10);
    for (const attempt_facts& f : {dead, stale}) {
        const auto now = moment(10s);
        CHECK(decide_retry(f, {}, options, now, now + 100ms, budget, 0.5).what != action::fail);
        CHECK(decide_retry(f, {}, options, now, now + 100ms - 1ns, budget, 0.5).why ==
              retry_reason::out_of_time);
        CHECK(decide_retry(f, {}, options, now, now - 1h, budget, 0.5).why == retry_reason::out_of_time);
    }
}

TEST_CASE("R3: an empty budget fails fast") {
    retry_budget budget(0.2, 1);
    const attempt_facts f = with_status(503);
    CHECK(decide_retry(f, {}, {}, moment(0s), core::never, budget, 0.5).what == action::retry_after);
    const auto d = decide_retry(f, {}, {}, moment(0s), core::never, budget, 0.5);
    CHECK(d.what == action::fail);
    CHECK(d.why == retry_reason::budget_empty);
}

TEST_CASE(
    "R3: when everything fails at 1,000 calls a second for a minute, retries stay within 20 % and reserve") {
    const auto random = core::seeded_random(7);
    retry_budget budget(0.2, 10);
    struct call {
        core::time_point at;
        call_progress progress;
        bool operator<(const call& other) const { return at > other.at; }
    };
    std::priority_queue<call> due;
    for (int i = 0; i < 60'000; ++i) due.push({moment(i * 1ms), {}});
    std::size_t requests = 0;
    const attempt_facts f = with_status(503);
    while (!due.empty()) {
        call c = due.top();
        due.pop();
        ++requests;
        if (c.progress.attempts == 1) budget.deposit();
        const auto d = decide_retry(f, c.progress, {}, c.at, c.at + 30s, budget, random->unit());
        c.progress.record(d, f);
        c.at += d.delay;
        if (d.what == action::retry_after) due.push(c);
    }
    CHECK(requests <= 60'000 + 12'000 + 10);
    CHECK(requests >= 60'000 + 11'900);  // and the budget is used
}

TEST_CASE(
    "D9: a nonce that is stale for ever is retried silently for some rounds, then like a failure that "
    "passes") {
    attempt_facts f = with_status(401, errc::unauthorized);
    f.authentication = refusal::stale;
    retry_budget empty(0.0, 0);
    call_progress progress;
    for (unsigned i = 0; i < call_progress::max_stale_rounds; ++i) {
        const auto d = decide_retry(f, progress, {}, moment(0s), core::never, empty, 0.5);
        CHECK(d.what == action::reauthenticate);
        CHECK(d.why == retry_reason::authentication);
        progress.record(d, f);
    }
    CHECK(progress.attempts == 1);
    CHECK(decide_retry(f, progress, {}, moment(0s), core::never, empty, 0.5).why ==
          retry_reason::budget_empty);
    retry_budget full(0.2, 10);
    for (unsigned attempt = 2; attempt <= 3; ++attempt) {
        const auto d = decide_retry(f, progress, {}, moment(0s), core::never, full, 0.5);
        CHECK(d.what == action::retry_after);
        CHECK(d.why == retry_reason::transient);
        CHECK(d.delay > duration::zero());
        progress.record(d, f);
        CHECK(progress.attempts == attempt);
    }
    CHECK(decide_retry(f, progress, {}, moment(0s), core::never, full, 0.5).why ==
          retry_reason::attempts_exhausted);
}

TEST_CASE("T5: a refused token is replaced once, a second 401 surfaces") {
    attempt_facts f = with_status(401, errc::unauthorized);
    f.authentication = refusal::credentials;
    call_progress progress;
    const auto d = decide(f, progress);
    CHECK(d.what == action::reauthenticate);
    progress.record(d, f);
    CHECK(decide(f, progress).what == action::fail);
    CHECK(decide(f, progress).why == retry_reason::rounds_exhausted);
    f.authentication = refusal::none;
    CHECK(decide(f).what == action::fail);
}

TEST_CASE("T5: an old token retried with the current one leaves the forced refresh to come") {
    attempt_facts f = with_status(401, errc::unauthorized);
    call_progress progress;
    for (const refusal r :
         {refusal::challenge, refusal::stale, refusal::credentials, refusal::stale, refusal::challenge}) {
        f.authentication = r;
        const auto d = decide(f, progress);
        CHECK(d.what == action::reauthenticate);
        progress.record(d, f);
    }
    f.authentication = refusal::credentials;
    CHECK(decide(f, progress).why == retry_reason::rounds_exhausted);
    f.authentication = refusal::challenge;
    progress.challenges = call_progress::max_challenges;
    CHECK(decide(f, progress).why == retry_reason::rounds_exhausted);
}

TEST_CASE("R7: no order of failures makes one lookup exceed its requests") {
    const auto random = core::seeded_random(77);
    retry_options options;
    options.max_attempts = 4;
    constexpr unsigned extra = call_progress::max_replays + call_progress::max_challenges +
                               call_progress::max_stale_rounds + call_progress::max_refreshes;
    unsigned most = 0;
    for (int i = 0; i < 100'000; ++i) {
        retry_budget budget(0.2, 100);
        call_progress progress;
        unsigned requests = 0;
        for (;;) {
            ++requests;
            REQUIRE(requests <= options.max_attempts + extra);
            attempt_facts f = with_code(errc::peer_closed);
            f.reused_connection = random->next() % 2 == 0;
            f.response_started = random->next() % 4 == 0;
            if (random->next() % 4 != 0) {
                f.http_status = 401;
                f.authentication = static_cast<refusal>(1 + random->next() % 3);
            }
            const auto d =
                decide_retry(f, progress, options, moment(0s), core::never, budget, random->unit());
            if (d.what == action::fail) break;
            progress.record(d, f);
        }
        most = std::max(most, requests);
    }
    CHECK(most == options.max_attempts + extra);
}

TEST_CASE("P18: an answer among others that would be the outcome is asked for once more, by itself") {
    struct row {
        attempt_facts failed;
        action alone;
    };
    attempt_facts redirect = with_status(302);
    redirect.redirected = true;
    for (const auto& [failed, alone] :
         {row{with_status(404), action::fail}, row{with_status(400), action::fail},
          row{with_status(500), action::fail}, row{with_status(200, errc::wrong_image), action::fail},
          row{with_status(200, errc::malformed_body), action::fail},
          row{with_code(errc::malformed_response), action::fail}, row{redirect, action::follow}}) {
        CAPTURE(to_string(failed.code));
        CAPTURE(failed.http_status);
        CHECK(decide(failed).what == alone);
        attempt_facts among = failed;
        among.among_others = true;
        const retry_decision once = decide(among);
        CHECK(once.what == action::confirm);
        CHECK(once.why == retry_reason::unconfirmed);
        CHECK(once.delay == duration::zero());
        call_progress progress;
        progress.record(once, among);
        CHECK(progress.confirmations == 1);
        CHECK(progress.attempts == 1);
        CHECK(decide(among, progress).what == alone);
    }
}

TEST_CASE(
    "P18: what is repeated anyway is asked for once more only at the end, and only if it was an answer") {
    for (attempt_facts failed : {with_status(503), with_status(429), with_code(errc::attempt_timeout),
                                 with_code(errc::peer_closed)}) {
        failed.among_others = true;
        CHECK(decide(failed).what == action::retry_after);
        call_progress spent;
        spent.attempts = retry_options().max_attempts;
        CHECK(decide(failed, spent).what == (failed.http_status != 0 ? action::confirm : action::fail));
        retry_budget empty(0.0, 0);
        CHECK(decide_retry(failed, {}, {}, moment(0s), core::never, empty, any_random).what ==
              (failed.http_status != 0 ? action::confirm : action::fail));
    }
    attempt_facts patient = with_status(503);
    patient.among_others = true;
    patient.retry_after = 60s;
    retry_budget budget(0.2, 10);
    CHECK(decide_retry(patient, {}, {}, moment(0s), moment(5s), budget, any_random).what == action::confirm);
    attempt_facts challenged = with_status(401);
    challenged.among_others = true;
    challenged.authentication = refusal::challenge;
    CHECK(decide(challenged).what == action::reauthenticate);
    call_progress rounds;
    rounds.challenges = call_progress::max_challenges;
    CHECK(decide(challenged, rounds).what == action::confirm);
}

TEST_CASE("P18: an answer in doubt costs no budget, and is not asked for again without time") {
    attempt_facts failed = with_status(404);
    failed.among_others = true;
    retry_budget empty(0.0, 0);
    CHECK(decide_retry(failed, {}, {}, moment(0s), core::never, empty, any_random).what == action::confirm);
    const retry_decision late = decide_retry(failed, {}, {}, moment(1s), moment(1s), empty, any_random);
    CHECK(late.what == action::fail);
    CHECK(late.why == retry_reason::unconfirmed);
}

TEST_CASE(
    "P18: a request whose connection ended with one before it is replayed, more often than a stale one") {
    attempt_facts failed = with_code(errc::peer_closed);
    failed.reused_connection = true;
    failed.among_others = true;
    failed.displaced = true;
    retry_budget empty(0.0, 0);
    call_progress progress;
    progress.replays = call_progress::max_replays;
    for (unsigned i = 0; i < call_progress::max_displacements; ++i) {
        const auto decision = decide_retry(failed, progress, {}, moment(0s), core::never, empty, any_random);
        REQUIRE(decision.what == action::replay_now);
        progress.record(decision, failed);
    }
    CHECK(progress.displacements == call_progress::max_displacements);
    CHECK(progress.replays == call_progress::max_replays);
    CHECK(decide(failed, progress).what == action::retry_after);
}
