// What is told of a run, where, and how often.
#pragma once

#include "cli/args/arguments.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace getty::connect::cli {

/// Where standard error goes.
struct run_surroundings {
    bool messages_on_terminal = false;  ///< where a line can be redrawn
    bool lines_in_the_way = false;      ///< ids are typed there, or images appear there
};

struct report_plan {
    bool draws = false;                              ///< the status line
    std::optional<std::chrono::milliseconds> lines;  ///< a line of progress so often
    bool progress_as_json = false;                   ///< of these lines, and the one that SIGUSR1 asks for
    summary_form summary = summary_form::text;       ///< on standard error, at the end
    bool only_if_eventful = false;                   ///< not where all went well
    std::string summary_file;                        ///< empty: none
    std::string metrics_file;                        ///< empty: none
    std::chrono::milliseconds max_outage{0};         ///< as it holds; 0: an outage ends nothing
};

/// Of `fetch`, and of `get`, which shows no progress.
[[nodiscard]] report_plan plan_for(const arguments& wanted, run_surroundings where);

}  // namespace getty::connect::cli
