// The files of one run: none may be written to and used otherwise at the same time.
#pragma once

#include "cli/lines/files.hpp"

#include <optional>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// What a run does with a file.
enum class file_role {
    ids,       ///< read, and sent to the service
    input,     ///< read, may be known to others: an authority's certificate
    secret,    ///< read, and not to be sent or shown
    output,    ///< written to
    messages,  ///< written to as well, but what stands there is for people
};

struct file_in_use {
    std::string name;     ///< what its user calls it: "--errors failed.ndjson", "standard output"
    std::string purpose;  ///< what it is to the run: "the file that the ids are read from"
    file_role role = file_role::input;
    bool is_standard = false;  ///< a descriptor of the shell's, which perhaps shares it with another one
    std::optional<file_identity> identity;  ///< nothing for what is no disk file
};

/// Throws `usage_error` when one file would be overwritten while it is read, be written to from two sides, or
/// have its secrets sent as ids. Messages may go where standard output goes (`> log 2>&1`), which shares its
/// position.
void require_distinct(const std::vector<file_in_use>& files);

}  // namespace getty::connect::cli
