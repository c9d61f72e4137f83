// The parts of the sweep.
#pragma once

#include "bench/contestant.hpp"
#include "bench/runs.hpp"
#include "bench/sweep_findings.hpp"
#include "bench/system.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bench {

struct sweep_settings {
    placement where;
    std::uint64_t rounds = 5;
    std::uint64_t requests = 50'000;
    std::uint64_t largest_batch = 1'000'000;
    std::size_t connections = 1'000;
};

struct sweep_part {
    std::string_view name;
    std::string_view title;
    /// Measures, and prints a table with the targets in its last line.
    void (*run)(const sweep_settings&, findings&);
};

[[nodiscard]] std::span<const sweep_part> sweep_parts();

}  // namespace bench
