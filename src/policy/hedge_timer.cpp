#include "policy/hedge_timer.hpp"

#include <algorithm>
#include <bit>

namespace getty::connect::policy {

/// 0 to 7 ns have a bucket each; above, the three bits after the highest one choose the step.
std::size_t hedge_timer::bucket_of(core::duration d) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<core::duration::rep>(d.count(), 0));
    if (ns < steps) return static_cast<std::size_t>(ns);
    const auto power = static_cast<std::size_t>(std::bit_width(ns)) - 3;
    const auto step = static_cast<std::size_t>(ns >> (power - 1)) - steps;
    return std::min(power * steps + step, powers * steps - 1);
}

core::duration hedge_timer::end_of(std::size_t bucket) noexcept {
    if (bucket < steps) return core::duration(static_cast<core::duration::rep>(bucket) + 1);
    const std::size_t power = bucket / steps;
    return core::duration(static_cast<core::duration::rep>(steps + bucket % steps + 1) << (power - 1));
}

void hedge_timer::record(core::duration under_way) noexcept {
    ++counts_[bucket_of(under_way)];
    ++total_;
    if (total_ >= memory) {
        total_ = 0;
        for (auto& count : counts_) total_ += count /= 2;
    }
    // Adding up all buckets for every answer would cost more than it tells.
    if (++since_found_ >= min_samples / 2 || !delay_) find_delay();
}

void hedge_timer::find_delay() noexcept {
    if (total_ < min_samples) return;
    since_found_ = 0;
    const std::uint64_t wanted = total_ - total_ / 20;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        below += counts_[i];
        if (below < wanted) continue;
        delay_ = end_of(i);
        return;
    }
}

std::optional<core::duration> hedge_timer::delay() const noexcept { return delay_; }

}  // namespace getty::connect::policy
