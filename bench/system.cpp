#include "bench/system.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::chrono::seconds longest_run = std::chrono::minutes(60);

std::chrono::microseconds total(const rusage& use) {
    const auto of = [](const timeval& t) {
        return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return of(use.ru_utime) + of(use.ru_stime);
}

/// In the child, after fork: system calls only.
void prepare_child(pid_t parent, int output, const std::vector<int>& cores, std::chrono::seconds limit) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    alarm(static_cast<unsigned>(limit.count()));
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) CPU_SET(core, &set);
    if (!cores.empty()) sched_setaffinity(0, sizeof set, &set);
    dup2(output, STDOUT_FILENO);
}

}  // namespace

void require(bool done, const std::string& what) {
    if (!done) throw std::runtime_error("cannot " + what + ": " + std::strerror(errno));
}

placement find_placement() {
    cpu_set_t set;
    CPU_ZERO(&set);
    require(sched_getaffinity(0, sizeof set, &set) == 0, "see the processor cores");
    placement found;
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set)) found.all.push_back(core);
    }
    found.client = {found.all.front()};
    found.origin = {found.all.back()};
    return found;
}

std::chrono::microseconds cpu_time() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return total(use);
}

namespace {

std::uint64_t memory_kib(std::string_view what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(what)) return std::stoull(line.substr(what.size()));
    }
    throw std::runtime_error("cannot see the memory of this process");
}

}  // namespace

std::uint64_t resident_memory_kib() { return memory_kib("VmRSS:"); }
std::uint64_t peak_memory_kib() { return memory_kib("VmHWM:"); }

void raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

child::child(const std::vector<std::string>& arguments, const std::vector<int>& cores,
             std::chrono::seconds limit) {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC) == 0, "make a pipe");
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    require(pid_ >= 0, "start a process");
    if (pid_ == 0) {
        prepare_child(parent, ends[1], cores, limit);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
}

child::~child() {
    if (output_ >= 0) close(output_);
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

std::string child::read_output() {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t got = read(output_, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

finished_process child::wait() {
    finished_process done;
    done.output = read_output();
    int status = 0;
    rusage use{};
    while (wait4(pid_, &status, 0, &use) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    done.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    done.cpu = total(use);
    return done;
}

finished_process run_process(const std::vector<std::string>& arguments, const std::vector<int>& cores) {
    return child(arguments, cores, longest_run).wait();
}

bool is_in_path(const std::string& program) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

std::string own_path() {
    std::array<char, PATH_MAX> path{};
    const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
    require(size > 0, "find this program");
    return {path.data(), static_cast<std::size_t>(size)};
}

namespace {

std::vector<std::string> origin_command(const placement& where, const std::vector<std::string>& options) {
    std::vector<std::string> command{own_path(), "origin"};
    if (where.origin != where.client) command.emplace_back("--awake");
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

}  // namespace

running_origin::running_origin(const placement& where, const std::vector<std::string>& options)
    : process_(origin_command(where, options), where.origin, longest_run) {
    const std::string announced = process_.read_output();
    const std::size_t line_end = announced.find('\n');
    if (line_end == announced.npos) throw std::runtime_error("the origin did not start");
    port_ = static_cast<std::uint16_t>(std::stoul(announced));
    ca_pem_ = announced.substr(line_end + 1);
    // Without a name in the file system there is nothing to clean up. Child processes inherit the descriptor.
    ca_descriptor_ = memfd_create("ca.pem", 0);
    const ssize_t written = write(ca_descriptor_, ca_pem_.data(), ca_pem_.size());
    require(written == static_cast<ssize_t>(ca_pem_.size()), "keep the certificate");
    ca_file_ = "/proc/self/fd/" + std::to_string(ca_descriptor_);
}

running_origin::~running_origin() { close(ca_descriptor_); }

}  // namespace bench
