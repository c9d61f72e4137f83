// An event that any number of coroutines wait for.
#pragma once

#include "io/operation.hpp"

namespace getty::connect::io {

/// Wakes all who wait at the time of `notify_all`; who comes later waits for the next. As with a wait point,
/// state is truth: whoever wakes looks again. Used on the loop's executor only.
class broadcast {
public:
    explicit broadcast(loop& on) noexcept : loop_(on) {}
    broadcast(const broadcast&) = delete;
    broadcast& operator=(const broadcast&) = delete;

    /// Completes after the next `notify_all` or when `op` stops. Precondition: `op` is not stopped.
    task<void> wait(operation& op) {
        waiter me(*this);
        co_await me.event.wait(op);
    }

    void notify_all() noexcept {
        // Where the execution context is about to go, waking destroys whoever waits.
        for (waiter* w = first_; w;) {
            waiter* const next = w->next;
            w->event.wake();
            w = next;
        }
    }

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

private:
    struct waiter {
        explicit waiter(broadcast& in) noexcept : at(in), event(in.loop_), next(in.first_) {
            if (next) next->previous = this;
            at.first_ = this;
        }
        ~waiter() {
            if (next) next->previous = previous;
            (previous ? previous->next : at.first_) = next;
        }
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;

        broadcast& at;
        wait_point event;
        waiter* next;
        waiter* previous = nullptr;
    };

    loop& loop_;
    waiter* first_ = nullptr;
};

}  // namespace getty::connect::io
