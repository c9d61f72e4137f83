// The command line in the words of the library.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/args/credentials.hpp"

#include <getty/connect/ingest/job.hpp>
#include <getty/connect/options.hpp>

#include <string>
#include <string_view>

namespace getty::connect::cli {

/// The library's options for these arguments and credentials. `validate()` has not been called.
[[nodiscard]] client_options client_options_for(const arguments& wanted, const credentials& found);
[[nodiscard]] fetch_options fetch_options_for(const lookup_arguments& wanted);

/// Of the images, and of the failures where these have a file of their own.
[[nodiscard]] ingest::sink_options sink_options_for(const arguments& wanted);
[[nodiscard]] ingest::sink_options errors_options_for(const lookup_arguments& wanted);
[[nodiscard]] ingest::job_options job_options_for(const lookup_arguments& wanted);

/// What the library of jobs says of options and files, with flags where it has to be neutral.
[[nodiscard]] std::string job_words_in_flags(std::string_view message);

/// The library's words about an option that cannot work, with the flag's name in place of the option's.
[[nodiscard]] std::string in_flags(std::string_view message);

}  // namespace getty::connect::cli
