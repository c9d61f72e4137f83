// What the reports have in common: a measurement in few words.
#pragma once

#include "load/measurement.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::load {

/// The last step before the service has more than it takes: the next one has dropped requests, has answered
/// less than 95 % of what fell due, or has a p99 of more than twice that of the first step. Steps rise; it is
/// of the first round. Nothing where all or none are within.
[[nodiscard]] std::optional<std::size_t> knee(const measurement& m);

/// Steps of the first round, in their order.
[[nodiscard]] std::vector<const step_result*> first_round(const measurement& m);

/// "All 2 limits were held", "1 of 2 limits was broken"; empty without limits.
[[nodiscard]] std::string limits_words(const measurement& m);
[[nodiscard]] bool all_held(const measurement& m);

/// "open loop, 1,500/s, poisson arrivals, at most 1,024 under way", and the rest of the plan, a part each.
[[nodiscard]] std::vector<std::string> plan_words(const measurement& m);

/// A warning once for all steps that it is of.
struct told_warning {
    std::string where;  ///< "800/s (likewise 200/s, 400/s)"; empty where it is of all, or there is one step
    std::string text;   ///< with the figures of the last of them
};
/// In the order of their first steps.
[[nodiscard]] std::vector<told_warning> told_warnings(const measurement& m);

/// The command as a shell would take it: quoted where needed, control characters shown as '?'.
[[nodiscard]] std::string command_words(const std::vector<std::string>& argv);

/// So many rows from the shortest to the longest, each as many times longer than the one before.
struct histogram_row {
    double up_to_us = 0;
    std::uint64_t count = 0;
};
[[nodiscard]] std::vector<histogram_row> rows_of(const std::vector<bucket>& histogram, std::size_t rows);

}  // namespace getty::connect::load
