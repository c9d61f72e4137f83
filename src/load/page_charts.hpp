// The charts of a page, each a figure with its legend.
#pragma once

#include "load/measurement.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace getty::connect::load {

/// How many points a line of a chart has at most.
struct detail_level {
    std::size_t points = 240;
};

/// Latency over the share of requests that it is not exceeded by, the longest stretched as in HdrHistogram's
/// plots; that of `baseline`, which may be null, dashed.
[[nodiscard]] std::string percentile_chart(const step_result& s, const step_result* baseline,
                                           detail_level detail);
/// p50 to p99 by the second that requests were due in; 429s and reconnects marked.
[[nodiscard]] std::string latency_chart(const step_result& s, detail_level detail);
/// Sent, answered, failed and dropped by second.
[[nodiscard]] std::string rate_chart(const step_result& s, detail_level detail);
[[nodiscard]] std::string in_flight_chart(const step_result& s, detail_level detail);
/// p50 and p99 by the rate of answers, with the knee; those of `baseline` dashed.
[[nodiscard]] std::string load_chart(const measurement& m, const measurement* baseline);

}  // namespace getty::connect::load
