// Where the tool takes its credentials from: the environment or a private file, never the command line.
#pragma once

#include <getty/connect/secret.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::cli {

/// What was found; what was not is absent.
struct credentials {
    std::optional<std::string> key;
    std::optional<secret> application_secret;
    std::optional<std::string> user;
    std::optional<secret> password;
    std::optional<secret> token;
};

/// Value of an environment variable, null when it is not set.
using environment = std::function<const char*(const char* name)>;

/// Reads GETTY_CONNECT_KEY, _SECRET, _USER, _PASSWORD and _TOKEN; an empty variable counts as not set.
[[nodiscard]] credentials credentials_from(const environment& variables);

/// Reads the text of a credentials file: KEY=VALUE lines with the names of the variables or key, secret,
/// user, password, token; blank lines and '#' comments are skipped; blanks around name and value are dropped,
/// and so is one pair of quotes around the value. Throws `usage_error` naming `file_name`, the line and the
/// mend, never a value.
[[nodiscard]] credentials parse_credentials(std::string_view text, std::string_view file_name);

/// Reads a file that nobody but its owner may read. Throws `usage_error`: with the chmod to run when others
/// may, and as `parse_credentials`; `local_failure` when it cannot be read.
[[nodiscard]] credentials read_credentials_file(const std::string& path);

/// Throws `usage_error` when a lookup cannot be authenticated with these, telling what to set.
void require_usable(const credentials& found);

}  // namespace getty::connect::cli
