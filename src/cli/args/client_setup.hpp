// The command line in the words of the library.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/args/credentials.hpp"

#include <getty/connect/options.hpp>

#include <string>
#include <string_view>

namespace getty::connect::cli {

/// The library's options for these arguments and credentials. `validate()` has not been called.
[[nodiscard]] client_options client_options_for(const arguments& wanted, const credentials& found);
[[nodiscard]] fetch_options fetch_options_for(const lookup_arguments& wanted);

/// The library's words about an option that cannot work, with the flag's name in place of the option's.
[[nodiscard]] std::string in_flags(std::string_view message);

}  // namespace getty::connect::cli
