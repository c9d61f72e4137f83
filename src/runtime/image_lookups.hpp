// One lookup from its beginning to its end, counted and told.
#pragma once

#include "runtime/caller.hpp"
#include "runtime/hedger.hpp"
#include "runtime/image_request.hpp"
#include "runtime/telemetry.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace getty::connect::runtime {

/// What a lookup cost.
struct lookup_report {
    call_report calls;
    std::chrono::nanoseconds elapsed{0};
};

/// What all lookups of a client have in common, single ones and those of a batch. Used on one executor.
class image_lookups {
public:
    /// All references must outlive this object. `hedging` null: no lookup is asked twice. `language` and
    /// `timeout` are for lookups that name none.
    image_lookups(io::loop& on, caller& calls, image_service& images, hedger* hedging, telemetry& watch,
                  std::string language, std::chrono::milliseconds timeout);

    /// Looks up `id` into `into`. `by` may have done others before; `id`, `options` and the rest must outlive
    /// the call. The error has the time spent; an exception on the way is `internal_failure`. `batch`: whose
    /// lookup it is; null: of none.
    io::task<result<void>> run(image_request& by, std::string_view id, const lookup_options& options,
                               io::operation& op, const batch_terms* batch, document& into,
                               lookup_report& report);
    /// As `caller::turn`.
    [[nodiscard]] core::time_point turn(const batch_terms& batch, bool alone, core::time_point now) {
        return caller_.turn(batch, alone, now);
    }

    [[nodiscard]] io::loop& loop() const noexcept { return loop_; }
    [[nodiscard]] image_service& images() const noexcept { return images_; }
    [[nodiscard]] runtime::telemetry& telemetry() const noexcept { return telemetry_; }

private:
    io::loop& loop_;
    caller& caller_;
    image_service& images_;
    hedger* hedger_;
    runtime::telemetry& telemetry_;
    std::string language_;
    std::chrono::milliseconds timeout_;
};

}  // namespace getty::connect::runtime
