// Where the tool takes its credentials from: the environment or a private file, never the command line.
#pragma once

#include <getty/connect/options.hpp>
#include <getty/connect/secret.hpp>

#include <cstdint>
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
    std::optional<secret> private_key_password;  ///< of the client certificate's key
};

/// The variables that hold credentials.
inline constexpr const char* credential_variables[] = {
    "GETTY_CONNECT_KEY",      "GETTY_CONNECT_SECRET", "GETTY_CONNECT_USER",
    "GETTY_CONNECT_PASSWORD", "GETTY_CONNECT_TOKEN",  "GETTY_CONNECT_CERT_KEY_PASSWORD"};

/// Value of an environment variable, null when it is not set.
using environment = std::function<const char*(const char* name)>;

/// Reads GETTY_CONNECT_KEY, _SECRET, _USER, _PASSWORD, _TOKEN and _CERT_KEY_PASSWORD; an empty variable
/// counts as not set.
[[nodiscard]] credentials credentials_from(const environment& variables);

/// Reads the text of a credentials file: KEY=VALUE lines with the names of the variables or key, secret,
/// user, password, token, private_key_password; blank lines and '#' comments are skipped; blanks around name
/// and value are dropped, and so is one pair of quotes around the value. Throws `usage_error` naming
/// `file_name`, the line and the mend, never a value.
[[nodiscard]] credentials parse_credentials(std::string_view text, std::string_view file_name);

/// What the permissions of a credentials file allow.
enum class file_privacy {
    owner_alone,  ///< nobody else may use it
    its_group,    ///< its group may read it, and it is not the user's to change: a mounted secret
    too_open,
};

/// `mode` and `owner` are those of the file, `user` is who runs the tool. A group that may read is put up
/// with where the file belongs to root or somebody else, as with a secret that Kubernetes mounts: whoever
/// runs the tool could not mend that, and often reads it by that very group.
[[nodiscard]] file_privacy privacy_of(unsigned mode, std::uint64_t owner, std::uint64_t user) noexcept;

struct credentials_file {
    credentials found;
    std::string warning;  ///< empty when there is nothing to warn of
};

/// Reads a file that nobody but its owner may read, or its group as `privacy_of` says. Throws `usage_error`:
/// with the chmod to run when others may, and as `parse_credentials`; `local_failure` when it cannot be read.
[[nodiscard]] credentials_file read_credentials_file(const std::string& path);

/// Throws `usage_error` when a lookup cannot be authenticated with these, telling what to set.
void require_usable(const credentials& found, dialect api = dialect::connect);

}  // namespace getty::connect::cli
