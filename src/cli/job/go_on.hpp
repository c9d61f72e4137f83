// How a run that ended before its ids did is gone on with.
#pragma once

#include "cli/args/arguments.hpp"

#include <string>

namespace getty::connect::cli {

/// Whether ids come through standard input, which cannot be read once more.
[[nodiscard]] bool reads_standard_input(const lookup_arguments& wanted);

/// Which failures are worth asking for again, and were not meant to be.
enum class ask_again { as_wanted, all };

/// The command line that goes on with this run, as words of a shell; empty where there is none, as for ids
/// that went to standard output.
[[nodiscard]] std::string command_that_goes_on(const arguments& wanted,
                                               ask_again which = ask_again::as_wanted);

/// What to do about the ids that are missing, with that command.
[[nodiscard]] std::string how_to_go_on(const arguments& wanted, const std::string& command);

}  // namespace getty::connect::cli
