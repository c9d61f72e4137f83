// A run as Prometheus reads it.
#pragma once

#include "cli/report/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::cli {

/// How a run ended.
struct metrics_end {
    int exit_code = 0;
    std::string_view ended;  ///< the name of `ingest::ended`; empty: it never began
};

/// The text format 0.0.4, for node_exporter's textfile collector. Each series has the label `run`, so that
/// the files of several runs can lie in one folder. Counters begin with the run, as a process's own do. The
/// same series come each time, whatever their values, but for what is known at the end alone and what is not
/// known at all.
[[nodiscard]] std::string metrics_text(const run_snapshot& now, std::string_view run,
                                       std::optional<metrics_end> end);

/// What a run is called whose metrics go to this file: its name without folder and ".prom".
[[nodiscard]] std::string_view run_name(std::string_view metrics_file) noexcept;

}  // namespace getty::connect::cli
