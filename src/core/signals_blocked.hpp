// Threads that take no signals.
#pragma once

#include <csignal>

namespace getty::connect::core {

/// While it lives, no signal is delivered to the calling thread, and a thread that is started inherits that:
/// the handlers of a program are to run on the program's own threads.
class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace getty::connect::core
