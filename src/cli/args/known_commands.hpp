// Which commands and flags there are.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/args/command_set.hpp"

#include <memory>

namespace getty::connect::cli {

/// All sub-commands; reading their flags fills `read`, which must outlive them.
[[nodiscard]] std::unique_ptr<command_set> known_commands(arguments& read);

/// Throws `usage_error` for flags that cannot work together. One that means nothing beside the others is
/// refused where it is on the command line, and set aside where it comes from elsewhere: there it is for
/// other runs.
void check_together(arguments& read);

}  // namespace getty::connect::cli
