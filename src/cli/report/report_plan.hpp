// What is told of a run, where, and how often.
#pragma once

#include "cli/args/arguments.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace getty::connect::cli {

/// What standard error and the rest are to a run.
struct run_surroundings {
    bool messages_on_terminal = false;  ///< standard error can redraw a line
    bool lines_in_the_way = false;      ///< ids are typed there, or images appear there
};

struct report_plan {
    bool draws = false;                              ///< the status line
    std::optional<std::chrono::milliseconds> lines;  ///< a line of progress so often
    bool progress_as_json = false;                   ///< those lines, and the one that SIGUSR1 asks for
    summary_form summary = summary_form::text;       ///< on standard error, at the end
    bool summary_only_if_eventful = false;           ///< not when nothing went wrong
    std::string summary_file;                        ///< empty: none
    std::string metrics_file;                        ///< empty: none
    std::optional<std::chrono::milliseconds> outage_ends_run;  ///< `--max-outage`, as it holds
};

/// Of `fetch`, and of `get`, which shows no progress.
[[nodiscard]] report_plan plan_for(const arguments& wanted, run_surroundings where);

}  // namespace getty::connect::cli
