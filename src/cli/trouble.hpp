// What stops the tool: a command line that cannot work, or a file of this machine.
#pragma once

#include <stdexcept>
#include <string>

namespace getty::connect::cli {

/// Text names the value, the rule and the mend. Never holds a secret.
class usage_error : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

/// A file, pipe or terminal that cannot be opened, read or written. Text names which, and why.
class local_failure : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

}  // namespace getty::connect::cli
