#include "lookup/hedger.hpp"

#include "async/alarm.hpp"
#include "async/event.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace getty::connect::lookup {

struct hedger::copy {
    copy(hedger& by, std::string_view id, calls::call_runner::role as)
        : role(as), scope(by.scheduler_), request(by.images_), asked(id, found) {}
    copy(const copy&) = delete;
    copy& operator=(const copy&) = delete;
    calls::call_runner::role role;
    async::cancel_scope scope;
    image_request request;
    document found;
    item asked;
    calls::call_report report;
    std::optional<result<void>> done;

    result<void> start(const lookup_options& options, std::string_view default_language) {
        return request.start({&asked, 1}, options, default_language);
    }
    /// Nothing that the other copy may bring could be better.
    [[nodiscard]] bool decisive() const noexcept {
        return done && (*done || done->error().code() == condition::not_found);
    }
};

/// Belongs to the lookup and to its copies together.
struct hedger::race {
    race(hedger& by, std::string_view id)
        : changed(by.scheduler_), first(by, id, calls::call_runner::role::whole_call) {}
    async::event changed;
    copy first;
    std::optional<copy> second;
};

hedger::hedger(async::scheduler& on, calls::call_runner& calls, image_service& images, core::telemetry& watch)
    : scheduler_(on), calls_(calls), images_(images), telemetry_(watch), copies_(on) {}

/// When the first copy's request will have been under way for too long; while it is not under way, there is
/// no telling, but it will not be before this.
core::time_point hedger::late_at(const copy& first) const noexcept {
    const std::optional<core::duration> delay = timer_.delay();
    if (!delay) return core::never;
    const core::time_point since = first.report.sent_at.value_or(scheduler_.now());
    return core::later(since, *delay);
}

async::task<result<void>> hedger::run(item& one, const lookup_options& options,
                                      std::string_view default_language, async::cancel_scope& scope,
                                      calls::call_terms terms, calls::call_report& report) {
    const auto r = std::make_shared<race>(*this, one.id);
    result<void> started = r->first.start(options, default_language);
    if (!started) co_return started;
    copies_.spawn(run_copy(r, r->first, terms), keep_alive_.lock());

    async::alarm bell(scheduler_, r->changed);
    bool may_ask_again = true;
    while (!r->first.decisive() && !(r->second && r->second->decisive())) {
        if (scope.stopped()) break;
        if (r->first.done && (!r->second || r->second->done)) break;
        if (may_ask_again && !r->second && !r->first.done) {
            const core::time_point late = late_at(r->first);
            if (late > scheduler_.now() || !r->first.report.sent_at) {
                bell.set(late);
            } else if (calls_.try_withdraw()) {
                telemetry_.hedges.add();
                r->second.emplace(*this, one.id, calls::call_runner::role::single_try);
                started = r->second->start(options, default_language);
                copies_.spawn(run_copy(r, *r->second, terms), keep_alive_.lock());
            } else {
                may_ask_again = false;
            }
        }
        co_await r->changed.wait(scope);
    }

    const bool second_won = r->second && r->second->decisive() && !r->first.decisive();
    r->first.scope.cancel();
    if (r->second) r->second->scope.cancel();
    async::cancel_scope patient(scheduler_);  // a cancelled copy ends at once
    while (!r->first.done || (r->second && !r->second->done)) {
        co_await r->changed.wait(patient);
    }
    if (second_won) telemetry_.hedges_won.add();
    copy& chosen = second_won ? *r->second : r->first;
    report = chosen.report;
    report.requests = r->first.report.requests + (r->second ? r->second->report.requests : 0);
    *one.into = std::move(chosen.found);
    one.is = chosen.asked.is;
    result<void> done = std::move(*chosen.done);
    if (!done) done = error(done.error()).with_attempts(report.requests);
    co_return done;
}

// `in` keeps the race alive while the copy is under way.
async::task<void> hedger::run_copy(std::shared_ptr<race> in, copy& which, calls::call_terms terms) {
    try {
        which.done = co_await calls_.run(which.request, which.scope, terms, which.report, which.role);
    } catch (const std::exception& e) {
        which.done = error(errc::internal_failure, stage::queue, e.what());
    }
    if (which.decisive()) timer_.record(which.report.last_exchange);
    in->changed.wake();
}

}  // namespace getty::connect::lookup
