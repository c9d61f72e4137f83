// What one coroutine waits for.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/scheduler.hpp"
#include "async/spawn.hpp"
#include "async/task.hpp"

#include <boost/asio/post.hpp>

#include <cassert>
#include <coroutine>
#include <memory>
#include <utility>

namespace getty::connect::async {

/// Where one coroutine waits for one kind of event.
///
/// At most one coroutine is parked here. `wake()` while nobody is parked does nothing: the event must be
/// visible in some state that the coroutine checks before it parks. Used on the scheduler's executor only.
class event {
public:
    explicit event(scheduler& on) noexcept : scheduler_(on) {}
    event(const event&) = delete;
    event& operator=(const event&) = delete;
    ~event() { take(what::destroy); }

    /// Parks the calling coroutine until `wake()`, `wake_inline()` or until `scope` stops. Precondition:
    /// `scope` is not stopped. Wake-ups may be spurious.
    [[nodiscard]] auto wait(cancel_scope& scope) noexcept { return parking{*this, scope}; }

    [[nodiscard]] bool parked() const noexcept { return parked_ != nullptr; }
    /// Resumes the coroutine from the executor, never within this call.
    void wake() noexcept { take(what::post); }
    /// Resumes the coroutine within this call: only from a completion handler with nothing left to do, lest
    /// coroutines that wake each other pile up on the stack.
    void wake_inline() { take(what::call); }

private:
    friend class cancel_scope;
    friend class scheduler;

    struct parking {
        event& at;
        cancel_scope& scope;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> waiting) const noexcept {
            at.park(waiting.promise().stack().park(), scope);
        }
        void await_resume() const noexcept {}
    };

    enum class what { post, call, destroy };

    void park(std::unique_ptr<call_stack> stack, cancel_scope& scope) noexcept {
        // A second one would break the list. The first goes on, as after a spurious wake-up.
        assert(!parked_);
        if (parked_) wake();
        parked_ = std::move(stack);
        scope_ = &scope;
        scope.parked_ = this;
        link();
    }
    void take(what todo);
    void link() noexcept;
    void unlink() noexcept;

    scheduler& scheduler_;
    std::unique_ptr<call_stack> parked_;
    cancel_scope* scope_ = nullptr;
    event* next_ = nullptr;
    event* previous_ = nullptr;
};

inline void event::take(what todo) {
    std::unique_ptr<call_stack> stack = std::move(parked_);
    if (!stack) return;
    scope_->parked_ = nullptr;
    scope_ = nullptr;
    unlink();
    // Without an execution context nothing goes on: what waits goes.
    if (todo == what::post && !scheduler_.ended()) {
        asio::post(scheduler_.get_executor(), resumption(std::move(stack)));
    }
    if (todo == what::call) call_stack::run(std::move(stack));
}

inline void event::link() noexcept {
    next_ = scheduler_.first_parked_;
    previous_ = nullptr;
    if (next_) next_->previous_ = this;
    scheduler_.first_parked_ = this;
    ++scheduler_.parked_count_;
}

inline void event::unlink() noexcept {
    if (next_) next_->previous_ = previous_;
    (previous_ ? previous_->next_ : scheduler_.first_parked_) = next_;
    --scheduler_.parked_count_;
}

}  // namespace getty::connect::async
