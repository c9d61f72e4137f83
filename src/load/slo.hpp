// Limits that a measurement has to keep.
#pragma once

#include "load/measurement.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::load {

/// "p99<50ms" as it was read.
struct slo_limit {
    enum class figure { p50, p90, p99, p99_9, p99_99, max, mean, errors, dropped, rate };
    enum class relation { below, at_most, above, at_least };

    std::string text;
    figure of = figure::p99;
    relation is = relation::below;
    double limit = 0;  ///< microseconds, a share, or answers per second
};

/// Reads limits parted by commas: p50, p90, p99, p99.9, p99.99, max and mean with a time (us, ms, s), errors
/// and dropped with a percentage, each below (<, <=); rate with answers per second, above (>, >=):
/// "p99<50ms,errors<0.1%,rate>=2000/s". Throws `unusable`.
[[nodiscard]] std::vector<slo_limit> read_slo(std::string_view text);

/// Each limit on each step. Latency is that from the due time; errors are lookups that ended neither found
/// nor not found, of those that ended; dropped is of those that were due. What there are too few samples for
/// is not held.
[[nodiscard]] std::vector<slo_verdict> judge(const std::vector<slo_limit>& limits,
                                             const std::vector<step_result>& steps);

}  // namespace getty::connect::load
