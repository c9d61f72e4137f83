// Moments of made-up runs.
#pragma once

#include "cli/report/snapshot.hpp"

#include <chrono>

namespace getty::connect::test {

/// 2026-11-29T08:41:44Z
inline constexpr std::chrono::sys_seconds noon{std::chrono::seconds(1'795'941'704)};

/// In the middle, all going well.
inline cli::run_snapshot busy() {
    cli::run_snapshot now;
    now.counts.job.found = 12'328;
    now.counts.job.failed = 17;
    now.counts.job.under_way = 64;
    now.counts.job.percent_read = 43;
    now.at = noon;
    now.started = noon - std::chrono::seconds(72);
    now.elapsed = std::chrono::seconds(72);
    now.per_second = 1'233.6;
    now.per_second_lately = 100;
    return now;
}

}  // namespace getty::connect::test
