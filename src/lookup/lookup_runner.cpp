#include "lookup/lookup_runner.hpp"

#include <exception>
#include <utility>

namespace getty::connect::lookup {

lookup_runner::lookup_runner(async::scheduler& on, calls::call_runner& calls, image_service& images,
                             hedger* hedging, core::telemetry& watch, std::string language,
                             std::chrono::milliseconds timeout)
    : scheduler_(on),
      calls_(calls),
      images_(images),
      hedger_(hedging),
      telemetry_(watch),
      language_(std::move(language)),
      timeout_(timeout) {}

async::task<result<void>> lookup_runner::run(image_request& by, std::string_view id,
                                             const lookup_options& options, async::cancel_scope& scope,
                                             const calls::batch_terms* batch, document& into,
                                             lookup_report& report) {
    telemetry_.lookups_started.add();
    const core::time_point began = scheduler_.now();
    calls::call_terms terms(began, options.timeout().value_or(timeout_), batch);
    terms.max_attempts = options.max_attempts();
    result<void> done;
    try {
        if (hedger_) {
            done = co_await hedger_->run(id, options, language_, scope, terms, into, report.calls);
        } else {
            done = by.start(id, options, language_, into);
            if (done) done = co_await calls_.run(by, scope, terms, report.calls);
        }
    } catch (const std::exception& e) {
        done = error(errc::internal_failure, stage::queue, e.what());
    }
    report.elapsed = scheduler_.now() - began;
    if (!done) done = error(done.error()).with_elapsed(report.elapsed);
    (done ? telemetry_.lookups_succeeded : telemetry_.lookups_failed).add();
    telemetry_.tell([&](observer& o) {
        const error why = done.error();
        o.lookup_finished(id, report.calls.requests, report.elapsed, done ? nullptr : &why);
    });
    co_return done;
}

}  // namespace getty::connect::lookup
