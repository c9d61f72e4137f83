// What a run amounts to, for people and for programs.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/report/snapshot.hpp"

#include <getty/connect/ingest/job.hpp>

#include <map>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// How a run ended, and what was told of it.
struct run_end {
    exit_code code = exit_code::success;
    std::string reason;  ///< why it ended before its input did, or never began; empty: it did not
    std::string ended;   ///< the name of `ingest::ended`; empty: it never began
    std::string go_on;   ///< the command that looks up what is missing; empty: there is nothing to go on with
    std::uint64_t handed_back = 0;  ///< ids that were taken and have no outcome
    std::uint64_t accepted = 0;     ///< failures that count as successes
    std::map<errc, ingest::failure_count> failures;
    std::vector<std::string> errors;    ///< filled in by the reporter
    std::vector<std::string> warnings;  ///< likewise
};

/// A few lines for people, without an end of line behind the last.
[[nodiscard]] std::string summary_text(const run_snapshot& last, const run_end& end);

/// The members of one JSON object on one line: `"ids":…,…`.
[[nodiscard]] std::string summary_members(const run_snapshot& last, const run_end& end);

}  // namespace getty::connect::cli
