// What stops the tool: a command line that cannot work, or a file of this machine.
#pragma once

#include <getty/connect/ingest/trouble.hpp>

namespace getty::connect::cli {

/// Text names the value, the rule and the mend. Never holds a secret.
using usage_error = ingest::unusable;

/// A file, pipe or terminal that cannot be opened, read or written. Text names which, and why.
using ingest::local_failure;

}  // namespace getty::connect::cli
