// Writing where a signal would end the process: told as an error instead.
#pragma once

#include <cerrno>
#include <csignal>
#include <ctime>

namespace getty::connect::ingest {

/// Holds off SIGXFSZ (a file that may grow no further, `ulimit -f`) and SIGPIPE (a reader that has gone) on
/// this thread: the call that caused one says EFBIG or EPIPE. A library may not set handlers, and a program
/// need not have thought of it.
class write_signals_held {
public:
    write_signals_held() noexcept {
        ::sigpending(&pending_before_);
        ::sigemptyset(&held_);
        ::sigaddset(&held_, SIGXFSZ);
        ::sigaddset(&held_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
    }
    ~write_signals_held() {
        const int kept = errno;
        sigset_t pending;
        ::sigpending(&pending);
        for (const int number : {SIGXFSZ, SIGPIPE}) {
            // One that came meanwhile would be delivered by the next line. What was pending before stays so.
            if (::sigismember(&pending, number) == 1 && ::sigismember(&pending_before_, number) != 1)
                drop(number);
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = kept;
    }
    write_signals_held(const write_signals_held&) = delete;
    write_signals_held& operator=(const write_signals_held&) = delete;

private:
    static void drop(int number) noexcept {
        sigset_t one;
        ::sigemptyset(&one);
        ::sigaddset(&one, number);
        const timespec at_once{0, 0};
        while (::sigtimedwait(&one, nullptr, &at_once) < 0 && errno == EINTR) continue;
    }

    sigset_t held_{};
    sigset_t before_{};
    sigset_t pending_before_{};
};

}  // namespace getty::connect::ingest
