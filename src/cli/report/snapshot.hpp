// What there is to tell of a run at one moment.
#pragma once

#include "cli/report/latency_record.hpp"

#include <getty/connect/error.hpp>
#include <getty/connect/ingest/job.hpp>
#include <getty/connect/observer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace getty::connect::cli {

/// Outcomes by what kind of failure they are; found ones have no place here.
using counts_by_kind = std::array<std::uint64_t, static_cast<std::size_t>(condition::internal) + 1>;

/// What the run itself knows.
struct run_counts {
    ingest::job_progress job;
    client_stats client;
    counts_by_kind failed{};
    std::optional<std::uint64_t> total;  ///< occurrences in the input, where that is known
    std::optional<std::size_t> window;   ///< of the batch, where that is known
};

/// What everybody waits for.
enum class waits_for { nothing, pause, outage };

struct waiting {
    waits_for what = waits_for::nothing;
    std::string reason;                             ///< on one line
    std::chrono::sys_seconds since{};               ///< of an outage
    std::optional<std::chrono::sys_seconds> until;  ///< end of a pause; when an outage ends the run
};

/// All of it. Plain: whoever has one needs no clock.
struct run_snapshot {
    run_counts counts;
    waiting waits;
    std::chrono::sys_seconds started{};
    std::chrono::sys_seconds at{};
    std::chrono::duration<double> elapsed{0};
    double per_second = 0;                           ///< outcomes, during the last few seconds
    double per_second_lately = 0;                    ///< during the last minute: what a forecast goes by
    std::chrono::duration<double> since_outcome{0};  ///< since the last outcome, or the start
    std::chrono::duration<double> paused{0};         ///< all pauses so far
    std::chrono::duration<double> in_outage{0};      ///< all outages so far
    const latency_record* latency = nullptr;         ///< null: nobody recorded any
};

/// Outcomes of this run.
[[nodiscard]] inline std::uint64_t outcomes_of(const run_counts& counts) noexcept {
    return counts.job.found + counts.job.failed;
}

}  // namespace getty::connect::cli
