// One lookup from its beginning to its end, counted and told.
#pragma once

#include "calls/call_runner.hpp"
#include "core/telemetry.hpp"
#include "lookup/hedger.hpp"
#include "lookup/image_request.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace getty::connect::lookup {

/// What a lookup cost.
struct lookup_report {
    calls::call_report calls;
    std::chrono::nanoseconds elapsed{0};
};

/// What all lookups of a client have in common, single ones and those of a batch. Used on one executor.
class lookup_runner {
public:
    /// What a lookup has that names no other.
    struct defaults {
        std::string language;
        std::chrono::milliseconds timeout;
        connect::hedging hedging;
    };

    /// All references must outlive this object.
    lookup_runner(async::scheduler& on, calls::call_runner& calls, image_service& images, hedger& twice,
                  core::telemetry& watch, defaults otherwise);

    /// Looks up `id` into `into`. `by` may have done others before; `id`, `options` and the rest must outlive
    /// the call. The error has the time spent; an exception on the way is `internal_failure`. `batch`: whose
    /// lookup it is; null: of none.
    async::task<result<void>> run(image_request& by, std::string_view id, const lookup_options& options,
                                  async::cancel_scope& scope, const calls::batch_terms* batch, document& into,
                                  lookup_report& report);
    /// The same uncounted and untold, for a lookup that belongs to several.
    async::task<result<void>> run_shared(image_request& by, std::string_view id,
                                         const lookup_options& options, async::cancel_scope& scope,
                                         document& into, lookup_report& report) {
        return perform(by, id, options, scope, nullptr, into, report);
    }
    void count_begin() { telemetry_.lookups_started.add(); }
    /// Counts and tells the end of a lookup; `why` null: it was found.
    void count_end(std::string_view id, const lookup_options& options, unsigned requests,
                   core::duration elapsed, const error* why);
    void count_merged() { telemetry_.lookups_merged.add(); }
    /// As `call_runner::turn`.
    [[nodiscard]] core::time_point turn(const calls::batch_terms& batch, bool alone, core::time_point now) {
        return calls_.turn(batch, alone, now);
    }

    [[nodiscard]] core::duration timeout(const lookup_options& of) const noexcept {
        return of.timeout().value_or(defaults_.timeout);
    }
    [[nodiscard]] async::scheduler& scheduler() const noexcept { return scheduler_; }
    [[nodiscard]] image_service& images() const noexcept { return images_; }
    [[nodiscard]] core::telemetry& telemetry() const noexcept { return telemetry_; }

private:
    async::task<result<void>> perform(image_request& by, std::string_view id, const lookup_options& options,
                                      async::cancel_scope& scope, const calls::batch_terms* batch,
                                      document& into, lookup_report& report);

    async::scheduler& scheduler_;
    calls::call_runner& calls_;
    image_service& images_;
    hedger& hedger_;
    core::telemetry& telemetry_;
    defaults defaults_;
};

}  // namespace getty::connect::lookup
