#include "cli/process_setup.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <initializer_list>
#include <sys/resource.h>
#include <unistd.h>

namespace getty::connect::cli {

void open_standard_descriptors() noexcept {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest number that is free, which is this one. Inherited, as the standard descriptors are.
        (void)!::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

void raise_open_file_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

bool is_ignored(int signal) noexcept {
    struct sigaction action{};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

namespace {

void change_mask(int how) noexcept {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    ::pthread_sigmask(how, &signals, nullptr);
}

}  // namespace

void hold_progress_signal() noexcept { change_mask(SIG_BLOCK); }

void release_progress_signal() noexcept { change_mask(SIG_UNBLOCK); }

void set_up_process() noexcept {
    hold_progress_signal();
    open_standard_descriptors();
    // A reader that goes away, a file that may grow no further: told with what was written.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    raise_open_file_limit();
}

}  // namespace getty::connect::cli
