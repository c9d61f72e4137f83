// The manual and the completion of shells, made of the same definitions as --help.
#pragma once

#include "cli/args/command_set.hpp"

#include <string>
#include <string_view>

namespace getty::connect::cli {

/// Page getty-connect(1), which has what holds for all commands.
[[nodiscard]] std::string manual_of_tool(const command_set& all, std::string_view version);

/// Page getty-connect-COMMAND(1).
[[nodiscard]] std::string manual_of(const sub_command& one, std::string_view version);

/// A script for bash. Needs no other, neither the package bash-completion.
[[nodiscard]] std::string bash_completion(const command_set& all);

}  // namespace getty::connect::cli
