#include "policy/backoff.hpp"

#include <algorithm>

namespace getty::connect::policy {

core::duration backoff_ceiling(core::duration base, core::duration cap, unsigned doublings) noexcept {
    if (base <= core::duration::zero() || cap <= core::duration::zero()) return core::duration::zero();
    // Halving the cap instead of doubling the base cannot overflow.
    if (doublings >= 63 || base.count() > cap.count() >> doublings) return cap;
    return base * (core::duration::rep{1} << doublings);
}

core::duration full_jitter(core::duration base, core::duration cap, unsigned doublings,
                           double random) noexcept {
    const core::duration ceiling = backoff_ceiling(base, cap, doublings);
    const double chosen = random * static_cast<double>(ceiling.count());
    // The largest durations are not exact as double and could round up past the end of the type.
    if (chosen >= static_cast<double>(ceiling.count())) return ceiling;
    return core::duration(static_cast<core::duration::rep>(chosen));
}

}  // namespace getty::connect::policy
