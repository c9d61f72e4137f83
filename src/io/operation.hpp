// Waiting that ends: by what was waited for, by a deadline or by cancellation.
#pragma once

#include "core/deadline_queue.hpp"
#include "io/loop.hpp"
#include "io/spawn.hpp"
#include "io/task.hpp"

#include <getty/connect/error.hpp>

#include <boost/asio/post.hpp>

#include <cassert>
#include <coroutine>
#include <memory>
#include <utility>

namespace getty::connect::io {

/// The life of one piece of work: until when it may take, and whether it was cancelled.
///
/// Vocabulary: an operation *stops* by `cancel()` or because its deadline passed; it is *parked* while its
/// coroutine waits at a `wait_point`. State is truth, a wake-up is a hint: after every wait the coroutine
/// looks at what it waited for first, then at `stopped()`. Used on the loop's executor only.
class operation final : private core::deadline_queue::entry {
public:
    enum class state { running, expired, canceled };

    explicit operation(loop& on) noexcept : loop_(on) {}
    ~operation() { loop_.remove_deadline(*this); }

    /// Sets the deadline, in place of an earlier one; `core::never` takes it away. An operation whose
    /// deadline had passed runs again; one that was cancelled does not.
    void expires_at(core::time_point when) {
        if (state_ == state::expired) state_ = state::running;
        loop_.set_deadline(*this, when);
    }
    void cancel() noexcept { stop(state::canceled); }
    /// Lets go of the loop: afterwards it may be destroyed on any thread. (`expires_at(never)` keeps its
    /// place among the deadlines for the next one.)
    void retire() noexcept { loop_.remove_deadline(*this); }

    [[nodiscard]] state status() const noexcept { return state_; }
    [[nodiscard]] bool stopped() const noexcept { return state_ != state::running; }
    /// What to tell of an operation that stopped: `canceled`, or what its deadline stands for.
    [[nodiscard]] errc reason(errc if_expired) const noexcept {
        return state_ == state::canceled ? errc::canceled : if_expired;
    }

private:
    friend class wait_point;
    void due() noexcept override { stop(state::expired); }
    inline void stop(state why) noexcept;

    loop& loop_;
    wait_point* parked_ = nullptr;
    state state_ = state::running;
};

/// Where one coroutine waits for one kind of event.
///
/// At most one coroutine is parked here. `wake()` while nobody is parked does nothing: the event must be
/// visible in some state that the coroutine checks before it parks. Used on the loop's executor only.
class wait_point {
public:
    explicit wait_point(loop& on) noexcept : loop_(on) {}
    wait_point(const wait_point&) = delete;
    wait_point& operator=(const wait_point&) = delete;
    ~wait_point() { take(what::destroy); }

    /// Parks the calling coroutine until `wake()`, `wake_inline()` or until `op` stops. Precondition: `op` is
    /// not stopped. Wake-ups may be spurious.
    [[nodiscard]] auto wait(operation& op) noexcept { return parking{*this, op}; }

    [[nodiscard]] bool parked() const noexcept { return parked_ != nullptr; }
    /// Resumes the coroutine from the executor, never within this call.
    void wake() noexcept { take(what::post); }
    /// Resumes the coroutine within this call: only from a completion handler with nothing left to do, lest
    /// coroutines that wake each other pile up on the stack.
    void wake_inline() { take(what::call); }

private:
    friend class operation;
    friend class loop;

    struct parking {
        wait_point& at;
        operation& op;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> waiting) const noexcept {
            at.park(waiting.promise().stack().park(), op);
        }
        void await_resume() const noexcept {}
    };

    enum class what { post, call, destroy };

    void park(std::unique_ptr<call_stack> stack, operation& op) noexcept {
        // A second one would break the list. The first goes on, as after a spurious wake-up.
        assert(!parked_);
        if (parked_) wake();
        parked_ = std::move(stack);
        operation_ = &op;
        op.parked_ = this;
        link();
    }
    void take(what todo);
    void link() noexcept;
    void unlink() noexcept;

    loop& loop_;
    std::unique_ptr<call_stack> parked_;
    operation* operation_ = nullptr;
    wait_point* next_ = nullptr;
    wait_point* previous_ = nullptr;
};

/// Wakes a wait point at a given time, for a wait that has something to do before its operation ends.
class alarm final : private core::deadline_queue::entry {
public:
    alarm(loop& on, wait_point& at) noexcept : loop_(on), at_(at) {}
    ~alarm() { loop_.remove_deadline(*this); }

    void set(core::time_point when) {
        rang_ = false;
        loop_.set_deadline(*this, when);
    }
    [[nodiscard]] bool rang() const noexcept { return rang_; }

private:
    void due() noexcept override {
        rang_ = true;
        at_.wake();
    }

    loop& loop_;
    wait_point& at_;
    bool rang_ = false;
};

inline void operation::stop(state why) noexcept {
    if (state_ == state::canceled || state_ == why) return;
    state_ = why;
    if (parked_) parked_->wake();
}

inline void wait_point::take(what todo) {
    std::unique_ptr<call_stack> stack = std::move(parked_);
    if (!stack) return;
    operation_->parked_ = nullptr;
    operation_ = nullptr;
    unlink();
    // Without an execution context nothing goes on: what waits goes.
    if (todo == what::post && !loop_.ended()) {
        asio::post(loop_.get_executor(), resumption(std::move(stack)));
    }
    if (todo == what::call) call_stack::run(std::move(stack));
}

inline void wait_point::link() noexcept {
    next_ = loop_.first_parked_;
    previous_ = nullptr;
    if (next_) next_->previous_ = this;
    loop_.first_parked_ = this;
    ++loop_.parked_count_;
}

inline void wait_point::unlink() noexcept {
    if (next_) next_->previous_ = previous_;
    (previous_ ? previous_->next_ : loop_.first_parked_) = next_;
    --loop_.parked_count_;
}

}  // namespace getty::connect::io
