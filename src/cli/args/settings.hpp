// The values of flags that are not on the command line: from variables and from configuration files.
#pragma once

#include "cli/args/config_file.hpp"
#include "cli/args/credentials.hpp"
#include "cli/args/flag.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// What surrounds a run. As it is made: no variables, no files.
struct surroundings {
    environment variables = [](const char*) -> const char* { return nullptr; };
    std::vector<std::string> variable_names;  ///< of all that are set
    std::string system_file;                  ///< empty: none
};
[[nodiscard]] surroundings surroundings_of_process();

/// The user's file: $XDG_CONFIG_HOME/getty-connect/config, or that below ~/.config; empty without a
/// home.
[[nodiscard]] std::string user_config_file(const environment& variables);

/// What the variable of a flag is set to; an empty one counts as not set, and so does what Kubernetes sets
/// for a service that happens to have our name (GETTY_CONNECT_SERVE_PORT=tcp://10.0.0.1:443).
[[nodiscard]] std::optional<given_value> variable_of(const flag& one, const environment& variables);

/// A warning for each name GETTY_CONNECT_* that neither a flag nor the credentials have, with the one that
/// was perhaps meant; none for those that Kubernetes sets for services.
[[nodiscard]] std::vector<std::string> misspelt_variables(const std::vector<std::string>& names,
                                                          const std::deque<sub_command>& known);

/// Variables and files; the first that has a value for a flag holds.
class settings {
public:
    explicit settings(const environment& variables) : variables_(variables) {}

    /// The files of later calls come after those of earlier ones.
    void add(config_file file) { files_.push_back(std::move(file)); }

    /// The values of the place that holds: none, one, or several where the flag takes many. In one file the
    /// command's own section goes before what is outside of sections. "~/" at the start of a file's name is
    /// the home folder: no shell replaces it here.
    [[nodiscard]] std::vector<given_value> find(const sub_command& of, const flag& one) const;

    [[nodiscard]] std::vector<std::string> file_names() const;

private:
    [[nodiscard]] std::vector<given_value> find_in(const config_file& file, const std::string& section,
                                                   const flag& one) const;
    [[nodiscard]] std::string expanded(const flag& one, const place& at, const std::string& value) const;

    environment variables_;
    std::vector<config_file> files_;
};

}  // namespace getty::connect::cli
