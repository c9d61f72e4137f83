// The ids that a measurement asks for.
#pragma once

#include "cli/bench/bench_arguments.hpp"
#include "load/id_plan.hpp"

namespace getty::connect::cli {

/// More of them would be memory and no better measurement.
inline constexpr std::size_t max_bench_ids = 10'000'000;

/// Reads them all. Throws `usage_error` for a range that is none, for a line that cannot be an id, with its
/// file and number, and where there are none or too many; `local_failure` for a file that cannot be read.
[[nodiscard]] load::id_plan ids_for(const bench_arguments& wanted);

}  // namespace getty::connect::cli
