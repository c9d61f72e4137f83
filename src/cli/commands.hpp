// What the tool does, one function per sub-command.
#pragma once

#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <string>

namespace getty::connect::cli {

/// Each runs to its end on the calling thread and throws `usage_error` or `local_failure` for what stops it
/// before it has begun.
[[nodiscard]] exit_code run_lookups(const arguments& wanted, console& tell);
[[nodiscard]] exit_code run_token(const arguments& wanted, console& tell);
[[nodiscard]] exit_code run_serve(const serve_arguments& wanted, const std::string& program, console& tell);

/// Writes text to standard output, all of it. Throws `local_failure`.
void print_text(std::string_view text);

/// Credentials and options of a command that talks to the service, checked. Throws as the commands do.
[[nodiscard]] client_options ready_client_options(const arguments& wanted, console& tell);

/// Tells why no token was to be had, and what may help.
void tell_no_token(console& tell, const error& why);

}  // namespace getty::connect::cli
