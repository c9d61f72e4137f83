// Writing where a signal would end the process: told as an error instead.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <unistd.h>

namespace getty::connect::ingest {

/// Holds off SIGXFSZ (a file that may grow no further, `ulimit -f`) and SIGPIPE (a reader that has gone) on
/// this thread: the call that caused one says EFBIG or EPIPE. A library may not set handlers, and a program
/// need not have thought of it.
class write_signals_held {
public:
    write_signals_held() noexcept {
        ::sigemptyset(&held_);
        ::sigaddset(&held_, SIGXFSZ);
        ::sigaddset(&held_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
    }
    ~write_signals_held() {
        const int kept = errno;
        // One that came meanwhile would be delivered by the next line. What was pending before stays so.
        if (caused_) {
            const timespec at_once{0, 0};
            while (::sigtimedwait(&held_, nullptr, &at_once) > 0) continue;
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = kept;
    }
    write_signals_held(const write_signals_held&) = delete;
    write_signals_held& operator=(const write_signals_held&) = delete;

    /// `write`, whose errno tells whether there is a signal of its own.
    [[nodiscard]] ssize_t write(int descriptor, const char* bytes, std::size_t size) noexcept {
        const ssize_t count = ::write(descriptor, bytes, size);
        caused_ = caused_ || (count < 0 && (errno == EFBIG || errno == EPIPE));
        return count;
    }

private:
    sigset_t held_{};
    sigset_t before_{};
    bool caused_ = false;
};

}  // namespace getty::connect::ingest
