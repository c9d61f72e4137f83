// Which commands and flags there are.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/args/command_set.hpp"

#include <memory>

namespace getty::connect::cli {

/// All sub-commands; reading their flags fills `read`, which must outlive them.
[[nodiscard]] std::unique_ptr<command_set> known_commands(arguments& read);

/// Throws `usage_error` for flags that cannot work together.
void check_together(const arguments& read);

}  // namespace getty::connect::cli
