#include "policy/pause_state.hpp"

#include "policy/backoff.hpp"

#include <algorithm>

namespace getty::connect::policy {

pause_state::verdict pause_state::throttled(core::time_point sent, std::optional<core::duration> asked,
                                            core::time_point now, double random) noexcept {
    verdict v;
    const bool old = belongs(sent);
    v.own = !old && in_row_ == 0 && recent_.mostly_good();
    recent_.add(false);
    ++throttled_;
    const bool named = asked && *asked > core::duration::zero();
    if (old) {
        const core::time_point wished = named ? core::later(now, *asked) : until_;
        const core::duration more = std::max(wished - until_, core::duration::zero());
        v.beyond = row_length_ + more > longest_ || more > longest_;
        row_length_ += std::min(more, longest_);
        until_ = std::max(until_, std::min(wished, core::later(now, longest_)));
    } else {
        core::duration wait{};
        if (asked && (named || in_row_ == 0)) {
            wait = std::max(*asked, core::duration::zero());
        } else {
            const auto ceiling = static_cast<double>(backoff_ceiling(shortest, cap, in_row_).count());
            wait = core::duration(static_cast<core::duration::rep>(ceiling * (0.5 + random / 2)));
        }
        v.begins = true;
        ++later_answers_;
        v.ramp_step = ramp_step();
        v.beyond = wait > longest_ || row_length_ + wait > longest_;
        wait = std::min(wait, longest_);
        row_length_ += wait;
        ++in_row_;
        began_ = now;
        until_ = std::max(until_, core::later(now, wait));
        good_ = throttled_ = 0;
    }
    v.until = until_;
    return v;
}

core::duration pause_state::ramp_step() const noexcept {
    const double share = static_cast<double>(throttled_) / static_cast<double>(throttled_ + good_);
    const double whole = std::clamp(4 * share, 0.05, 1.0);
    return std::chrono::duration_cast<core::duration>(std::chrono::duration<double>(whole));
}

}  // namespace getty::connect::policy
