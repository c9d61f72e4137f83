#include "runtime/image_lookups.hpp"

#include <exception>
#include <utility>

namespace getty::connect::runtime {

image_lookups::image_lookups(io::loop& on, caller& calls, image_service& images, hedger* hedging,
                             runtime::telemetry& watch, std::string language,
                             std::chrono::milliseconds timeout)
    : loop_(on),
      caller_(calls),
      images_(images),
      hedger_(hedging),
      telemetry_(watch),
      language_(std::move(language)),
      timeout_(timeout) {}

io::task<result<void>> image_lookups::run(image_request& by, std::string_view id,
                                          const lookup_options& options, io::operation& op,
                                          const batch_terms* batch, document& into, lookup_report& report) {
    telemetry_.lookups_started.add();
    const core::time_point began = loop_.now();
    const call_terms terms(core::later(began, options.timeout().value_or(timeout_)), batch);
    result<void> done;
    try {
        if (hedger_) {
            done = co_await hedger_->run(id, options, language_, op, terms, into, report.calls);
        } else {
            done = by.start(id, options, language_, into);
            if (done) done = co_await caller_.run(by, op, terms, report.calls);
        }
    } catch (const std::exception& e) {
        done = error(errc::internal_failure, stage::queue, e.what());
    }
    report.elapsed = loop_.now() - began;
    if (!done) done = error(done.error()).with_elapsed(report.elapsed);
    (done ? telemetry_.lookups_succeeded : telemetry_.lookups_failed).add();
    telemetry_.tell([&](observer& o) {
        const error why = done.error();
        o.lookup_finished(id, report.calls.requests, report.elapsed, done ? nullptr : &why);
    });
    co_return done;
}

}  // namespace getty::connect::runtime
