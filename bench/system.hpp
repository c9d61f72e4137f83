// Processes, processor cores and what they cost.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace bench {

/// Throws `std::runtime_error`: "cannot WHAT: " and the system's reason.
void require(bool done, const std::string& what);

/// Which cores are used for what.
struct placement {
    std::vector<int> client;  ///< one core
    std::vector<int> origin;  ///< another one, where there is one
    std::vector<int> all;
};

/// Of the cores that this process may use: the first one for the client, the last one for the origin.
[[nodiscard]] placement find_placement();

using steady = std::chrono::steady_clock;
[[nodiscard]] inline double microseconds_since(steady::time_point began) {
    return std::chrono::duration<double, std::micro>(steady::now() - began).count();
}

/// User and system time of this process and its threads, its children excluded.
[[nodiscard]] std::chrono::microseconds cpu_time();

/// Of this process.
[[nodiscard]] std::uint64_t resident_memory_kib();
/// The most that was resident since it started.
[[nodiscard]] std::uint64_t peak_memory_kib();

/// As many open descriptors as the system allows this process and its children.
void raise_descriptor_limit();

struct finished_process {
    int exit_code = 0;
    std::string output;
    std::chrono::microseconds cpu{0};
};

/// A child process that does not outlive this one, nor its time limit.
class child {
public:
    /// `arguments[0]` is a path or a name in PATH.
    child(const std::vector<std::string>& arguments, const std::vector<int>& cores,
          std::chrono::seconds limit);
    /// Ends it when it runs.
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    /// What it writes to its standard output until it closes that.
    [[nodiscard]] std::string read_output();
    [[nodiscard]] finished_process wait();

private:
    pid_t pid_ = -1;
    int output_ = -1;
};

[[nodiscard]] finished_process run_process(const std::vector<std::string>& arguments,
                                           const std::vector<int>& cores);

[[nodiscard]] bool is_in_path(const std::string& program);

/// This program.
[[nodiscard]] std::string own_path();

/// An origin in a process of its own.
class running_origin {
public:
    explicit running_origin(const placement& where, const std::vector<std::string>& options = {});
    ~running_origin();
    running_origin(const running_origin&) = delete;
    running_origin& operator=(const running_origin&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] const std::string& ca_pem() const noexcept { return ca_pem_; }
    /// A file with `ca_pem`, readable by child processes too.
    [[nodiscard]] const std::string& ca_file() const noexcept { return ca_file_; }

private:
    child process_;
    std::uint16_t port_ = 0;
    std::string ca_pem_, ca_file_;
    int ca_descriptor_ = -1;
};

}  // namespace bench
