// What a run amounts to, for people and for programs.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/report/json_members.hpp"
#include "cli/report/snapshot.hpp"

#include <getty/connect/ingest/job.hpp>

#include <map>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// How a run ended, and what was told of it.
struct run_result {
    exit_code code = exit_code::success;
    std::string reason;           ///< why it ended before its input did, or never began; empty: it did not
    std::string ended;            ///< the name of `ingest::ended`; empty: it never began
    std::string go_on;            ///< the command that looks up what is missing; empty: nothing is
    std::uint64_t not_asked = 0;  ///< ids that were taken, have no outcome, and are for whoever goes on
    std::uint64_t accepted = 0;   ///< failures that count as successes
    std::map<errc, ingest::failure_count> failures;
    std::vector<std::string> errors;    ///< what was told; the reporter fills it in
    std::vector<std::string> warnings;  ///< likewise
};

/// A few lines for people, without an end of line behind the last.
[[nodiscard]] std::string summary_text(const run_snapshot& last, const run_result& result);

/// The members of one JSON object.
[[nodiscard]] json_members summary_members(const run_snapshot& last, const run_result& result);

}  // namespace getty::connect::cli
