// Whether, when and how a failed try of a lookup is repeated: the only place that decides it.
#pragma once

#include "core/time.hpp"
#include "policy/retry_budget.hpp"

#include <getty/connect/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace getty::connect::policy {

struct retry_options {
    /// Tries of one lookup, the first included; replays and authentication rounds come on top (see
    /// `call_progress`). At least 1.
    unsigned max_attempts = 3;
    core::duration base_delay = std::chrono::milliseconds(100);
    core::duration max_delay = std::chrono::seconds(10);
    /// Longest wait that a Retry-After may impose; a longer one counts as this.
    core::duration max_retry_after = std::chrono::minutes(5);
    /// No try starts with less time than this left before the deadline.
    core::duration min_time_left = std::chrono::milliseconds(10);
    /// Whether a status of 500 is worth another try.
    bool retry_internal_error = false;
};

/// What a 401 was about.
enum class refusal {
    none,         ///< nothing that other credentials could cure
    challenge,    ///< the request carried no credentials; now there is a challenge to answer
    stale,        ///< the nonce had aged, or nonce or token have been replaced since the request was built
    credentials,  ///< the current token was refused, and another may be had
};

/// How one try ended.
struct attempt_facts {
    errc code = errc::internal_failure;
    /// Status of the answer, 0 when none came.
    int http_status = 0;
    /// `no` when not a byte of the request was written.
    connect::processed processed = connect::processed::no;
    /// The connection had been idle, or had served a lookup, before this try.
    bool reused_connection = false;
    /// At least one byte of an answer arrived.
    bool response_started = false;
    /// Other requests were under way on its connection (pipelining): the answer may be another's.
    bool among_others = false;
    /// Its connection had served others before, and it came sooner than any answer can, or names no image, or
    /// another: it may be a late answer to somebody else's request.
    bool suspect = false;
    /// The connection ended with an earlier request's exchange before this one had its turn.
    bool displaced = false;
    /// The service's explanation says that queries per second were exceeded (some gateways use 403 for it).
    bool over_queries_per_second = false;
    /// The answer leads to another target, where the lookup may go on.
    bool redirected = false;
    refusal authentication = refusal::none;
    /// The wait that the service asked for; nullopt when it named none that can be understood.
    std::optional<core::duration> retry_after;
};

/// Why the decision is what it is.
enum class retry_reason {
    stale_connection,    ///< the peer had closed a kept connection
    transient,           ///< likely to pass
    throttled,           ///< the service asks for fewer requests
    authentication,      ///< a nonce or token is to be replaced
    redirected,          ///< the service says that it is elsewhere
    unconfirmed,         ///< the answer may be another request's; with `fail`: and no time is left to confirm
    permanent,           ///< another try would end the same way
    attempts_exhausted,  ///< max_attempts made
    rounds_exhausted,    ///< authentication has had its rounds
    redirects_exhausted,  ///< it has been sent on too often
    budget_empty,         ///< too many retries of other lookups
    out_of_time,          ///< the deadline comes first
};

struct retry_decision {
    enum class action {
        fail,            ///< the error is the outcome
        replay_now,      ///< at once, on a connection never used; not charged to the budget, not counted as
                         ///< attempt
        retry_after,     ///< after `delay`; charged and counted
        reauthenticate,  ///< at once, with the nonce or token that is current by then; not charged
        follow,          ///< at once, to the target that was named; not charged
        confirm,  ///< at once, on a connection with nothing else under way, where the answer was suspect on
                  ///< one never used; not charged. All further tries have theirs alone
    };
    action what = action::fail;
    retry_reason why = retry_reason::permanent;
    core::duration delay{};  ///< of retry_after only, else zero
};

/// What has been tried for one lookup so far. So one lookup makes at most max_attempts + max_replays +
/// max_challenges + max_stale_rounds + max_refreshes requests, max_redirects more where they are followed,
/// and max_displacements + max_confirmations more where they are pipelined.
struct call_progress {
    static constexpr unsigned max_replays = 1;
    static constexpr unsigned max_displacements = 10;  ///< replays of those that are `displaced`
    /// Each try may fetch its own nonce, and one may be forgotten on the way, as after a fork.
    static constexpr unsigned max_challenges = 8;
    /// Where many share a nonce, some may have to yield to others several times.
    static constexpr unsigned max_stale_rounds = 8;
    static constexpr unsigned max_refreshes = 1;
    static constexpr unsigned max_redirects = 5;
    static constexpr unsigned max_confirmations = 1;

    unsigned attempts = 1;  ///< the one under way included
    bool patient = false;   ///< of a batch: where the budget is empty, it waits for as long as it may at most
    unsigned replays = 0;
    unsigned displacements = 0;
    unsigned challenges = 0;    ///< answered after a request without credentials
    unsigned stale_rounds = 0;  ///< silent retries with a newer nonce or token
    unsigned refreshes = 0;     ///< tokens replaced because this lookup's was refused
    unsigned redirects = 0;
    unsigned confirmations = 0;

    /// Counts what is about to happen; call it with every decision that is not `fail`.
    void record(const retry_decision& decision, const attempt_facts& failure) noexcept;
};

/// Whether the try met a kept connection that its peer had closed: it says nothing about the service.
[[nodiscard]] bool finds_dead_connection(const attempt_facts& failure,
                                         const call_progress& progress) noexcept;

/// Decides over one failed try. Takes one retry out of `budget` exactly when the answer is `retry_after`; the
/// caller has deposited at the beginning of the call. `random` in [0, 1) spreads the delay.
///
///     failure                                              decision, if time is left
///     peer_closed on a reused connection, no byte of an
///       answer, first time                                 replay_now
///     the same when displaced, ten times                   replay_now
///     peer_closed otherwise, attempt_timeout               retry_after
///     no connection, name or handshake; token_unavailable  retry_after
///     a certificate that is not acceptable                 fail
///     401: challenge, credentials                          reauthenticate within its rounds, else fail
///     401: stale                                           reauthenticate within its rounds, else
///                                                            retry_after
///     an answer among others, or suspect, that else would
///       be followed or be the outcome, first time          confirm
///     a redirect that may be followed                      follow five times, else fail
///     408, 429, 502, 503, 504, 596; 500 by option               retry_after
///     403 over queries per second                          retry_after
///     anything else                                        fail
///
/// An empty budget fails a call, or has a patient one wait for half to all of max_delay.
///
/// The delay is the Retry-After, exactly, where there is one, else full jitter. A delay that leaves less than
/// min_time_left before `deadline` fails now, with the error at hand.
[[nodiscard]] retry_decision decide_retry(const attempt_facts& failure, const call_progress& progress,
                                          const retry_options& options, core::time_point now,
                                          core::time_point deadline, retry_budget& budget,
                                          double random) noexcept;

}  // namespace getty::connect::policy
