#include "support/foreign/process.hpp"

#include "support/foreign/temp_dir.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace getty::connect::test {
namespace {

constexpr auto patience_at_the_end = std::chrono::seconds(5);

[[noreturn]] void give_up(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// The part after fork: async-signal-safe calls only.
[[noreturn]] void become(char* const* arguments, const char* output, const char* errors, pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(output, O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int err = ::open(errors, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2) {
        ::execv(arguments[0], arguments);
        const char* reason = "cannot be run\n";
        [[maybe_unused]] auto n = ::write(2, arguments[0], std::strlen(arguments[0]));
        n = ::write(2, " ", 1);
        n = ::write(2, reason, std::strlen(reason));
    }
    ::_exit(127);
}

}  // namespace

std::filesystem::path find_program(std::string_view name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path != nullptr ? path : "/usr/bin:/bin") +
                               ":/usr/local/sbin:/usr/sbin:/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        auto candidate = std::filesystem::path(folder) / name;
        if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return {};
}

child_process::child_process(const std::vector<std::string>& arguments, const std::filesystem::path& output,
                             const std::filesystem::path& errors) {
    std::vector<char*> pointers;
    for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) give_up("fork");
    if (pid_ == 0) become(pointers.data(), output.c_str(), errors.c_str(), parent);
    exit_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (exit_fd_ < 0) {
        const int reason = errno;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        throw std::system_error(reason, std::generic_category(), "pidfd_open");
    }
}

child_process::~child_process() {
    if (!exit_code_) {
        ::kill(pid_, SIGTERM);
        if (!wait(patience_at_the_end)) {
            ::kill(-pid_, SIGKILL);
            ::kill(pid_, SIGKILL);  // where it died before it had a group of its own
            ::waitpid(pid_, nullptr, 0);
        }
    }
    ::close(exit_fd_);
}

std::optional<int> child_process::wait(std::chrono::milliseconds timeout) {
    if (exit_code_) return exit_code_;
    const auto end = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        pollfd ended{exit_fd_, POLLIN, 0};
        const int n = ::poll(&ended, 1, left > 0 ? static_cast<int>(left) : 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return std::nullopt;
        int status = 0;
        if (::waitpid(pid_, &status, 0) != pid_) give_up("waitpid");
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return exit_code_;
    }
}

run_result run(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout) {
    const temp_dir folder;
    const auto output = folder.path() / "output";
    const auto errors = folder.path() / "errors";
    auto resolved = arguments;
    if (auto program = find_program(arguments.at(0)); !program.empty()) resolved[0] = program;
    child_process child(resolved, output, errors);
    const auto exit_code = child.wait(timeout);
    if (!exit_code) {
        throw std::runtime_error(arguments[0] + " did not end in time\n" + read_file(output) +
                                 read_file(errors));
    }
    return {*exit_code, read_file(output), read_file(errors)};
}

}  // namespace getty::connect::test
