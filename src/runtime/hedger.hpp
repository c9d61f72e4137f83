// Asking twice for what takes too long.
#pragma once

#include "policy/hedge_timer.hpp"
#include "runtime/caller.hpp"
#include "runtime/image_request.hpp"
#include "runtime/task_group.hpp"
#include "runtime/telemetry.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <memory>
#include <string_view>

namespace getty::connect::runtime {

/// Runs a lookup as up to two *copies* at once: the second begins when the first one's request has been under
/// way for longer than 95 of 100, if the retry budget has one to spare. The first image, or "no such image",
/// wins; the other copy is cancelled, which closes its connection.
///
/// The first copy is tried again like any lookup, the second is one try. Used on one executor.
class hedger {
public:
    /// All references must outlive the hedger.
    hedger(io::loop& on, caller& calls, image_service& images, telemetry& watch);

    /// As `caller::run`, for the lookup of `id` into `into`. Completes when both copies have ended.
    io::task<result<void>> run(std::string_view id, const lookup_options& options,
                               std::string_view default_language, io::operation& op, call_terms terms,
                               document& into, call_report& report);

    void set_keep_alive(std::weak_ptr<void> whole) { keep_alive_ = std::move(whole); }

private:
    struct copy;
    struct race;

    io::task<void> fly(std::shared_ptr<race> in, copy& which, call_terms terms);
    [[nodiscard]] core::time_point late_at(const copy& first) const noexcept;

    io::loop& loop_;
    caller& caller_;
    image_service& images_;
    telemetry& telemetry_;
    policy::hedge_timer timer_;
    task_group copies_;
    std::weak_ptr<void> keep_alive_;
};

}  // namespace getty::connect::runtime
