#include "calls/call_runner.hpp"

#include "async/alarm.hpp"
#include "core/redact.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace getty::connect::calls {
namespace {

using action = policy::retry_decision::action;

/// Who a request is for, to whoever tells failures of one id from those of many.
std::uint64_t identity_of(const request& what) { return std::hash<std::string_view>()(what.name()); }

/// The service has more to do than it can.
bool is_overload(const policy::attempt_facts& facts) {
    return facts.code == errc::throttled || facts.code == errc::attempt_timeout || facts.http_status == 503;
}

}  // namespace

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
      trouble_(on, limits, random, watch),
      readers_(settings_.limits) {}

/// How far a call has come.
struct call_runner::progress {
    progress(shared_trouble& trouble, const batch_terms* of, role as, const policy::retry_options& settings,
             void* for_observer)
        : batch(of), acts_as(as), options(settings), context(for_observer), probe(trouble) {
        counts.patient = batch != nullptr;
    }
    const batch_terms* batch;
    role acts_as;
    policy::retry_options options;
    void* context;
    policy::call_progress counts;
    std::optional<attempt_failure> failed;            // of the last try
    policy::retry_decision decision;                  // over it
    bool maybe_outage = false;                        // it may be everybody's, and the batch sits that out
    bool maybe_processed = false;                     // some try's request may have been acted on
    must_be connection = must_be::any;                // of the next try
    unsigned chances = 3;                             // to turn out not to have failed by itself
    std::optional<core::time_point> unreached_since;  // all tries since then have reached nobody
    unsigned attempts_before = 1;                     // what had been counted then
    shared_trouble::probe_right probe;

    /// Whether the last failure may yet turn out not to be the call's own: so often, or, where nobody was
    /// reached, for so long.
    [[nodiscard]] bool has_a_chance(core::time_point now) {
        if (!maybe_outage) return false;
        if (unreached_since) return now < core::later(*unreached_since, batch->max_outage);
        return chances > 0 && chances-- > 0;
    }
    /// What it has met was everybody's: it takes neither attempts nor time from this call.
    void start_over(call_terms& terms, core::time_point now) {
        counts.attempts = attempts_before = 1;
        terms.deadline = core::later(now, terms.whole_time);
    }
    /// A try ended at `now`. Tries that reached nobody pace those that follow, but where outages are sat out
    /// they are none of the call's own: whoever is reached again has the attempts that it had before.
    void note_reach(bool nobody, core::time_point now) {
        if (nobody && !unreached_since) {
            unreached_since = now;
            attempts_before = counts.attempts;
        }
        if (nobody || !unreached_since) return;
        unreached_since.reset();
        if (batch && batch->sits_out_outages()) counts.attempts = attempts_before;
    }
    /// A second copy that waits behind what holds up the first would be of no use.
    [[nodiscard]] bool by_itself() const noexcept {
        return acts_as == role::single_try || counts.confirmations > 0 || connection == must_be::never_used;
    }
};

