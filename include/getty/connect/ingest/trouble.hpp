// What stops a job that its options or this machine are to blame for.
#pragma once

#include <getty/connect/abi.hpp>

#include <stdexcept>

#pragma GCC visibility push(default)

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

/// What was asked for cannot work as it stands: options that contradict each other, a file that holds
/// something else. The text names what, where and how to mend it, and holds no secret.
class unusable : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

/// A file, pipe or terminal of this machine that cannot be opened, read or written. The text names which,
/// why, and how to go on.
class local_failure : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
