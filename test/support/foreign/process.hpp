// Processes that a test starts, waits for within bounds, and ends.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace getty::connect::test {

/// The program's path, looked for in $PATH and then in the system directories that are missing from an
/// ordinary user's one; empty when there is none.
[[nodiscard]] std::filesystem::path find_program(std::string_view name);

/// A running process. When it goes, the process is asked to end (SIGTERM), and killed with its whole group
/// when it has not within five seconds. It also ends with the thread that started it, so nothing outlives a
/// crashed test.
class child_process {
public:
    /// Starts `arguments[0]` with an empty standard input; what it prints is appended to the two files, which
    /// may be the same. Throws std::system_error when no process can be made; a program that cannot be run
    /// exits with 127.
    child_process(const std::vector<std::string>& arguments, const std::filesystem::path& output,
                  const std::filesystem::path& errors);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Waits at most that long for the end: the exit code, or 128 + the signal's number, or nothing at the
    /// timeout.
    std::optional<int> wait(std::chrono::milliseconds timeout);

private:
    pid_t pid_ = -1;
    int exit_fd_ = -1;  // readable once the process has ended
    std::optional<int> exit_code_;
};

/// What a program that ran to its end has printed.
struct run_result {
    int exit_code = -1;
    std::string output;
    std::string errors;
};

/// Runs a program to its end. Throws std::runtime_error, with what it printed, when that takes longer.
[[nodiscard]] run_result run(const std::vector<std::string>& arguments,
                             std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace getty::connect::test
