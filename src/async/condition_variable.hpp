// An event that any number of coroutines wait for.
#pragma once

#include "async/event.hpp"

namespace getty::connect::async {

/// Wakes all who wait at the time of `notify_all`; who comes later waits for the next. As with an event,
/// state is truth: whoever wakes looks again. Used on the scheduler's executor only.
class condition_variable {
public:
    explicit condition_variable(scheduler& on) noexcept : scheduler_(on) {}
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    /// Completes after the next `notify_all` or when `scope` stops. Precondition: `scope` is not stopped.
    task<void> wait(cancel_scope& scope) {
        waiter me(*this);
        co_await me.woken.wait(scope);
    }

    void notify_all() noexcept {
        // Where the execution context is about to go, waking destroys whoever waits.
        for (waiter* w = first_; w;) {
            waiter* const next = w->next;
            w->woken.wake();
            w = next;
        }
    }

private:
    struct waiter {
        explicit waiter(condition_variable& in) noexcept : at(in), woken(in.scheduler_), next(in.first_) {
            if (next) next->previous = this;
            at.first_ = this;
        }
        ~waiter() {
            if (next) next->previous = previous;
            (previous ? previous->next : at.first_) = next;
        }
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;

        condition_variable& at;
        event woken;
        waiter* next;
        waiter* previous = nullptr;
    };

    scheduler& scheduler_;
    waiter* first_ = nullptr;
};

}  // namespace getty::connect::async
