// Waiting that ends: by what was waited for, by a deadline or by cancellation.
#pragma once

#include "core/deadline_queue.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"

#include <getty/connect/error.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <new>
#include <type_traits>
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
        if (when == core::never) {
            loop_.remove_deadline(*this);
        } else {
            loop_.set_deadline(*this, when);
        }
    }
    void cancel() noexcept { stop(state::canceled); }

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
    [[nodiscard]] auto wait(operation& op) {
        asio::use_awaitable_t<executor> token;
        return asio::async_initiate<asio::use_awaitable_t<executor>, void()>(parker{this, &op}, token);
    }

    [[nodiscard]] bool parked() const noexcept { return resume_ != nullptr; }
    /// Resumes the coroutine from the executor, never within this call.
    void wake() noexcept { take(what::post); }
    /// Resumes the coroutine within this call: only from a completion handler with nothing left to do, lest
    /// coroutines that wake each other pile up on the stack.
    void wake_inline() noexcept { take(what::call); }

private:
    friend class operation;
    friend class loop;

    struct parker {
        wait_point* at;
        operation* op;
        template <class Handler>
        void operator()(Handler handler) const {
            at->park(std::move(handler), *op);
        }
    };

    enum class what { post, call, destroy };
    // The handler is an awaitable's: one or two pointers. It lives here, without an allocation.
    static constexpr std::size_t handler_bytes = 4 * sizeof(void*);

    template <class Handler>
    void park(Handler handler, operation& op) {
        static_assert(sizeof(Handler) <= handler_bytes && std::is_nothrow_move_constructible_v<Handler>);
        ::new (static_cast<void*>(storage_)) Handler(std::move(handler));
        resume_ = &resume<Handler>;
        operation_ = &op;
        op.parked_ = this;
        link();
    }

    template <class Handler>
    static void resume(wait_point& at, what todo) noexcept {
        auto* stored = std::launder(reinterpret_cast<Handler*>(at.storage_));
        Handler handler(std::move(*stored));
        stored->~Handler();
        switch (todo) {
            case what::post:
                asio::post(at.loop_.get_executor(), std::move(handler));
                break;
            case what::call:
                std::move(handler)();
                break;
            case what::destroy:
                break;
        }
    }

    void take(what todo) noexcept;
    void link() noexcept;
    void unlink() noexcept;

    loop& loop_;
    void (*resume_)(wait_point&, what) noexcept = nullptr;
    operation* operation_ = nullptr;
    wait_point* next_ = nullptr;
    wait_point* previous_ = nullptr;
    alignas(void*) unsigned char storage_[handler_bytes];
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

inline void wait_point::take(what todo) noexcept {
    auto* resume = std::exchange(resume_, nullptr);
    if (!resume) return;
    operation_->parked_ = nullptr;
    operation_ = nullptr;
    unlink();
    resume(*this, todo);
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
