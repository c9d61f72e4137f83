#include "lookup/lookup_runner.hpp"

#include <exception>
#include <utility>

namespace getty::connect::lookup {

lookup_runner::lookup_runner(async::scheduler& on, calls::call_runner& calls, image_service& images,
                             hedger& twice, core::telemetry& watch, defaults otherwise)
    : scheduler_(on),
      calls_(calls),
      images_(images),
      hedger_(twice),
      telemetry_(watch),
      defaults_(std::move(otherwise)),
      split_over_(on) {}

async::task<result<void>> lookup_runner::ask(image_request& by, std::span<item> items,
                                             const lookup_options& options, async::cancel_scope& scope,
                                             calls::call_terms terms, calls::call_runner::role as,
                                             calls::call_report& report) {
    terms.max_attempts = options.max_attempts();
    terms.context = options.context().get();
    result<void> done;
    const bool may_hedge = items.size() == 1 && as == calls::call_runner::role::whole_call;
    if (may_hedge && options.hedging().value_or(defaults_.hedging) == hedging::after_p95) {
        done = co_await hedger_.run(items.front(), options, defaults_.language, scope, terms, report);
        co_return done;
    }
    done = by.start(items, options, defaults_.language);
    if (done) done = co_await calls_.run(by, scope, terms, report, as);
    telemetry_.strangers.add(by.strangers_met());
    co_return done;
}

async::task<result<void>> lookup_runner::run(image_request& by, std::string_view id,
                                             const lookup_options& options, async::cancel_scope& scope,
                                             const calls::batch_terms* batch, document& into,
                                             lookup_report& report, told of) {
    using role = calls::call_runner::role;
    if (of == told::yes) count_begin();
    const core::time_point began = scheduler_.now();
    const calls::call_terms terms(began, timeout(options), batch);
    item one(id, into);
    const std::span<item> it(&one, 1);
    result<void> done;
    try {
        done = co_await ask(by, it, options, scope, terms, role::whole_call, report.calls);
        if (done && one.is == item::state::open) {
            telemetry_.ids_asked_again.add();
            done = co_await ask(by, it, options, scope, terms, role::part, report.calls);
            if (done && one.is == item::state::open) done = absent(report.calls.requests);
        }
    } catch (const std::exception& e) {
        done = error(errc::internal_failure, stage::queue, e.what());
    }
    report.elapsed = scheduler_.now() - began;
    if (done) {
        if (of == told::yes) count_end(id, options, report.calls.requests, report.elapsed, nullptr);
        co_return done;
    }
    const error why = error(done.error()).with_elapsed(report.elapsed);
    if (of == told::yes) count_end(id, options, report.calls.requests, report.elapsed, &why);
    co_return why;
}

/// Neither found nor called missing, twice.
error lookup_runner::absent(unsigned requests) const {
    error why(errc::not_found, stage::read, "absent from the answer");
    return why.with_status(200).with_origin(calls_.origin()).with_attempts(requests);
}

void lookup_runner::count_end(std::string_view id, const lookup_options& options, unsigned requests,
                              core::duration elapsed, const error* why) {
    const bool canceled = why && *why == condition::canceled;
    (!why       ? telemetry_.lookups_succeeded
     : canceled ? telemetry_.lookups_canceled
                : telemetry_.lookups_failed)
        .add();
    telemetry_.tell(
        [&](observer& o) { o.lookup_completed({id, options.context().get(), requests, elapsed, why}); });
}

}  // namespace getty::connect::lookup
