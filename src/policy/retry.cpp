#include "policy/retry.hpp"

#include "policy/backoff.hpp"

#include <algorithm>

namespace getty::connect::policy {
namespace {

using action = retry_decision::action;

constexpr retry_decision fail(retry_reason why) noexcept { return {action::fail, why, {}}; }

/// What the answer, or its absence, says about another try; `transient` and `throttled` favour one.
retry_reason judge(const attempt_facts& f, const retry_options& options) noexcept {
    // The credentials are right, and a nonce of another time may last.
    if (f.authentication == refusal::stale) return retry_reason::transient;
    switch (f.http_status) {
        case 429:
            return retry_reason::throttled;
        case 403:
            return f.over_queries_per_second ? retry_reason::throttled : retry_reason::permanent;
        case 500:
            return options.retry_internal_error ? retry_reason::transient : retry_reason::permanent;
        case 408:
        case 502:
        case 503:
        case 504:
        case 596:  // of a gateway: the service behind it has not answered
            return retry_reason::transient;
        default:
            if (f.http_status >= 400) return retry_reason::permanent;
    }
    switch (f.code) {
        case errc::peer_closed:
        case errc::attempt_timeout:
        case errc::resolve_failed:
        case errc::connect_failed:
        case errc::connect_timeout:
        case errc::tls_failed:
        case errc::token_unavailable:
            return retry_reason::transient;
        default:
            return retry_reason::permanent;
    }
}

bool round_left(refusal what, const call_progress& p) noexcept {
    switch (what) {
        case refusal::challenge:
            return p.challenges < call_progress::max_challenges;
        case refusal::stale:
            return p.stale_rounds < call_progress::max_stale_rounds;
        case refusal::credentials:
            return p.refreshes < call_progress::max_refreshes;
        case refusal::none:
            break;
    }
    return false;
}

}  // namespace

bool finds_dead_connection(const attempt_facts& f, const call_progress& p) noexcept {
    return f.code == errc::peer_closed && f.reused_connection && !f.response_started &&
           (f.displaced ? p.displacements < call_progress::max_displacements
                        : p.replays < call_progress::max_replays);
}

void call_progress::record(const retry_decision& decision, const attempt_facts& failure) noexcept {
    switch (decision.what) {
        case action::fail:
            return;
        case action::replay_now:
            ++(failure.displaced ? displacements : replays);
            return;
        case action::retry_after:
            ++attempts;
            return;
        case action::follow:
            ++redirects;
            return;
        case action::confirm:
            ++confirmations;
            return;
        case action::reauthenticate:
            break;
    }
    switch (failure.authentication) {
        case refusal::challenge:
            ++challenges;
            return;
        case refusal::stale:
            ++stale_rounds;
            return;
        case refusal::credentials:
            ++refreshes;
            return;
        case refusal::none:
            return;
    }
}

namespace {

/// An answer came, whole or not.
bool answered(const attempt_facts& f) noexcept {
    return f.http_status != 0 || f.code == errc::malformed_response || f.code == errc::header_too_large ||
           f.code == errc::body_too_large;
}

bool doubtful(const attempt_facts& f, const call_progress& p) noexcept {
    return (f.among_others || f.suspect) && answered(f) && p.confirmations < call_progress::max_confirmations;
}

/// Takes the answer at its word.
retry_decision decide_undoubted(const attempt_facts& failure, const call_progress& progress,
                                const retry_options& options, core::time_point now, core::time_point deadline,
                                retry_budget& budget, double random) noexcept {
    const auto in_time = [&](core::duration delay) {
        return core::later(core::later(now, delay), options.min_time_left) <= deadline;
    };
    const bool another_round = round_left(failure.authentication, progress);
    if (failure.authentication != refusal::none &&
        (another_round || failure.authentication != refusal::stale)) {
        if (!another_round) return fail(retry_reason::rounds_exhausted);
        if (!in_time({})) return fail(retry_reason::out_of_time);
        return {action::reauthenticate, retry_reason::authentication, {}};
    }
    if (failure.redirected) {
        if (progress.redirects >= call_progress::max_redirects)
            return fail(retry_reason::redirects_exhausted);
        if (!in_time({})) return fail(retry_reason::out_of_time);
        return {action::follow, retry_reason::redirected, {}};
    }
    if (finds_dead_connection(failure, progress)) {
        if (!in_time({})) return fail(retry_reason::out_of_time);
        return {action::replay_now, retry_reason::stale_connection, {}};
    }
    const retry_reason why = judge(failure, options);
    if (why != retry_reason::transient && why != retry_reason::throttled) return fail(why);
    if (progress.attempts >= options.max_attempts) return fail(retry_reason::attempts_exhausted);

    core::duration delay{};
    if (failure.retry_after) {
        delay = std::clamp(*failure.retry_after, core::duration::zero(),
                           std::max(options.max_retry_after, core::duration::zero()));
    } else {
        delay = full_jitter(options.base_delay, options.max_delay, progress.attempts - 1, random);
    }
    if (!in_time(delay)) return fail(retry_reason::out_of_time);
    if (!budget.withdraw()) {
        if (!progress.patient) return fail(retry_reason::budget_empty);
        const auto most = static_cast<double>(std::max(options.max_delay, core::duration::zero()).count());
        const core::duration longer(static_cast<core::duration::rep>(most * (0.5 + random / 2)));
        delay = std::max(delay, longer);
        if (!in_time(delay)) return fail(retry_reason::out_of_time);
    }
    return {action::retry_after, why, delay};
}

}  // namespace

retry_decision decide_retry(const attempt_facts& failure, const call_progress& progress,
                            const retry_options& options, core::time_point now, core::time_point deadline,
                            retry_budget& budget, double random) noexcept {
    const retry_decision decision =
        decide_undoubted(failure, progress, options, now, deadline, budget, random);
    const bool believes = decision.what == action::fail || decision.what == action::follow;
    if (!believes || !doubtful(failure, progress)) return decision;
    const bool in_time = core::later(now, options.min_time_left) <= deadline;
    return {in_time ? action::confirm : action::fail, retry_reason::unconfirmed, {}};
}

}  // namespace getty::connect::policy
