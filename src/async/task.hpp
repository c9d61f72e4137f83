// The coroutine type of the layers above the socket.
#pragma once

#include "async/frame_pool.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace getty::connect {
namespace asio = boost::asio;
}

namespace getty::connect::async {

/// Either the caller's executor, run by one thread, or a strand over it: everything of one client runs on it.
using executor = asio::any_io_executor;

/// The coroutines of one spawned task that wait for each other, from the outermost to the one that runs or is
/// parked.
///
/// Invariants: a stack that runs belongs to itself, and gives itself to the place it is parked at; destroying
/// a parked stack destroys its coroutines, the innermost first. Coroutines take turns in `run` and never
/// resume each other, so that long chains of them, or loops that never wait, do not pile up calls.
class call_stack {
public:
    call_stack(const call_stack&) = delete;
    call_stack& operator=(const call_stack&) = delete;
    virtual ~call_stack() = default;

    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* block, std::size_t bytes) noexcept { release_frame(block, bytes); }

    /// Runs until the stack is parked or its outermost coroutine has ended. Throws what `ended` throws.
    static void run(std::unique_ptr<call_stack> parked) {
        call_stack& self = *parked.release();
        self.running_ = true;
        while (self.running_) self.innermost_.resume();
        if (!self.innermost_) self.ended(std::unique_ptr<call_stack>(&self));
    }

    /// `which` is what runs next.
    void enter(std::coroutine_handle<> which) noexcept { innermost_ = which; }
    /// The innermost coroutine has ended, and `call_runner` goes on; null: it was the outermost.
    void leave(std::coroutine_handle<> caller) noexcept {
        innermost_ = caller;
        if (!caller) running_ = false;
    }
    /// The innermost coroutine waits for something that is not a coroutine.
    [[nodiscard]] std::unique_ptr<call_stack> park() noexcept {
        running_ = false;
        return std::unique_ptr<call_stack>(this);
    }

protected:
    call_stack() = default;

private:
    /// The outermost coroutine has ended; `self` is this.
    virtual void ended(std::unique_ptr<call_stack> self) = 0;

    std::coroutine_handle<> innermost_;
    bool running_ = false;
};

/// What all promises have.
class frame {
public:
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* block, std::size_t bytes) noexcept { release_frame(block, bytes); }

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

    struct at_end {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            const frame& f = ended.promise();
            f.stack_->leave(f.calls_);
        }
        void await_resume() const noexcept {}
    };
    [[nodiscard]] at_end final_suspend() const noexcept { return {}; }

    void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

    [[nodiscard]] call_stack& stack() const noexcept { return *stack_; }
    /// Begins when the stack goes on; returns to `call_runner`.
    void enter(call_stack& stack, std::coroutine_handle<> self, std::coroutine_handle<> caller) noexcept {
        stack_ = &stack;
        calls_ = caller;
        stack.enter(self);
    }
    [[nodiscard]] const std::exception_ptr& thrown() const noexcept { return thrown_; }
    void rethrow() const {
        if (thrown_) std::rethrow_exception(thrown_);
    }

private:
    call_stack* stack_ = nullptr;
    std::coroutine_handle<> calls_;
    std::exception_ptr thrown_;
};

template <class T>
class result_frame : public frame {
public:
    template <class U>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    /// Once, after the end of a coroutine that threw nothing.
    [[nodiscard]] T take() { return std::move(*value_); }

private:
    std::optional<T> value_;
};

template <>
class result_frame<void> : public frame {
public:
    void return_void() const noexcept {}
    void take() const noexcept {}
};

/// A coroutine that has not begun: it begins when it is awaited, once, or spawned, and runs on the executor
/// of whoever awaits it. What it throws, the awaiting coroutine throws.
template <class T>
class [[nodiscard]] task {
public:
    class promise_type final : public result_frame<T> {
    public:
        task get_return_object() noexcept {
            return task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
    };

    task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~task() {
        if (coroutine_) coroutine_.destroy();
    }

    struct awaiter {
        std::coroutine_handle<promise_type> awaited;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> caller) const noexcept {
            awaited.promise().enter(caller.promise().stack(), awaited, caller);
        }
        T await_resume() const {
            awaited.promise().rethrow();
            return awaited.promise().take();
        }
    };
    awaiter operator co_await() && noexcept { return awaiter{coroutine_}; }

    /// For whoever spawns it.
    void begin(call_stack& on) noexcept { coroutine_.promise().enter(on, coroutine_, nullptr); }
    [[nodiscard]] promise_type& promise() const noexcept { return coroutine_.promise(); }

private:
    explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

}  // namespace getty::connect::async
