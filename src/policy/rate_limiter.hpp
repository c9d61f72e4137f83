// How fast requests may leave.
#pragma once

#include "core/time.hpp"

#include <chrono>
#include <cstdint>

namespace getty::connect::policy {

/// A token bucket that hands out times instead of tokens (the generic cell rate algorithm).
///
/// Vocabulary: a *permit* is a time at which one request may leave. A *pause* voids the permits whose time
/// has not come, and is followed by a *ramp*: a quarter of the rate for one step, half of it for another,
/// then all, without a burst at its beginning. Permits are handed out in the order of their times.
///
/// Without a rate (`unlimited`) permits fall due at once, but for pauses. The ramp then begins with a quarter
/// of the rate at which requests were answered well in the second before the pause, or a sixteenth of that at
/// which permits were asked for, and doubles with each step until it is beyond the latter.
///
/// Invariants: over any span s without a pause at most burst + s * rate permits fall due (plus those given
/// back meanwhile); times are kept to 2^-32 ns, so 10^9 permits drift by less than 1 ns. Not safe for
/// concurrent calls.
class rate_limiter {
public:
    /// A reservation; void (`holds` is false) once a later pause began.
    struct permit {
        core::time_point at;  ///< go then; not after `now`: at once
        std::uint64_t epoch = 0;
    };

    /// `per_second` in [1e-6, 1e9]; `burst` in [1, 2^31] permits that may fall due together after a lull.
    /// Values outside are moved to the nearest bound.
    rate_limiter(double per_second, std::uint32_t burst) noexcept;

    [[nodiscard]] static rate_limiter unlimited() noexcept;

    [[nodiscard]] bool limits() const noexcept { return !unlimited_; }

    /// Reserves the next permit.
    [[nodiscard]] permit admit(core::time_point now) noexcept;

    /// Whether the permit still stands; a waiter asks when its time has come and admits itself again if not.
    [[nodiscard]] bool holds(const permit& p) const noexcept { return p.epoch == epoch_; }

    /// When the next permit will fall due, as things stand.
    [[nodiscard]] core::time_point next(core::time_point now) const noexcept;

    /// A request was answered as it should be.
    void answered_well(core::time_point now) noexcept {
        if (unlimited_) well_.count(now);
    }

    /// Returns a permit that will not be used. The next `admit` gets one permit's time earlier; times handed
    /// out already do not move, so n permits given back can leave a gap where they were and up to n more than
    /// `burst` falling due together. The long-run rate is exact. No effect for a permit that does not hold.
    void give_back(const permit& p) noexcept;

    /// Nothing leaves before `end` (a 429, or its Retry-After). No effect when a pause until then or longer
    /// is on already. `step`: of the ramp.
    void pause_until(core::time_point end, core::duration step = std::chrono::seconds(1)) noexcept;

    /// End of the last pause; the clock's smallest value when there was none.
    [[nodiscard]] core::time_point paused_until() const noexcept { return resume_; }

private:
    struct fixed_time {  // whole nanoseconds of the clock, and 2^-32 ns
        std::int64_t ns = 0;
        std::uint32_t fraction = 0;
    };
    /// How many in the last second, more or less.
    class second_counter {
    public:
        void count(core::time_point now) noexcept;
        [[nodiscard]] std::int64_t most() const noexcept { return this_ > before_ ? this_ : before_; }

    private:
        core::time_point began_ = core::time_point::min();
        std::int64_t this_ = 0;
        std::int64_t before_ = 0;
    };
    [[nodiscard]] fixed_time after_next(fixed_time from) const noexcept;

    std::int64_t period_ns_;  // one permit at the full rate
    std::uint32_t period_fraction_;
    std::int64_t tolerance_ns_;  // (burst - 1) periods, rounded down
    fixed_time next_;  // due time of the next permit, were nothing saved up: "theoretical arrival time"
    std::uint64_t epoch_ = 0;
    core::time_point resume_ = core::time_point::min();

    bool unlimited_ = false;
    second_counter asked_;         // permits
    second_counter well_;          // answers
    std::int64_t ramp_period_ns_;  // one permit at four times that rate
    std::int64_t base_ = 0;        // four times the rate that the ramp begins with
    std::int64_t step_ns_ = 0;     // of the ramp
    int steps_ = 0;
};

}  // namespace getty::connect::policy
