// A measurement, planned: which loads, how often, with how many connections.
#pragma once

#include "cli/bench/bench_arguments.hpp"
#include "core/time.hpp"
#include "load/measurement.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace getty::connect::cli {

/// One load, once.
struct step_plan {
    std::optional<double> per_second;  ///< nothing: a closed loop
    std::uint64_t max_in_flight = 0;   ///< of a closed loop what is always under way
    std::uint64_t round = 1;
    load::arrivals arrivals = load::arrivals::poisson;
    core::duration warm_up{};
    core::duration counted{};
    core::duration cool_down{};
    std::uint64_t seed = 0;
    std::size_t connections = 1;
    std::size_t opened_beforehand = 0;
};

/// All steps in their order, round by round; each has due times of its own.
[[nodiscard]] std::vector<step_plan> steps_of(const bench_arguments& wanted);

/// The same for the document. `ids`: how many different ones there are.
[[nodiscard]] load::plan_figures plan_figures_of(const bench_arguments& wanted, std::uint64_t ids);

/// Connections of the step that has the most.
[[nodiscard]] std::size_t most_connections(const bench_arguments& wanted);

}  // namespace getty::connect::cli
