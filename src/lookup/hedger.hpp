// Asking twice for what takes too long.
#pragma once

#include "async/task_group.hpp"
#include "calls/call_runner.hpp"
#include "core/telemetry.hpp"
#include "lookup/image_request.hpp"
#include "policy/hedge_timer.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <memory>
#include <string_view>

namespace getty::connect::lookup {

/// Runs a lookup as up to two *copies* at once: the second begins when the first one's request has been under
/// way for longer than 95 of 100, if the retry budget has one to spare. The first image, or "no such image",
/// wins; the other copy is cancelled, which closes its connection.
///
/// The first copy is tried again like any lookup, the second is one try. Used on one executor.
class hedger {
public:
    /// All references must outlive the hedger.
    hedger(async::scheduler& on, calls::call_runner& calls, image_service& images, core::telemetry& watch);

    /// As `call_runner::run`, for the lookup of `one`. Completes when both copies have ended.
    async::task<result<void>> run(item& one, const lookup_options& options, std::string_view default_language,
                                  async::cancel_scope& scope, calls::call_terms terms,
                                  calls::call_report& report);

    void set_keep_alive(std::weak_ptr<void> whole) { keep_alive_ = std::move(whole); }

private:
    struct copy;
    struct race;

    async::task<void> run_copy(std::shared_ptr<race> in, copy& which, calls::call_terms terms);
    [[nodiscard]] core::time_point late_at(const copy& first) const noexcept;

    async::scheduler& scheduler_;
    calls::call_runner& calls_;
    image_service& images_;
    core::telemetry& telemetry_;
    policy::hedge_timer timer_;
    async::task_group copies_;
    std::weak_ptr<void> keep_alive_;
};

}  // namespace getty::connect::lookup
