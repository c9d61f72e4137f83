#include "runtime/caller.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::runtime {

using lease = connection_pool::lease;

caller::caller(io::loop& on, connection_pool& pool, shared_limits& limits, admission_rule rule,
               core::random_source& random, telemetry& watch, call_settings settings)
    : loop_(on),
      pool_(pool),
      limits_(limits),
      rule_(rule),
      random_(random),
      telemetry_(watch),
      settings_(std::move(settings)),
      readers_(settings_.limits) {}

namespace {

/// The service has more to do than it can.
bool is_overload(const policy::failed_attempt& facts) {
    return facts.code == errc::throttled || facts.code == errc::attempt_timeout || facts.http_status == 503;
}

}  // namespace

io::task<result<void>> caller::run(requester& what, io::operation& op, core::time_point deadline,
                                   call_report& report, role as) {
    policy::call_progress progress;
    if (as == role::whole_call) {
        limits_.deposit();
    } else {
        progress.attempts = settings_.retry.max_attempts;
    }
    bool maybe_processed = false;
    for (;;) {
        if (settings_.portion == portion::place && limits_.pipelining_stopped()) pool_.stop_sharing();
        // A second copy that waits behind what holds up the first would be of no use.
        const bool by_itself = as == role::single_try || progress.confirmations > 0;
        const portion wanted = by_itself ? portion::whole : settings_.portion;
        std::optional<setback> failed = co_await attempt(what, wanted, op, deadline, report);
        if (!failed) co_return result<void>();
        maybe_processed = maybe_processed || failed->facts.processed == processed::maybe;
        report.overloaded = report.overloaded || is_overload(failed->facts);
        using action = policy::retry_decision::action;
        policy::retry_decision decision;
        if (!failed->settled) {
            decision = limits_.decide(failed->facts, progress, settings_.retry, loop_.now(), deadline,
                                      random_.unit());
        }
        // A service that asks one lookup to slow down means all of them, whether this one goes on or not.
        if (rule_ == admission_rule::rated && failed->facts.code == errc::throttled) {
            limits_.pause_until(core::later(loop_.now(), failed->facts.retry_after.value_or(decision.delay)));
        }
        if (decision.what == action::fail) {
            if (decision.why == policy::retry_reason::unconfirmed) {
                failed->why = error(errc::deadline_exceeded, stage::read,
                                    "no time is left to ask once more whether this was the answer: " +
                                        std::string(failed->why.message()));
            }
            if (failed->why.origin().empty()) failed->why.with_origin(settings_.origin);
            failed->why.with_attempts(report.requests);
            failed->why.with_processed(maybe_processed ? processed::maybe : processed::no);
            co_return std::move(failed->why);
        }
        progress.record(decision, failed->facts);
        if (decision.what == action::replay_now) {
            telemetry_.replays.add();
            if (!failed->facts.among_others) pool_.drop_idle();
        }
        if (decision.what == action::follow) what.follow();
        if (decision.what == action::confirm) telemetry_.confirmations.add();
        if (decision.what == action::reauthenticate) telemetry_.auth_challenges.add();
        if (decision.what != action::retry_after) continue;
        telemetry_.retries.add();
        telemetry_.tell([&](observer& o) {
            const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(decision.delay);
            o.retrying(what.name(), progress.attempts, wait, failed->why);
        });
        co_await pause(core::later(loop_.now(), decision.delay), op, deadline);
    }
}

/// A place in the rate, given back unless the request left.
struct caller::admission {
    explicit admission(caller& in) : limits(in.limits_), rule(in.rule_) {}
    ~admission() {
        if (permit) limits.give_back(*permit);
    }
    admission(const admission&) = delete;
    admission& operator=(const admission&) = delete;

    /// When the request may leave, as things stand now: a pause voids what was promised before.
    core::time_point due(core::time_point now) {
        if (rule == admission_rule::at_once) return now;
        if (!permit || !limits.holds(*permit)) permit = limits.admit(now);
        return permit->at;
    }
    void use() noexcept { permit.reset(); }

    shared_limits& limits;
    admission_rule rule;
    std::optional<shared_limits::permit> permit;
};

/// Tells a requester that there was no answer, whichever way a try ends: others may wait for what it had
/// claimed.
struct caller::unanswered {
    explicit unanswered(requester& of) noexcept : what(&of) {}
    ~unanswered() {
        if (what) what->unanswered();
    }
    unanswered(const unanswered&) = delete;
    unanswered& operator=(const unanswered&) = delete;
    void answered() noexcept { what = nullptr; }

    requester* what;
};

