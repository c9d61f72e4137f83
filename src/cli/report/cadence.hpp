// Something that is done every so often.
#pragma once

#include "core/time.hpp"

namespace getty::connect::cli {

/// Says when a period is over. No clock: handed the time. After a long standstill it is due once, and the
/// beat goes on from there.
class cadence {
public:
    cadence(core::time_point start, core::duration period) noexcept
        : period_(period), next_(core::later(start, period)) {}

    /// True once for each period.
    [[nodiscard]] bool due(core::time_point now) noexcept {
        if (now < next_) return false;
        next_ = core::later(next_, period_);
        if (next_ <= now) next_ = core::later(now, period_);
        return true;
    }

private:
    core::duration period_;
    core::time_point next_;
};

}  // namespace getty::connect::cli
