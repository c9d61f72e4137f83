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
      defaults_(std::move(otherwise)) {}

async::task<result<void>> lookup_runner::run(image_request& by, std::string_view id,
                                             const lookup_options& options, async::cancel_scope& scope,
                                             const calls::batch_terms* batch, document& into,
                                             lookup_report& report) {
    count_begin();
    result<void> done = co_await perform(by, id, options, scope, batch, into, report);
    if (done) {
        count_end(id, options, report.calls.requests, report.elapsed, nullptr);
    } else {
        const error why = done.error();  // by value
        count_end(id, options, report.calls.requests, report.elapsed, &why);
    }
    co_return done;
}

async::task<result<void>> lookup_runner::perform(image_request& by, std::string_view id,
                                                 const lookup_options& options, async::cancel_scope& scope,
                                                 const calls::batch_terms* batch, document& into,
                                                 lookup_report& report) {
    const core::time_point began = scheduler_.now();
    calls::call_terms terms(began, timeout(options), batch);
    terms.max_attempts = options.max_attempts();
    terms.context = options.context().get();
    result<void> done;
    try {
        if (options.hedging().value_or(defaults_.hedging) == hedging::after_p95) {
            done = co_await hedger_.run(id, options, defaults_.language, scope, terms, into, report.calls);
        } else {
            done = by.start(id, options, defaults_.language, into);
            if (done) done = co_await calls_.run(by, scope, terms, report.calls);
        }
    } catch (const std::exception& e) {
        done = error(errc::internal_failure, stage::queue, e.what());
    }
    report.elapsed = scheduler_.now() - began;
    if (!done) done = error(done.error()).with_elapsed(report.elapsed);
    co_return done;
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
