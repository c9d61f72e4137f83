#include "policy/hedge_timer.hpp"

namespace getty::connect::policy {

void hedge_timer::record(core::duration under_way) noexcept {
    times_.record(under_way);
    if (times_.total() >= memory) times_.halve();
    // Adding up all buckets for every answer would cost more than it tells.
    if (++since_found_ >= min_samples / 2 || !delay_) find_delay();
}

void hedge_timer::find_delay() noexcept {
    if (times_.total() < min_samples) return;
    since_found_ = 0;
    // Longer than that one.
    delay_ = times_.at_rank(times_.total() - times_.total() / 20) + core::duration(1);
}

std::optional<core::duration> hedge_timer::delay() const noexcept { return delay_; }

}  // namespace getty::connect::policy