io::task<std::optional<setback>> caller::attempt(requester& what, portion wanted, io::operation& op,
                                                 core::time_point deadline, call_report& report) {
    unanswered claims(what);
    admission admitted(*this);
    lease connection;
    core::time_point now = loop_.now();
    // Most of the time everything is at hand.
    if (what.prepared() && admitted.due(now) <= now) connection = pool_.try_acquire(wanted, now);
    if (!connection) {
        cleared_result got = co_await cleared(what, admitted, wanted, op, deadline);
        if (!got.connection) co_return std::move(got.failed);
        connection = std::move(got.connection);
        now = loop_.now();
    }
    std::string& bytes = what.buffer();
    result<void> written = stopped_by(op, now, deadline);
    if (written) written = what.write(bytes);
    if (!written) {
        connection.return_unused();
        co_return setback(written.error());
    }
    admitted.use();
    op.expires_at(std::min(deadline, core::later(now, settings_.attempt_timeout)));
    ++report.requests;
    telemetry_.requests.add();
    report.sent_at = now;
    io::exchange_result exchanged = co_await connection->exchange(bytes, readers_, op);
    report.sent_at.reset();
    const core::time_point ended = loop_.now();
    report.last_exchange = ended - now;
    if (exchanged.behind_others) telemetry_.requests_pipelined.add();
    if (!exchanged.ok()) {
        setback failed = broken(exchanged, connection.reused(), deadline);
        connection.finish(false, std::nullopt, ended);
        co_return std::move(failed);
    }
    const io::response& answer = connection->message();
    telemetry_.bytes_received.add(answer.coded_body.size());
    std::optional<setback> judged = what.interpret(answer);
    claims.answered();
    const errc verdict = judged ? judged->why.value() : errc{};
    // Another's response: requests and responses may be out of step on this connection.
    const bool wrong_proof = verdict == errc::server_not_authentic && exchanged.shared_before;
    const bool out_of_step = verdict == errc::wrong_image || wrong_proof;
    // It may have been on its way since there were others.
    exchanged.shared = exchanged.shared || (out_of_step && exchanged.shared_before);
    if (settings_.portion == portion::place) heed(exchanged, verdict);
    const bool among_others = exchanged.shared || exchanged.behind_others;
    if (judged && among_others) connection.doubt();
    connection.finish(exchanged.reusable && !out_of_step, answer.idle_timeout, ended);
    if (judged) {
        judged->facts.processed = processed::maybe;
        judged->facts.among_others = among_others;
    }
    co_return judged;
}

/// Looks for a sign that requests had better not share connections, before anybody else is given this one.
void caller::heed(const io::exchange_result& exchanged, errc code) {
    if (limits_.pipelining_stopped()) return pool_.stop_sharing();
    policy::pipelined_exchange ended;
    const bool anothers = exchanged.passed_over != errc{};
    ended.code = anothers ? exchanged.passed_over : code;
    ended.behind_others = exchanged.behind_others;
    ended.shared = exchanged.shared || anothers;
    ended.ended_before = exchanged.ended_before && !anothers;
    ended.unasked = exchanged.unasked;
    ended.by_write = exchanged.by_write;
    const std::string_view why = policy::pipelining_violation(ended);
    if (why.empty() || !limits_.stop_pipelining()) return;
    pool_.stop_sharing();
    telemetry_.pipelining_stopped.add();
    telemetry_.tell([&](observer& o) { o.pipelining_stopped(settings_.origin, why); });
}

setback caller::broken(const io::exchange_result& exchanged, bool reused, core::time_point deadline) {
    const bool time_left = exchanged.code == errc::deadline_exceeded && loop_.now() < deadline;
    setback failed(error(time_left ? errc::attempt_timeout : exchanged.code, exchanged.at, exchanged.detail));
    if (settings_.portion == portion::place) heed(exchanged, failed.why.value());
    failed.facts.displaced = exchanged.ended_before;
    failed.facts.among_others = exchanged.shared || exchanged.behind_others;
    failed.facts.reused_connection = reused;
    failed.facts.response_started = exchanged.response_started;
    failed.facts.processed = exchanged.request_started ? processed::maybe : processed::no;
    return failed;
}

/// Cancelled, or out of time: looked at before anything is sent. The clock is asked and not the operation,
/// whose expiry may be that of an earlier stage.
result<void> caller::stopped_by(const io::operation& op, core::time_point now, core::time_point deadline) {
    if (op.status() == io::operation::state::canceled) return error(errc::canceled, stage::queue);
    if (now >= deadline) return error(errc::deadline_exceeded, stage::queue);
    return {};
}

io::task<caller::cleared_result> caller::cleared(requester& what, admission& admitted, portion wanted,
                                                 io::operation& op, core::time_point deadline) {
    // Credentials, then a place in the rate, then a connection: nobody holds a connection while waiting for
    // one of the others, and no place while waiting for a token. What was ready before a wait may have aged
    // during it.
    for (;;) {
        const result<void> on = stopped_by(op, loop_.now(), deadline);
        if (!on) co_return cleared_result(setback(on.error()));
        if (!what.prepared()) {
            op.expires_at(deadline);
            const result<void> prepared = co_await what.prepare(op);
            if (!prepared && !op.stopped()) {
                // Whoever prepared has tried as often as makes sense already.
                setback failed(prepared.error());
                failed.settled = true;
                co_return cleared_result(std::move(failed));
            }
            continue;
        }
        const core::time_point due = admitted.due(loop_.now());
        if (due > loop_.now()) {
            co_await pause(due, op, deadline);
            continue;
        }
        lease found = pool_.try_acquire(wanted, loop_.now());
        if (found) co_return cleared_result(std::move(found));
        const core::time_point patience = core::later(loop_.now(), settings_.acquire_timeout);
        op.expires_at(std::min(deadline, patience));
        result<lease> waited = co_await pool_.acquire(wanted, op);
        if (!waited) {
            const bool own_deadline = waited.error().value() == errc::acquire_timeout && deadline <= patience;
            if (own_deadline) co_return cleared_result(setback(error(errc::deadline_exceeded, stage::queue)));
            co_return cleared_result(setback(waited.error()));
        }
        if (what.prepared()) co_return cleared_result(std::move(*waited));
        waited->return_unused();
    }
}

io::task<void> caller::pause(core::time_point until, io::operation& op, core::time_point deadline) {
    io::wait_point over(loop_);
    io::alarm bell(loop_, over);
    op.expires_at(deadline);
    bell.set(until);
    while (!bell.rang() && !op.stopped()) {
        co_await over.wait(op);
    }
}

}  // namespace getty::connect::runtime
