#include "cli/bench/machine.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
        if (!line.starts_with("model name")) continue;
        const std::size_t at = line.find(": ");
        if (at != std::string::npos) return line.substr(at + 2);
    }
    return "unknown processor";
}

/// A socket can be bound to what is this machine's alone.
bool is_of_this_machine(const addrinfo& one) noexcept {
    const int probe = ::socket(one.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    sockaddr_storage address{};
    __builtin_memcpy(&address, one.ai_addr, one.ai_addrlen);
    if (one.ai_family == AF_INET) reinterpret_cast<sockaddr_in&>(address).sin_port = 0;
    if (one.ai_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(address).sin6_port = 0;
    const bool bound = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), one.ai_addrlen) == 0;
    ::close(probe);
    return bound;
}

}  // namespace

load::host_figures this_host() {
    load::host_figures host;
    utsname about{};
    if (::uname(&about) == 0) {
        host.name = about.nodename;
        host.system = std::string(about.sysname) + " " + about.release;
    }
    host.cpu = cpu_model();
    host.cores = std::thread::hardware_concurrency();
    return host;
}

std::string host_of(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    url = url.substr(0, url.find_first_of("/?#"));
    if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
    if (url.starts_with('[')) return std::string(url.substr(1, url.find(']') - 1));
    return std::string(url.substr(0, url.find(':')));
}

peer find_peer(std::string_view url) {
    peer found;
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (::getaddrinfo(host_of(url).c_str(), nullptr, &wanted, &list) != 0) return found;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        if (is_of_this_machine(*one)) found.is_this_machine = true;
        std::array<char, NI_MAXHOST> text{};
        if (found.address.empty() && ::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(),
                                                   nullptr, 0, NI_NUMERICHOST) == 0) {
            found.address = text.data();
        }
    }
    return found;
}

core::duration thread_cpu() noexcept {
    rusage used{};
    (void)::getrusage(RUSAGE_THREAD, &used);
    const auto of = [](const timeval& t) {
        return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

double read_processor_quota(std::string_view line, double otherwise) noexcept {
    std::uint64_t granted = 0;
    std::uint64_t period = 0;
    const char* const end = line.data() + line.size();
    const auto [at, no_number] = std::from_chars(line.data(), end, granted);
    if (no_number != std::errc{} || at == end || *at != ' ') return otherwise;
    const auto [behind, no_period] = std::from_chars(at + 1, end, period);
    if (no_period != std::errc{} || behind != end || period == 0) return otherwise;
    return std::min(otherwise, static_cast<double>(granted) / static_cast<double>(period));
}

std::size_t max_descriptors() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
    return static_cast<std::size_t>(limit.rlim_cur);
}

double processors() noexcept {
    const auto online = static_cast<double>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
    std::string line;
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    std::getline(file, line);
    return read_processor_quota(line, online);
}

machine_reading read_processor_line(std::string_view line) {
    machine_reading read;
    if (!line.starts_with("cpu ")) return read;
    line.remove_prefix(4);
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are within user.
    for (int field = 0; field < 8; ++field) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        std::uint64_t ticks = 0;
        const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), ticks);
        if (failed != std::errc{}) break;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
        read.elapsed += ticks;
        if (field == 7) read.stolen = ticks;
    }
    return read;
}

machine_reading read_machine() {
    std::ifstream file("/proc/stat");
    std::string line;
    std::getline(file, line);
    machine_reading read = read_processor_line(line);
    read.cpu = thread_cpu();
    read.asleep = core::slept();
    return read;
}

}  // namespace getty::connect::cli
