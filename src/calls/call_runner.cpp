#include "calls/call_runner.hpp"

#include "async/alarm.hpp"
#include "async/event.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace getty::connect::calls {

using lease = http::connection_pool::lease;

call_runner::call_runner(async::scheduler& on, http::connection_pool& pool, shared_limits& limits,
                         admission_rule rule, core::random_source& random, core::telemetry& watch,
                         call_settings settings)
    : scheduler_(on),
      pool_(pool),
      limits_(limits),
      rule_(rule),
      random_(random),
      telemetry_(watch),
      settings_(std::move(settings)),
      readers_(settings_.limits) {}

namespace {

/// The batch has stopped meanwhile.
attempt_failure not_to_be_sent() {
    attempt_failure s(error(errc::not_asked, stage::queue));
    s.unsent = true;
    return s;
}

std::string in_seconds(core::duration d) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(d).count()) + " s";
}

/// As `why`, with more words in front.
error reworded(const error& why, const std::string& before) {
    error e(why.value(), why.stage(),
            before + (why.message().empty() ? std::string() : ": " + why.message()));
    e.with_status(why.http_status()).with_origin(why.origin());
    return e;
}

/// Who a request is for, to whoever tells failures of one id from those of many.
std::uint64_t identity_of(const request& what) { return std::hash<std::string_view>()(what.name()); }

/// How soon something is noticed that another shard did.
constexpr core::duration look_again = std::chrono::milliseconds(250);
/// The same where somebody else's answer is waited for.
constexpr core::duration look_soon = std::chrono::milliseconds(50);

/// The service has more to do than it can.
bool is_overload(const policy::attempt_facts& facts) {
    return facts.code == errc::throttled || facts.code == errc::attempt_timeout || facts.http_status == 503;
}

}  // namespace

/// While an outage is on: this call is the one that looks whether it is over.
struct call_runner::probe_right {
    explicit probe_right(call_runner& of) noexcept : in(of) {}
    ~probe_right() { give_up(); }
    probe_right(const probe_right&) = delete;
    probe_right& operator=(const probe_right&) = delete;

    [[nodiscard]] bool take() { return held = in.limits_.try_probe(in.scheduler_.now()); }
    /// What came of it has been told.
    void give_up() {
        if (std::exchange(held, false)) in.limits_.probe_ended(in.scheduler_.now(), in.random_.unit());
    }

    call_runner& in;
    bool held = false;
};

/// The time between its making and its end is imposed by the client: in a batch it does not count.
struct call_runner::patience {
    patience(const async::scheduler& on, call_terms& of) : scheduler(on), terms(of), began(on.now()) {}
    ~patience() {
        if (terms.batch) terms.deadline = core::later(terms.deadline, scheduler.now() - began);
    }
    patience(const patience&) = delete;
    patience& operator=(const patience&) = delete;
    /// Of a wait.
    [[nodiscard]] core::time_point end() const noexcept { return terms.batch ? core::never : terms.deadline; }

    const async::scheduler& scheduler;
    call_terms& terms;
    core::time_point began;
};