async::task<result<void>> call_runner::run(request& what, async::cancel_scope& scope, call_terms terms,
                                           call_report& report, role as) {
    const batch_terms* const batch = as == role::single_try ? nullptr : terms.batch;
    progress call(trouble_, batch, as, settings_.retry, terms.context);
    if (terms.max_attempts) call.options.max_attempts = *terms.max_attempts;
    if (as == role::whole_call) limits_.deposit();
    if (as == role::single_try) {
        call.counts.attempts = call.options.max_attempts;
    }
    for (;;) {
        if (batch && batch->sits_out_outages() && limits_.in_outage() && !call.probe.held()) {
            using after = shared_trouble::after_outage;
            const imposed_wait imposed(scheduler_, terms);
            const after then = co_await trouble_.sit_out(call.probe, scope, *batch);
            if (then == after::given_up) report.stops_batch = trouble_.outage_too_long();
            if (then == after::given_up) co_return unsent(call, scope, report, *report.stops_batch);
            if (then == after::stopped) {
                co_return unsent(call, scope, report, batch->stopped.value_or(error()));
            }
        }
        if (settings_.sharing == sharing::shared && limits_.pipelining_stopped()) pool_.stop_sharing();
        const sharing wanted = call.by_itself() ? sharing::exclusive : settings_.sharing;
        const unsigned requests_before = report.requests;
        attempt_record record;
        std::optional<attempt_failure> got =
            co_await attempt(what, wanted, call.connection, scope, terms, report, record);
        if (telemetry_.watched() && rule_ == admission_rule::rated) {
            const bool was_sent = report.requests > requests_before;
            tell_attempt(what, terms, was_sent ? report.requests : 0, record, got);
        }
        call.connection = must_be::any;
        if (!got) {
            if (rule_ == admission_rule::rated) {
                trouble_.answered_well(report.last_sent, report.last_sent + report.last_exchange);
            } else {
                limits_.note_worked();
            }
            co_return result<void>();
        }
        if (got->unsent) co_return unsent(call, scope, report, batch->stopped.value_or(error()));
        call.failed = std::move(got);
        const bool sent = report.requests > requests_before;
        const shared_limits::meaning means =
            note(what, call, sent ? report.last_sent : scheduler_.now(), report);
        const course then = weigh(call, means, terms.deadline, report);
        if (then == course::after_pause && means.begins) {
            const imposed_wait imposed(scheduler_, terms);
            co_await trouble_.let_another_go(means.until, scope, *batch);
        }
        if (then == course::after_outage) call.start_over(terms, scheduler_.now());
        if (then != course::as_decided) continue;
        if (call.decision.what == action::fail && !report.stops_batch &&
            call.has_a_chance(scheduler_.now())) {
            const imposed_wait imposed(scheduler_, terms);
            const bool shared =
                co_await trouble_.is_everybodys(*call.failed, identity_of(what), scope, *batch);
            if (shared) {
                call.start_over(terms, scheduler_.now());
                continue;
            }
        }
        if (call.decision.what == action::fail) co_return last_error(call, scope, report);
        begin_next(what, call);
        if (call.decision.what != action::retry_after) continue;
        scope.expires_at(terms.deadline);
        const core::time_point resumes = core::later(scheduler_.now(), call.decision.delay);
        while (scheduler_.now() < resumes && !scope.stopped() && !(batch && batch->stopped)) {
            // The end of a batch is to be noticed in between.
            const core::time_point look = batch ? core::later(scheduler_.now(), look_again) : core::never;
            co_await async::wait_until(scheduler_, std::min(resumes, look), scope);
        }
    }
}

/// What the last failure, of a request sent at `sent`, means to all.
shared_limits::meaning call_runner::note(const request& what, progress& call, core::time_point sent,
                                         call_report& report) {
    const attempt_failure& failed = *call.failed;
    call.maybe_processed = call.maybe_processed || failed.facts.processed == processed::maybe;
    report.overloaded = report.overloaded || is_overload(failed.facts);
    call.note_reach(policy::reached_nobody(failed.why.value()), scheduler_.now());
    // An answer that may be another's is asked for once more before it counts. A batch has time: to it
    // whosever answer it was says how the service is.
    const bool doubted =
        !call.batch && (failed.facts.among_others || failed.facts.suspect) && call.counts.confirmations == 0;
    const bool told =
        failed.facts.authentication == policy::refusal::none && !failed.facts.redirected && !doubted;
    if (rule_ != admission_rule::rated || !told || policy::finds_dead_connection(failed.facts, call.counts)) {
        return {};
    }
    const auto means = trouble_.failed(failed, identity_of(what), sent, call.batch != nullptr);
    call.probe.give_up();
    return means;
}

/// What becomes of the call; where that is the decision's affair, it has been made.
call_runner::course call_runner::weigh(progress& call, const shared_limits::meaning& means,
                                       core::time_point deadline, call_report& report) {
    using kind = shared_limits::meaning::kind;
    attempt_failure& failed = *call.failed;
    call.decision = {};
    call.maybe_outage = false;
    if (call.batch) {
        if (means.what == kind::pause) {
            // It is waited for before the next try, in which nobody's time runs.
            const bool goes_on = !means.own_try || ++call.counts.attempts <= call.options.max_attempts;
            if (goes_on && !means.beyond) return course::after_pause;
            failed.settled = true;
            if (means.beyond) report.stops_batch = trouble_.pause_too_long(failed);
        }
        call.maybe_outage = means.what == kind::shared && call.batch->sits_out_outages();
        if (call.maybe_outage && limits_.in_outage()) return course::after_outage;
        // So that one outage of the token endpoint is noticed as such.
        if (call.maybe_outage) failed.settled = false;
        if (trouble_.is_hopeless(failed)) report.stops_batch = failed.why;
    }
    if (!failed.settled && !report.stops_batch) {
        call.decision = limits_.decide(failed.facts, call.counts, call.options, scheduler_.now(), deadline,
                                       random_.unit());
    }
    return course::as_decided;
}

