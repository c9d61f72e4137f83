// Configuration files: flags by name, for all sub-commands or for one.
#pragma once

#include "cli/args/flag.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::cli {

/// `name = value` in a section; those before the first section have none.
struct config_line {
    std::string section;
    std::string name;
    std::string value;
    unsigned number = 0;
};

struct config_section {
    std::string name;
    unsigned number = 0;  ///< of its line
};

struct config_file {
    std::string path;
    std::vector<config_section> sections;
    std::vector<config_line> lines;
    std::string warning;  ///< empty when there is nothing to warn of
};

/// Reads the text of a configuration file: lines `name = value` and `[section]`, blank lines, and comments
/// that begin with '#' or ';' at the start of a line, or with '#' behind a blank. One pair of quotes around
/// a value is dropped. Throws `usage_error` naming `path`, the line and the mend; what stands in the line is
/// not repeated, since it may be a secret that was put there by mistake.
[[nodiscard]] config_file parse_config(std::string_view text, const std::string& path);

/// Throws `usage_error` for the first line that no flag of `known` is meant by, with the one that was perhaps
/// meant; for credentials, which these files do not hold; and for what is set twice in one section.
void check_names(const config_file& file, const std::deque<sub_command>& known);

/// Reads and parses a file. One that everybody may write to is refused with the chmod to run; one that its
/// group may write to is a warning. Nothing when there is none, or its folder may not be entered. Throws
/// `usage_error`, and `local_failure` when it cannot be read.
[[nodiscard]] std::optional<config_file> read_config_file(const std::string& path);

}  // namespace getty::connect::cli
