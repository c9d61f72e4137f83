// Starting coroutines.
#pragma once

#include "async/task.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace getty::connect::async {

/// What an executor runs in order to have a parked stack go on. Destroys the stack when it is destroyed
/// before it ran, as happens when its execution context goes.
class resumption {
public:
    explicit resumption(std::unique_ptr<call_stack> parked) noexcept : parked_(std::move(parked)) {}
    void operator()() { call_stack::run(std::move(parked_)); }

private:
    std::unique_ptr<call_stack> parked_;
};

/// A spawned task with what is to be done at its end. Its execution context has work until then.
template <class T, class Handler>
class spawned final : public call_stack {
public:
    spawned(const executor& on, task<T> work, Handler done)
        : on_(asio::prefer(on, asio::execution::outstanding_work.tracked)),
          done_(std::move(done)),
          work_(std::move(work)) {
        work_.begin(*this);
    }

private:
    void ended(std::unique_ptr<call_stack> self) override {
        // The coroutine is gone before the handler runs, and so is this.
        const std::exception_ptr thrown = work_.promise().thrown();
        Handler done(std::move(done_));
        if constexpr (std::is_void_v<T>) {
            self.reset();
            done(thrown);
        } else {
            T value = thrown ? T() : work_.promise().take();
            self.reset();
            done(thrown, std::move(value));
        }
    }

    // In this order: the coroutines may use, to their end, what the handler keeps.
    executor on_;
    Handler done_;
    task<T> work_;
};

/// Starts `work` on `on`, never within this call. `done` takes an exception_ptr and the value, if there is
/// one (after an exception a default one); what it throws leaves through the `run()` of the execution
/// context.
template <class T, class Handler>
void spawn(const executor& on, task<T> work, Handler done) {
    asio::post(on, resumption(std::make_unique<spawned<T, Handler>>(on, std::move(work), std::move(done))));
}

}  // namespace getty::connect::async