/// Carries out a decision for another try, but for the wait before it.
void call_runner::begin_next(request& what, progress& call) {
    const policy::attempt_facts& facts = call.failed->facts;
    call.counts.record(call.decision, facts);
    switch (call.decision.what) {
        case action::replay_now:
            telemetry_.replays.add();
            if (!facts.among_others) pool_.drop_idle();
            // Another that was kept may be as dead. One that ended with another's exchange says nothing.
            if (!facts.displaced) call.connection = must_be::never_used;
            break;
        case action::follow:
            what.follow();
            break;
        case action::confirm:
            telemetry_.confirmations.add();
            // Among others it is enough to be alone: what is in doubt ends with those others.
            if (facts.suspect) call.connection = must_be::never_used;
            break;
        case action::reauthenticate:
            telemetry_.auth_challenges.add();
            break;
        case action::retry_after:
            telemetry_.retries.add();
            telemetry_.tell([&](observer& o) {
                const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(call.decision.delay);
                o.retry_scheduled({what.name(), call.context, call.counts.attempts, wait, call.failed->why});
            });
            break;
        case action::fail:
            break;
    }
}

void call_runner::tell_attempt(const request& what, const call_terms& terms, unsigned number,
                               const attempt_record& record,
                               const std::optional<attempt_failure>& failed) const {
    attempt_event e;
    e.id = what.name();
    e.ids = what.ids();
    e.context = terms.context;
    e.attempt = number;
    e.status = record.status;
    e.why = failed ? &failed->why : nullptr;
    e.phases = record.phases;
    telemetry_.tell([&](observer& o) { o.attempt_finished(e); });
}

/// After a try that is the last.
error call_runner::last_error(const progress& call, const async::cancel_scope& scope,
                              const call_report& report) const {
    if (report.stops_batch && report.requests == 0) return unsent(call, scope, report, *report.stops_batch);
    error why = call.failed->why;
    if (call.decision.why == policy::retry_reason::unconfirmed) {
        why = instead_of(why, errc::deadline_exceeded, stage::read,
                         "no time is left to ask once more whether this was the answer: " + why.message());
    }
    // Nothing is wrong with the credentials: there was no time for the request that they go with.
    if (call.decision.why == policy::retry_reason::out_of_time &&
        call.failed->facts.authentication != policy::refusal::none) {
        why = instead_of(why, errc::deadline_exceeded, stage::auth,
                         "no time is left to authenticate: " + why.message());
    }
    if (call.decision.why == policy::retry_reason::budget_empty) {
        why = reworded(why, "not tried again, since the retry budget is empty");
    }
    if (why.origin().empty()) why.with_origin(settings_.origin);
    why.with_attempts(report.requests);
    why.with_processed(call.maybe_processed ? processed::maybe : processed::no);
    return why;
}

/// The end of a call that is not sent any more: what it met, or that it was not asked for.
error call_runner::unsent(const progress& call, const async::cancel_scope& scope, const call_report& report,
                          const error& why) const {
    error e;
    if (scope.status() == async::cancel_scope::state::canceled) {
        e = error(errc::canceled, stage::queue);
    } else if (report.requests > 0 && call.failed) {
        // Whoever stops a batch has not found that it fails.
        const bool by_caller = why.value() == errc::canceled;
        e = by_caller ? error(errc::canceled, stage::queue,
                              "it was to be tried again when the batch was stopped, after: " +
                                  call.failed->why.describe())
                      : call.failed->why;
    } else {
        e = error(errc::not_asked, stage::queue, why.describe());
    }
    if (e.origin().empty()) e.with_origin(settings_.origin);
    e.with_attempts(report.requests);
    return e;
}

core::time_point call_runner::turn(const batch_terms& batch, bool alone, core::time_point now) {
    if (!limits_.regulated()) return now;
    const core::time_point later = core::later(now, look_again);
    if (telemetry_.waiting_for_token.get() > 0) return later;
    if (batch.sits_out_outages() && limits_.in_outage() && !alone) return later;
    return std::min(limits_.next_permit(now), later);
}

/// A connection to send on, or why there is none.
struct call_runner::cleared_result {
    cleared_result(lease c) : connection(std::move(c)) {}            // NOLINT(google-explicit-constructor)
    cleared_result(attempt_failure why) : failed(std::move(why)) {}  // NOLINT(google-explicit-constructor)
    lease connection;
    std::optional<attempt_failure> failed;
};

