// How a step goes, on one line that is redrawn each second.
#pragma once

#include "cli/bench/bench_plan.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace getty::connect::cli {

/// A second of a step that is under way.
struct step_progress {
    enum class part { opening, warm_up, counting, cool_down, waiting };
    part now = part::opening;
    core::duration gone{};  ///< since the warm-up began
    core::duration whole{};
    std::uint64_t sent = 0;  ///< in this second
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;  ///< since the step began
    std::uint64_t in_flight = 0;
    std::optional<core::duration> p50;  ///< of what counts, so far
    std::optional<core::duration> p99;
};

struct step_position {
    std::size_t number = 0;  ///< from 0
    std::size_t of = 1;
};

/// "step 2 of 3: 400/s  counting 12 of 37 s  398/s answered  p50 267 us  p99 6.31 ms  0 failed  3 in flight";
/// what does not fit into `columns` - 1 characters, all of ASCII, goes from the end.
[[nodiscard]] std::string step_line(const step_plan& plan, step_position position, const step_progress& now,
                                    std::size_t columns);

}  // namespace getty::connect::cli
