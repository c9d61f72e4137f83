// Files of this machine: opening, reading and naming them in messages.
#pragma once

#include "core/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::ingest {

/// Opens with O_CLOEXEC, new files with mode 0666 less the umask. Throws `local_failure` naming the path.
[[nodiscard]] core::descriptor open_file(const std::string& path, int flags);

/// Reads once, 0 at the end; a signal does not interrupt it. Throws `local_failure` naming `what`.
[[nodiscard]] std::size_t read_some(int descriptor, char* to, std::size_t room, std::string_view what);

/// A second descriptor of the same pipe, terminal or device that can be made non-blocking without the other
/// holders of the first, such as the shell, noticing. Not open where the system does not allow that.
[[nodiscard]] core::descriptor reopened(int descriptor, int flags);

/// Writes all of it, waiting where the descriptor would block. Gives 0, or the errno of what went wrong.
[[nodiscard]] int write_all(int descriptor, std::string_view text) noexcept;

/// What makes a file the same one under each of its names.
struct file_identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const file_identity&, const file_identity&) noexcept = default;
};

/// Nothing for what is no existing disk file: to read from and write to one terminal or device is no
/// accident.
[[nodiscard]] std::optional<file_identity> identity_of(int descriptor) noexcept;
[[nodiscard]] std::optional<file_identity> identity_of(const std::string& path) noexcept;

[[nodiscard]] std::string system_words(int number);
/// Why a write failed and how to mend it: "No space left on device: make room".
[[nodiscard]] std::string write_failure(int number);

/// `text` as one word of a POSIX shell.
[[nodiscard]] std::string shell_quoted(std::string_view text);

/// Overwrites memory that held a secret, in a way that the compiler does not remove.
void secret_wipe(char* bytes, std::size_t size) noexcept;

}  // namespace getty::connect::ingest