async::task<std::optional<attempt_failure>> call_runner::attempt(request& what, sharing wanted, must_be fit,
                                                                 async::cancel_scope& scope,
                                                                 call_terms& terms, call_report& report,
                                                                 attempt_record& record) {
    grant granted(what.credentials());
    admission admitted(limits_, rule_, what.ids());
    lease connection;
    core::time_point now = scheduler_.now();
    // Most of the time everything is at hand.
    if (fit == must_be::any && granted.try_acquire() && admitted.due(now) <= now) {
        connection = pool_.try_acquire(wanted, now);
    }
    if (!connection) {
        cleared_result got = co_await cleared(granted, admitted, wanted, fit, scope, terms, record);
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
    admitted.use(now);
    scope.expires_at(std::min(terms.deadline, core::later(now, settings_.attempt_timeout)));
    ++report.requests;
    telemetry_.requests.add();
    report.sent_at = report.last_sent = now;
    http::exchange_result exchanged = co_await connection->exchange(bytes, readers_, scope);
    report.sent_at.reset();
    const core::time_point ended = scheduler_.now();
    report.last_exchange = ended - now;
    if (exchanged.behind_others) telemetry_.requests_pipelined.add();
    if (telemetry_.watched()) {
        const core::time_point begun = exchanged.ok() ? exchanged.first_byte : ended;
        record.phases.first_byte = begun - now;
        record.phases.body = ended - begun;
    }
    if (!exchanged.ok()) {
        attempt_failure failed = broken(what, exchanged, connection.reused(), terms.deadline);
        connection.finish(false, std::nullopt, ended);
        co_return std::move(failed);
    }
    co_return judge(what, granted, connection, exchanged, now, ended, record);
}

/// What the answer is, and whether its connection may go on. Nothing: it is what was wanted.
std::optional<attempt_failure> call_runner::judge(request& what, grant& granted, lease& connection,
                                                  http::exchange_result& exchanged, core::time_point sent,
                                                  core::time_point ended, attempt_record& record) {
    const core::duration took = ended - sent;
    const http::response& answer = connection->message();
    telemetry_.bytes_received.add(answer.coded_body.size());
    record.status = answer.status;
    std::optional<attempt_failure> judged = what.interpret(answer);
    if (telemetry_.watched()) record.phases.decode = scheduler_.now() - ended;
    granted.answered();
    // A service that never says whose image it is says nothing by not saying it.
    if (!judged && connection.reused() && what.unnamed() && doubt_.expects_a_name()) {
        judged.emplace(error(errc::wrong_image, stage::decode,
                             "it has no id, on a connection that had carried other answers")
                           .with_status(answer.status));
    }
    const bool strangers = !judged && what.met_strangers();
    if (strangers && (exchanged.shared || exchanged.behind_others)) {
        judged.emplace(error(errc::wrong_image, stage::decode, "it has images that nobody asked for")
                           .with_status(answer.status));
    }
    if (!judged) doubt_.answered_well(took, !what.unnamed());
    const errc verdict = judged ? judged->why.value() : errc{};
    // Another's response: requests and responses may be out of step on this connection.
    const bool wrong_proof = verdict == errc::server_not_authentic && exchanged.shared_before;
    const bool suspect =
        judged && connection.reused() && doubt_.suspects(verdict, judged->facts.http_status, took);
    const bool out_of_step = verdict == errc::wrong_image || wrong_proof || suspect;
    // It may have been on its way since there were others.
    exchanged.shared = exchanged.shared || (out_of_step && exchanged.shared_before);
    if (settings_.sharing == sharing::shared) heed(exchanged, verdict);
    const bool among_others = exchanged.shared || exchanged.behind_others;
    if (judged && among_others) connection.doubt();
    if (judged) {
        if (!answer.request_id.empty()) {
            judged->why.with_request_id(core::redact(std::string(answer.request_id), what.secrets()));
        }
        judged->facts.processed = processed::maybe;
        judged->facts.among_others = among_others;
        judged->facts.suspect = suspect;
    }
    // The answer's bytes go with this.
    connection.finish(exchanged.reusable && !out_of_step && !strangers, answer.idle_timeout, ended);
    return judged;
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

attempt_failure call_runner::broken(const request& what, const http::exchange_result& exchanged, bool reused,
                                    core::time_point deadline) {
    const bool time_left = exchanged.code == errc::deadline_exceeded && scheduler_.now() < deadline;
    // It may quote a line of the answer, and the line the request.
    const std::string words = exchanged.detail.empty() ? "" : core::redact(exchanged.detail, what.secrets());
    attempt_failure failed(error(time_left ? errc::attempt_timeout : exchanged.code, exchanged.at, words));
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

/// Adds the time of its life to a phase, where somebody is told of it.
class phase_timer {
public:
    phase_timer(const async::scheduler& on, const core::telemetry& watch, std::chrono::nanoseconds& into)
        : scheduler_(on),
          into_(watch.watched() ? &into : nullptr),
          began_(into_ ? on.now() : core::time_point()) {}
    ~phase_timer() {
        if (into_) *into_ += scheduler_.now() - began_;
    }
    phase_timer(const phase_timer&) = delete;
    phase_timer& operator=(const phase_timer&) = delete;

private:
    const async::scheduler& scheduler_;
    std::chrono::nanoseconds* into_;
    core::time_point began_;
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

async::task<call_runner::cleared_result> call_runner::cleared(grant& granted, admission& admitted,
                                                              sharing wanted, must_be fit,
                                                              async::cancel_scope& scope, call_terms& terms,
                                                              attempt_record& record) {
    // Credentials, then a place in the rate, then a connection: nobody holds a connection while waiting for
    // one of the others, and no place while waiting for a token. What was ready before a wait may have aged
    // during it.
    const result<void> in_time = stopped_by(scope, scheduler_.now(), terms);
    if (!in_time) co_return cleared_result(attempt_failure(in_time.error()));
    const imposed_wait imposed(scheduler_, terms);
    std::string waited_for;
    for (;;) {
        if (terms.batch && terms.batch->stopped) co_return cleared_result(not_to_be_sent());
        if (!terms.batch || scope.stopped()) {
            const result<void> on = stopped_by(scope, scheduler_.now(), terms, waited_for);
            if (!on) co_return cleared_result(attempt_failure(on.error()));
        }
        if (!granted.try_acquire()) {
            scope.expires_at(imposed.end());
            const core::counted waits(telemetry_.waiting_for_token);
            const phase_timer phase(scheduler_, telemetry_, record.phases.credentials);
            const result<void> acquired = co_await granted.acquire(scope);
            if (terms.batch && terms.batch->stopped) co_return cleared_result(not_to_be_sent());
            if (!acquired && !scope.stopped()) {
                // Whoever fetched them has tried as often as makes sense already.
                attempt_failure failed(acquired.error());
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
            scope.expires_at(imposed.end());
            const core::counted waits(telemetry_.waiting_for_rate);
            const phase_timer phase(scheduler_, telemetry_, record.phases.rate);
            co_await async::wait_until(scheduler_, std::min(due, look), scope);
            if (scope.stopped()) waited_for = waits_until(due, scheduler_.now());
            continue;
        }
        lease found = pool_.try_acquire(wanted, now);
        if (found && (fit == must_be::any || !found.reused())) co_return cleared_result(std::move(found));
        // What was used makes room for one that was not.
        if (found) found.finish_failed();
        std::optional<phase_timer> phase(std::in_place, scheduler_, telemetry_, record.phases.connection);
        result<lease> waited = co_await acquire(wanted, scope, terms);
        phase.reset();
        if (!waited) co_return cleared_result(attempt_failure(waited.error()));
        if (fit == must_be::never_used && waited->reused()) {
            waited->finish_failed();
            continue;
        }
        // A pause may have begun meanwhile.
        const core::time_point then = scheduler_.now();
        if (granted.try_acquire() && admitted.due(then) <= then) co_return cleared_result(std::move(*waited));
        waited->return_unused();
    }
}

/// Waits for a connection: in a batch for as long as it takes.
async::task<result<call_runner::lease>> call_runner::acquire(sharing wanted, async::cancel_scope& scope,
                                                             const call_terms& terms) {
    const core::time_point patient = core::later(scheduler_.now(), settings_.acquire_timeout);
    scope.expires_at(terms.batch ? core::never : std::min(terms.deadline, patient));
    // A batch has as many waiting as its own options say.
    const auto line = terms.batch ? http::connection_pool::line::open : http::connection_pool::line::bounded;
    result<lease> waited = co_await pool_.acquire(wanted, scope, line);
    const bool timed_out = !waited && waited.error().value() == errc::acquire_timeout;
    if (timed_out && terms.deadline <= patient) {
        co_return error(errc::deadline_exceeded, stage::queue, "it waited for a connection");
    }
    co_return std::move(waited);
}

}  // namespace getty::connect::calls
