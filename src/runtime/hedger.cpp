#include "runtime/hedger.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace getty::connect::runtime {

struct hedger::copy {
    copy(hedger& by, caller::role as) : role(as), op(by.loop_), request(by.images_) {}
    caller::role role;
    io::operation op;
    image_request request;
    document found;
    call_report report;
    std::optional<result<void>> done;

    /// Nothing that the other copy may bring could be better.
    [[nodiscard]] bool decisive() const noexcept {
        return done && (*done || done->error().code() == condition::not_found);
    }
};

/// Belongs to the lookup and to its copies together.
struct hedger::race {
    explicit race(hedger& by) : changed(by.loop_), first(by, caller::role::whole_call) {}
    io::wait_point changed;
    copy first;
    std::optional<copy> second;
};

hedger::hedger(io::loop& on, caller& calls, image_service& images, telemetry& watch)
    : loop_(on), caller_(calls), images_(images), telemetry_(watch), copies_(on) {}

/// When the first copy's request will have been under way for too long; while it is not under way, there is
/// no telling, but it will not be before this.
core::time_point hedger::late_at(const copy& first) const noexcept {
    const std::optional<core::duration> delay = timer_.delay();
    if (!delay) return core::never;
    const core::time_point since = first.report.sent_at.value_or(loop_.now());
    return core::later(since, *delay);
}

io::task<result<void>> hedger::run(std::string_view id, const lookup_options& options,
                                   std::string_view default_language, io::operation& op, call_terms terms,
                                   document& into, call_report& report) {
    const auto r = std::make_shared<race>(*this);
    result<void> started = r->first.request.start(id, options, default_language, r->first.found);
    if (!started) co_return started;
    copies_.spawn(fly(r, r->first, terms), keep_alive_.lock());

    io::alarm bell(loop_, r->changed);
    bool may_ask_again = true;
    while (!r->first.decisive() && !(r->second && r->second->decisive())) {
        if (op.stopped()) break;
        if (r->first.done && (!r->second || r->second->done)) break;
        if (may_ask_again && !r->second && !r->first.done) {
            const core::time_point late = late_at(r->first);
            if (late > loop_.now() || !r->first.report.sent_at) {
                bell.set(late);
            } else if (caller_.try_withdraw()) {
                telemetry_.hedges.add();
                r->second.emplace(*this, caller::role::single_try);
                started = r->second->request.start(id, options, default_language, r->second->found);
                copies_.spawn(fly(r, *r->second, terms), keep_alive_.lock());
            } else {
                may_ask_again = false;
            }
        }
        co_await r->changed.wait(op);
    }

    const bool second_won = r->second && r->second->decisive() && !r->first.decisive();
    r->first.op.cancel();
    if (r->second) r->second->op.cancel();
    io::operation patient(loop_);  // a cancelled copy ends at once
    while (!r->first.done || (r->second && !r->second->done)) {
        co_await r->changed.wait(patient);
    }
    if (second_won) telemetry_.hedges_won.add();
    copy& chosen = second_won ? *r->second : r->first;
    report = chosen.report;
    report.requests = r->first.report.requests + (r->second ? r->second->report.requests : 0);
    into = std::move(chosen.found);
    result<void> done = std::move(*chosen.done);
    if (!done) done = error(done.error()).with_attempts(report.requests);
    co_return done;
}

// `in` keeps the race alive while the copy is under way.
io::task<void> hedger::fly(std::shared_ptr<race> in, copy& which, call_terms terms) {
    try {
        which.done = co_await caller_.run(which.request, which.op, terms, which.report, which.role);
    } catch (const std::exception& e) {
        which.done = error(errc::internal_failure, stage::queue, e.what());
    }
    if (which.decisive()) timer_.record(which.report.last_exchange);
    in->changed.wake();
}

}  // namespace getty::connect::runtime
