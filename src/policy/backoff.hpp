// How long to wait before trying again, when the service does not say.
#pragma once

#include "core/time.hpp"

namespace getty::connect::policy {

/// min(cap, base * 2^doublings), without overflow; negative durations count as zero.
[[nodiscard]] core::duration backoff_ceiling(core::duration base, core::duration cap,
                                             unsigned doublings) noexcept;

/// A wait chosen evenly from [0, backoff_ceiling): "full jitter", which spreads clients that failed together
/// best. `random` in [0, 1).
[[nodiscard]] core::duration full_jitter(core::duration base, core::duration cap, unsigned doublings,
                                         double random) noexcept;

}  // namespace getty::connect::policy
