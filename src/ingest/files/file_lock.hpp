// One run at a time on one file.
#pragma once

#include "core/descriptor.hpp"

#include <string>

namespace getty::connect::ingest {

/// Opens `path` for reading and writing, made when it is not there, and locks it (flock) until the descriptor
/// is closed. The descriptor is of the file that has this name now, also when that was exchanged meanwhile.
/// Throws `local_failure`: "NAME: is being written by process 4711; …".
[[nodiscard]] core::descriptor open_locked(const std::string& path);

/// Locks what is open; the same.
void lock_file(int descriptor, const std::string& name);

}  // namespace getty::connect::ingest
