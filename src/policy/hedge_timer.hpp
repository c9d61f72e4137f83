// When a lookup that has not been answered yet is asked a second time.
#pragma once

#include "core/histogram.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>

namespace getty::connect::policy {

/// The 95th percentile of how long requests were under way, lately.
///
/// From a histogram in steps of an eighth, so that the percentile is at most 12.5 % above the exact one.
/// Every `memory` samples all counts are halved: what is older fades away. Memory: 2 KiB. Not safe for
/// concurrent calls.
class hedge_timer {
public:
    /// Below so many samples there is no saying what is late.
    static constexpr std::uint64_t min_samples = 100;
    static constexpr std::uint64_t memory = 2'000;

    /// A request was answered after `under_way`.
    void record(core::duration under_way) noexcept;

    /// A request that has been under way for longer is late; nullopt as long as too little is known.
    [[nodiscard]] std::optional<core::duration> delay() const noexcept;

private:
    void find_delay() noexcept;

    core::histogram<8> times_;
    std::uint64_t since_found_ = 0;
    std::optional<core::duration> delay_;
};

}  // namespace getty::connect::policy
