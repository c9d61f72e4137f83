// The flags of `bench`.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/args/flag.hpp"

namespace getty::connect::cli {

/// All but those of the connection, which are the same as elsewhere.
void add_bench(sub_command& command, bench_arguments& to);

/// Throws `usage_error` for words and flags that cannot work together, as `check_together` does for all
/// commands; what a sandbox of its own has no use for is set aside where it comes from elsewhere.
void check_bench(arguments& read);

}  // namespace getty::connect::cli