async::task<result<void>> call_runner::run(request& what, async::cancel_scope& scope, call_terms terms,
                                           call_report& report, role as) {
    policy::call_progress progress;
    if (as == role::whole_call) {
        limits_.deposit();
    } else {
        progress.attempts = settings_.retry.max_attempts;
    }
    const batch_terms* const batch = as == role::whole_call ? terms.batch : nullptr;
    progress.patient = batch != nullptr;
    const bool rated = rule_ == admission_rule::rated;
    bool maybe_processed = false;
    std::optional<attempt_failure> failed;
    probe_right probe(*this);
    must_be connection = must_be::any;
    unsigned chances = 3;  // to turn out not to have failed by itself
    for (;;) {
        if (batch && batch->max_outage > core::duration::zero() && limits_.in_outage() && !probe.held) {
            const patience imposed(scheduler_, terms);
            const after_outage then = co_await sit_out(probe, scope, *batch);
            if (then == after_outage::given_up) report.stops_batch = given_up();
            if (then == after_outage::given_up || then == after_outage::stopped) {
                const error why = report.stops_batch ? *report.stops_batch : batch->stopped.value_or(error());
                co_return unsent(scope, report, failed, why);
            }
        }
        if (settings_.sharing == sharing::shared && limits_.pipelining_stopped()) pool_.stop_sharing();
        // A second copy that waits behind what holds up the first would be of no use.
        const bool by_itself =
            as == role::single_try || progress.confirmations > 0 || connection == must_be::never_used;
        const sharing wanted = by_itself ? sharing::exclusive : settings_.sharing;
        const unsigned requests_before = report.requests;
        std::optional<attempt_failure> got = co_await attempt(what, wanted, connection, scope, terms, report);
        connection = must_be::any;
        if (!got) {
            if (rated) {
                answered_well(report);
            } else {
                limits_.note_worked();
            }
            co_return result<void>();
        }
        if (got->unsent) co_return unsent(scope, report, failed, batch->stopped.value_or(error()));
        failed = std::move(got);
        maybe_processed = maybe_processed || failed->facts.processed == processed::maybe;
        report.overloaded = report.overloaded || is_overload(failed->facts);
        using action = policy::retry_decision::action;
        policy::retry_decision decision;
        shared_limits::meaning means;
        bool sits_out = false;
        // An answer that may be another's is asked for once more before it counts. A batch has time: to it
        // whosever answer it was says how the service is.
        const bool doubted =
            !batch && (failed->facts.among_others || failed->facts.suspect) && progress.confirmations == 0;
        const bool told =
            failed->facts.authentication == policy::refusal::none && !failed->facts.redirected && !doubted;
        const bool sent = report.requests > requests_before;
        if (rated && told && !policy::finds_dead_connection(failed->facts, progress)) {
            means = weigh(what, *failed, sent ? report.last_sent : scheduler_.now(), batch != nullptr);
            probe.give_up();
        }
        if (batch) {
            using kind = shared_limits::meaning::kind;
            if (means.what == kind::pause) {
                // It is waited for before the next try, in which nobody's time runs.
                const bool goes_on = !means.own_try || ++progress.attempts <= settings_.retry.max_attempts;
                if (goes_on && !means.beyond) {
                    const patience imposed(scheduler_, terms);
                    if (means.begins) co_await let_another_go(means.until, scope, *batch);
                    continue;
                }
                failed->settled = true;
                if (means.beyond) report.stops_batch = too_long(*failed);
            }
            sits_out = means.what == kind::shared && batch->max_outage > core::duration::zero();
            if (sits_out && limits_.in_outage()) {
                progress.attempts = 1;
                continue;
            }
            // So that one outage of the token endpoint is noticed as such.
            if (sits_out) failed->settled = false;
            if (hopeless(*failed)) report.stops_batch = failed->why;
        }
        if (!failed->settled && !report.stops_batch) {
            decision = limits_.decide(failed->facts, progress, settings_.retry, scheduler_.now(),
                                      terms.deadline, random_.unit());
        }
        if (decision.what == action::fail && sits_out && !report.stops_batch && chances > 0) {
            const patience imposed(scheduler_, terms);
            --chances;
            const bool shared = co_await shared_by_all(what, scope, *batch);
            if (shared) {
                progress.attempts = 1;
                continue;
            }
        }
        if (decision.what == action::fail) {
            if (report.stops_batch && report.requests == 0) {
                co_return unsent(scope, report, failed, *report.stops_batch);
            }
            if (decision.why == policy::retry_reason::unconfirmed) {
                failed->why = error(errc::deadline_exceeded, stage::read,
                                    "no time is left to ask once more whether this was the answer: " +
                                        std::string(failed->why.message()));
            }
            if (decision.why == policy::retry_reason::budget_empty) {
                failed->why = reworded(failed->why, "not tried again, since the retry budget is empty");
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
            // Another that was kept may be as dead. One that ended with another's exchange says nothing.
            if (!failed->facts.displaced) connection = must_be::never_used;
        }
        if (decision.what == action::follow) what.follow();
        if (decision.what == action::confirm) {
            telemetry_.confirmations.add();
            // Among others it is enough to be alone: what is in doubt ends with those others.
            if (failed->facts.suspect) connection = must_be::never_used;
        }
        if (decision.what == action::reauthenticate) telemetry_.auth_challenges.add();
        if (decision.what != action::retry_after) continue;
        telemetry_.retries.add();
        telemetry_.tell([&](observer& o) {
            const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(decision.delay);
            o.retrying(what.name(), progress.attempts, wait, failed->why);
        });
        co_await pause(core::later(scheduler_.now(), decision.delay), scope, terms.deadline);
    }
}

/// The end of a call that is not sent any more: what it met, or that it was not asked for.
error call_runner::unsent(const async::cancel_scope& scope, const call_report& report,
                          const std::optional<attempt_failure>& failed, const error& why) const {
    error e;
    if (scope.status() == async::cancel_scope::state::canceled) {
        e = error(errc::canceled, stage::queue);
    } else if (report.requests > 0 && failed) {
        e = failed->why;
    } else {
        e = error(errc::not_asked, stage::queue, why.describe());
    }
    if (e.origin().empty()) e.with_origin(settings_.origin);
    e.with_attempts(report.requests);
    return e;
}

shared_limits::meaning call_runner::weigh(const request& what, const attempt_failure& failed,
                                          core::time_point sent, bool of_batch) {
    const core::time_point now = scheduler_.now();
    const std::uint64_t who = identity_of(what);
    const shared_limits::meaning m = limits_.failed(failed.facts, who, sent, now, random_.unit(), of_batch);
    if (m.ended) outage_ended(m.lasted);
    if (!m.begins) return m;
    if (m.what == shared_limits::meaning::kind::shared) {
        limits_.note_outage(failed.why);
        telemetry_.outages.add();
        telemetry_.in_outage.store(true, std::memory_order_relaxed);
        telemetry_.tell([&](observer& o) { o.outage_began(failed.why); });
    } else {
        telemetry_.pauses.add();
        telemetry_.paused_until.store(m.until.time_since_epoch().count(), std::memory_order_relaxed);
        telemetry_.tell([&](observer& o) {
            o.paused(std::chrono::ceil<std::chrono::milliseconds>(m.until - now), failed.why);
        });
    }
    return m;
}

void call_runner::answered_well(const call_report& report) {
    const core::time_point ended = report.last_sent + report.last_exchange;
    const std::optional<core::duration> lasted = limits_.answered_well(report.last_sent, ended);
    if (lasted) outage_ended(*lasted);
}

void call_runner::outage_ended(core::duration lasted) {
    telemetry_.in_outage.store(false, std::memory_order_relaxed);
    telemetry_.tell(
        [&](observer& o) { o.outage_ended(std::chrono::duration_cast<std::chrono::milliseconds>(lasted)); });
}

/// Whether what failed fails for every lookup, until somebody mends it.
bool call_runner::hopeless(const attempt_failure& failed) {
    switch (failed.why.value()) {
        case errc::credentials_rejected:
        case errc::quota_exhausted:
            return true;
        case errc::challenge_unsupported:
        case errc::unauthorized:
            return failed.facts.authentication == policy::refusal::none && !limits_.mostly_good();
        default:
            return false;
    }
}

error call_runner::given_up() {
    const error why = limits_.outage_why();
    const shared_limits::outage o = limits_.outage_now();
    return reworded(why, "every lookup has failed of this for " + in_seconds(scheduler_.now() - o.began));
}

error call_runner::too_long(const attempt_failure& failed) const {
    const auto asked = failed.facts.retry_after;
    const std::string most = in_seconds(limits_.longest_pause());
    const error throttled = error(errc::throttled, stage::read, failed.why.message())
                                .with_status(failed.why.http_status())
                                .with_origin(failed.why.origin());
    return reworded(throttled, asked && *asked > limits_.longest_pause()
                                   ? "it asks for a pause of " + in_seconds(*asked) + ", more than the " +
                                         most + " of max_pause"
                                   : "it has asked for pauses without a good answer in between, for more "
                                     "than the " +
                                         most + " of max_pause");
}

core::time_point call_runner::turn(const batch_terms& batch, bool alone, core::time_point now) {
    if (!limits_.regulated()) return now;
    const core::time_point later = core::later(now, look_again);
    if (unprepared_ > 0) return later;
    if (batch.max_outage > core::duration::zero() && limits_.in_outage() && !alone) return later;
    return std::min(limits_.next_permit(now), later);
}

/// Whoever met the answer that began a pause is not the first to leave after it: an id that is always refused
/// would have everybody pause for ever. Where there is no other, it goes a little later.
async::task<void> call_runner::let_another_go(core::time_point until, async::cancel_scope& scope,
                                              const batch_terms& batch) {
    const std::uint64_t before = limits_.later_answers();
    const core::duration length = std::max(until - scheduler_.now(), core::duration::zero());
    const core::time_point last =
        core::later(until, std::min<core::duration>(length, std::chrono::seconds(1)));
    while (scheduler_.now() < last && limits_.later_answers() == before && !batch.stopped) {
        co_await pause(std::min(last, core::later(scheduler_.now(), look_soon)), scope, core::never);
        if (scope.stopped()) co_return;
    }
}

/// A failure that may be everybody's is not believed before somebody else was answered well. True when it
/// turns out to be an outage, or when others had failed too and nobody succeeded meanwhile: a short one.
async::task<bool> call_runner::shared_by_all(const request& what, async::cancel_scope& scope,
                                             const batch_terms& batch) {
    const std::uint64_t who = identity_of(what);
    bool others_failed = false;
    const std::uint64_t before = limits_.good_answers();
    const std::uint64_t outages_before = limits_.outages_begun();
    struct aside {
        explicit aside(const batch_terms& in) : of(in) { of.set_aside(1); }
        ~aside() { of.set_aside(-1); }
        aside(const aside&) = delete;
        aside& operator=(const aside&) = delete;
        const batch_terms& of;
    };
    const aside waits(batch);
    for (;;) {
        // It may have been short.
        if (limits_.outages_begun() != outages_before) co_return true;
        if (batch.stopped || scope.status() == async::cancel_scope::state::canceled) co_return false;
        if (limits_.good_answers() != before) co_return others_failed;
        if (batch.nobody_else()) co_return false;
        others_failed = limits_.others_failed(who);
        co_await pause(core::later(scheduler_.now(), look_soon), scope, core::never);
    }
}

/// Waits for the end of an outage, or for the turn to look whether it is over.
async::task<call_runner::after_outage> call_runner::sit_out(probe_right& right, async::cancel_scope& scope,
                                                            const batch_terms& batch) {
    async::event changed(scheduler_);
    async::alarm bell(scheduler_, changed);
    scope.expires_at(core::never);
    for (;;) {
        const core::time_point now = scheduler_.now();
        const shared_limits::outage o = limits_.outage_now();
        if (batch.stopped || scope.stopped()) co_return after_outage::stopped;
        if (!o.on) co_return after_outage::over;
        const core::time_point last = core::later(o.began, batch.max_outage);
        const bool at_first = batch.at_first == connect::before_first_answer::stop && !o.worked;
        if (at_first || now >= last) co_return after_outage::given_up;
        if (right.take()) co_return after_outage::probe;
        bell.set(std::min(last, core::later(now, look_again)));
        co_await changed.wait(scope);
    }
}

/// A place in the rate, given back unless the request left.
struct call_runner::admission {
    explicit admission(call_runner& in) : limits(in.limits_), rule(in.rule_) {}
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
struct call_runner::unanswered {
    explicit unanswered(request& of) noexcept : what(&of) {}
    ~unanswered() {
        if (what) what->unanswered();
    }
    unanswered(const unanswered&) = delete;
    unanswered& operator=(const unanswered&) = delete;
    void answered() noexcept { what = nullptr; }

    request* what;
};

async::task<std::optional<attempt_failure>> call_runner::attempt(request& what, sharing wanted, must_be fit,
                                                                 async::cancel_scope& scope,
                                                                 call_terms& terms, call_report& report) {
    unanswered claims(what);
    admission admitted(*this);
    lease connection;
    core::time_point now = scheduler_.now();
    // Most of the time everything is at hand.
    if (fit == must_be::any && what.prepared() && admitted.due(now) <= now) {
        connection = pool_.try_acquire(wanted, now);
    }
    if (!connection) {
        cleared_result got = co_await cleared(what, admitted, wanted, fit, scope, terms);
        if (!got.connection) co_return std::move(got.failed);
        connection = std::move(got.connection);
        now = scheduler_.now();
    }
    std::string& bytes = what.buffer();
    if (terms.batch && terms.batch->stopped) {
        connection.return_unused();
        co_return not_to_be_sent();
    }
    result<void> written = stopped_by(scope, now, terms);
    if (written) written = what.write(bytes);
    if (!written) {
        connection.return_unused();
        co_return attempt_failure(written.error());
    }
    admitted.use();
    scope.expires_at(std::min(terms.deadline, core::later(now, settings_.attempt_timeout)));
    ++report.requests;
    telemetry_.requests.add();
    report.sent_at = report.last_sent = now;
    http::exchange_result exchanged = co_await connection->exchange(bytes, readers_, scope);
    report.sent_at.reset();
    const core::time_point ended = scheduler_.now();
    report.last_exchange = ended - now;
    if (exchanged.behind_others) telemetry_.requests_pipelined.add();
    if (!exchanged.ok()) {
        attempt_failure failed = broken(exchanged, connection.reused(), terms.deadline);
        connection.finish(false, std::nullopt, ended);
        co_return std::move(failed);
    }
    const http::response& answer = connection->message();
    telemetry_.bytes_received.add(answer.coded_body.size());
    std::optional<attempt_failure> judged = what.interpret(answer);
    claims.answered();
    // A service that never says whose image it is says nothing by not saying it.
    if (!judged && !what.unnamed()) names_ = true;
    if (!judged && connection.reused() && names_ && what.unnamed()) {
        judged.emplace(error(errc::wrong_image, stage::decode,
                             "it has no id, on a connection that had carried other answers")
                           .with_status(answer.status));
    }
    const errc verdict = judged ? judged->why.value() : errc{};
    // Another's response: requests and responses may be out of step on this connection.
    const bool wrong_proof = verdict == errc::server_not_authentic && exchanged.shared_before;
    const bool suspect = judged && connection.reused() && is_suspect(*judged, report.last_exchange);
    const bool out_of_step = verdict == errc::wrong_image || wrong_proof || suspect;
    if (!judged) fastest_ = std::min(fastest_, report.last_exchange);
    // It may have been on its way since there were others.
    exchanged.shared = exchanged.shared || (out_of_step && exchanged.shared_before);
    if (settings_.sharing == sharing::shared) heed(exchanged, verdict);
    const bool among_others = exchanged.shared || exchanged.behind_others;
    if (judged && among_others) connection.doubt();
    connection.finish(exchanged.reusable && !out_of_step, answer.idle_timeout, ended);
    if (judged) {
        judged->facts.processed = processed::maybe;
        judged->facts.among_others = among_others;
        judged->facts.suspect = suspect;
    }
    co_return judged;
}

/// On a connection that had served others: whether it may be a late answer to one of their requests.
bool call_runner::is_suspect(const attempt_failure& judged, core::duration took) const noexcept {
    const errc verdict = judged.why.value();
    if (verdict == errc::wrong_image) return true;
    // It lay there already, most likely: no answer has ever come in half of that time.
    const bool final = judged.facts.http_status >= 400 || verdict == errc::malformed_body;
    return final && fastest_ != core::duration::max() && took < fastest_ / 2;
}

/// Looks for a sign that requests had better not share connections, before anybody else is given this one.
void call_runner::heed(const http::exchange_result& exchanged, errc code) {
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

attempt_failure call_runner::broken(const http::exchange_result& exchanged, bool reused,
                                    core::time_point deadline) {
    const bool time_left = exchanged.code == errc::deadline_exceeded && scheduler_.now() < deadline;
    attempt_failure failed(
        error(time_left ? errc::attempt_timeout : exchanged.code, exchanged.at, exchanged.detail));
    if (settings_.sharing == sharing::shared) heed(exchanged, failed.why.value());
    failed.facts.displaced = exchanged.ended_before;
    failed.facts.among_others = exchanged.shared || exchanged.behind_others;
    failed.facts.reused_connection = reused;
    failed.facts.response_started = exchanged.response_started;
    failed.facts.processed = exchanged.request_started ? processed::maybe : processed::no;
    return failed;
}

/// Cancelled, or out of time: looked at before anything is sent. The clock is asked and not the scope,
/// whose expiry may be that of an earlier stage.
result<void> call_runner::stopped_by(const async::cancel_scope& scope, core::time_point now,
                                     const call_terms& terms, std::string_view waited_for) {
    if (scope.status() == async::cancel_scope::state::canceled) return error(errc::canceled, stage::queue);
    if (now >= terms.deadline) return error(errc::deadline_exceeded, stage::queue, waited_for);
    return {};
}

namespace {

/// One more as long as it lives.
struct counted {
    explicit counted(std::size_t& number) noexcept : of(++number) {}
    ~counted() { --of; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    std::size_t& of;
};

}  // namespace

/// What there is to wait for until `due`.
std::string call_runner::waits_until(core::time_point due, core::time_point now) {
    if (due <= limits_.paused_until()) {
        return "it waited for the end of a pause that the service asked for, " + in_seconds(due - now) +
               " from now";
    }
    return "it waited for its turn in the rate, " + in_seconds(due - now) + " from now";
}

async::task<call_runner::cleared_result> call_runner::cleared(request& what, admission& admitted,
                                                              sharing wanted, must_be fit,
                                                              async::cancel_scope& scope, call_terms& terms) {
    // Credentials, then a place in the rate, then a connection: nobody holds a connection while waiting for
    // one of the others, and no place while waiting for a token. What was ready before a wait may have aged
    // during it.
    const result<void> in_time = stopped_by(scope, scheduler_.now(), terms);
    if (!in_time) co_return cleared_result(attempt_failure(in_time.error()));
    const patience imposed(scheduler_, terms);
    std::string waited_for;
    for (;;) {
        if (terms.batch && terms.batch->stopped) co_return cleared_result(not_to_be_sent());
        if (!terms.batch || scope.stopped()) {
            const result<void> on = stopped_by(scope, scheduler_.now(), terms, waited_for);
            if (!on) co_return cleared_result(attempt_failure(on.error()));
        }
        if (!what.prepared()) {
            scope.expires_at(imposed.end());
            const counted waits(unprepared_);
            const result<void> prepared = co_await what.prepare(scope);
            if (terms.batch && terms.batch->stopped) co_return cleared_result(not_to_be_sent());
            if (!prepared && !scope.stopped()) {
                // Whoever prepared has tried as often as makes sense already.
                attempt_failure failed(prepared.error());
                failed.settled = true;
                co_return cleared_result(std::move(failed));
            }
            if (scope.stopped()) waited_for = "it waited for a token, or for its turn to authenticate";
            continue;
        }
        const core::time_point now = scheduler_.now();
        const core::time_point due = admitted.due(now);
        if (due > now) {
            // The end of a batch is to be noticed in between.
            const core::time_point look = terms.batch ? core::later(now, look_again) : core::never;
            co_await pause(std::min(due, look), scope, imposed.end());
            if (scope.stopped()) waited_for = waits_until(due, scheduler_.now());
            continue;
        }
        lease found = pool_.try_acquire(wanted, now);
        if (found && (fit == must_be::any || !found.reused())) co_return cleared_result(std::move(found));
        // What was used makes room for one that was not.
        if (found) found.finish_failed();
        const core::time_point patient = core::later(now, settings_.acquire_timeout);
        scope.expires_at(terms.batch ? core::never : std::min(terms.deadline, patient));
        result<lease> waited = co_await pool_.acquire(wanted, scope);
        if (!waited) {
            const bool own_deadline =
                waited.error().value() == errc::acquire_timeout && terms.deadline <= patient;
            if (own_deadline) {
                co_return cleared_result(attempt_failure(
                    error(errc::deadline_exceeded, stage::queue, "it waited for a connection")));
            }
            co_return cleared_result(attempt_failure(waited.error()));
        }
        if (fit == must_be::never_used && waited->reused()) {
            waited->finish_failed();
            continue;
        }
        // A pause may have begun meanwhile.
        const core::time_point then = scheduler_.now();
        if (what.prepared() && admitted.due(then) <= then) co_return cleared_result(std::move(*waited));
        waited->return_unused();
    }
}

async::task<void> call_runner::pause(core::time_point until, async::cancel_scope& scope,
                                     core::time_point deadline) {
    async::event over(scheduler_);
    async::alarm bell(scheduler_, over);
    scope.expires_at(deadline);
    bell.set(until);
    while (!bell.rang() && !scope.stopped()) {
        co_await over.wait(scope);
    }
}

}  // namespace getty::connect::calls
