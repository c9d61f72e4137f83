// What keeps figures from meaning what they seem to.
#pragma once

#include "load/measurement.hpp"

#include <vector>

namespace getty::connect::load {

/// Every trouble that the figures themselves tell of, those of the whole measurement first, then by step.
/// Each text has its figure, the limit and what to do; `warning::code` is one of
///
/// - of all steps: `same_machine`, `retries_on`, `few_ids`;
/// - of a step: `client_late`, `client_busy`, `few_connections`, `stalls_hidden`, `dropped`,
///   `rate_not_reached`, `not_steady`, `few_samples`, `throttled`, `steal`, `stood_still`, `handshakes`,
///   `nonce_renewals`.
///
/// Whoever measures adds `interrupted` where a measurement has not all that was planned.
[[nodiscard]] std::vector<warning> warnings_of(const measurement& m);

}  // namespace getty::connect::load
