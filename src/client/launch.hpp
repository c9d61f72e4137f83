// The border between the caller's executor and the client's.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/frame_pool.hpp"
#include "async/spawn.hpp"
#include "client/client_core.hpp"

#include <getty/connect/completion.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/system_executor.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace getty::connect::detail {

/// A call that failed before or beside what it does.
template <class T>
T failed_call(const error& why) {
    if constexpr (std::is_same_v<T, boost::system::error_code>) {
        return why.code();
    } else {
        return why;
    }
}

template <class T>
T failed_call(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
        return out_of_memory<T>();
    } catch (const std::exception& e) {
        return failed_call<T>(error(errc::internal_failure, stage::queue, e.what()));
    } catch (...) {
        return failed_call<T>(error(errc::internal_failure, stage::queue, "an exception of unknown type"));
    }
}

/// Completes `then` with `value`, never within this call, without a client.
template <class T>
void refuse(typename completion<T>::owner then, T value) {
    const boost::asio::any_io_executor back = then->executor(boost::asio::system_executor());
    boost::asio::post(back, [t = std::move(then), v = std::move(value)]() mutable {
        completion<T>::complete(std::move(t), std::move(v));
    });
}

template <class Task>
struct task_value;
template <class T>
struct task_value<async::task<T>> {
    using type = T;
};

/// One call across the border. Lives until its handler has been called, and keeps the value meanwhile: one of
/// a kilobyte is moved on its way no more than it must be.
///
/// Invariant: what belongs to the caller's side (the slot, the handler) is touched there alone, what belongs
/// to the client's (the scope) on its executor alone.
template <class T, class Work, class Finish>
class pending_call : public std::enable_shared_from_this<pending_call<T, Work, Finish>> {
public:
    using value_type =
        typename task_value<std::invoke_result_t<Work&, client_core&, async::cancel_scope&>>::type;

    pending_call(core_ptr core, Work&& work, Finish&& finish)
        : core_(std::move(core)),
          scope_(core_->scheduler()),
          work_(std::move(work)),
          finish_(std::move(finish)) {}

    void start(typename completion<T>::owner then) {
        then_ = std::move(then);
        back_ = boost::asio::prefer(then_->executor(core_->executor()),
                                    boost::asio::execution::outstanding_work.tracked);
        auto slot = then_->slot();
        if (slot.is_connected()) {
            slot.assign([weak = this->weak_from_this()](boost::asio::cancellation_type type) {
                if (type == boost::asio::cancellation_type::none) return;
                if (const auto self = weak.lock()) self->cancel(self);
            });
        }
        auto task = work_(*core_, scope_);
        auto ended = [self = this->shared_from_this()](const std::exception_ptr& thrown,
                                                       value_type&& value) mutable {
            pending_call& call = *self;
            call.ended(std::move(self), thrown, std::move(value));
        };
        async::spawn(core_->executor(), std::move(task), std::move(ended));
    }

    /// What `start` was given, when that has thrown.
    typename completion<T>::owner take_back() {
        then_->slot().clear();
        return std::move(then_);
    }

private:
    void cancel(const std::shared_ptr<pending_call>& self) {
        canceled_.store(true, std::memory_order_release);
        if (core_->scheduler().ended()) return;
        boost::asio::dispatch(core_->executor(), [self] { self->scope_.cancel(); });
    }

    void ended(std::shared_ptr<pending_call> self, const std::exception_ptr& thrown, value_type&& value) {
        // The last touch of the client's own structures: from here on the call belongs to the caller's side.
        scope_.retire();
        const bool at_once = core_->single_threaded();
        const boost::asio::any_io_executor back = std::move(back_);
        thrown_ = thrown;
        value_.emplace(std::move(value));
        auto deliver = [s = std::move(self), back]() mutable {
            auto then = std::move(s->then_);
            then->slot().clear();
            T last = s->thrown_
                         ? failed_call<T>(s->thrown_)
                         : s->finish_(std::move(*s->value_), s->canceled_.load(std::memory_order_acquire));
            s.reset();
            completion<T>::complete(std::move(then), std::move(last));
        };
        // On a strand the caller's next steps would hold it; nobody else could use the client meanwhile.
        if (at_once) {
            boost::asio::dispatch(back, std::move(deliver));
        } else {
            boost::asio::post(back, std::move(deliver));
        }
    }

    core_ptr core_;
    async::cancel_scope scope_;
    Work work_;
    Finish finish_;
    typename completion<T>::owner then_;
    boost::asio::any_io_executor back_;  // has work until the call has ended
    std::exception_ptr thrown_;
    std::optional<value_type> value_;
    std::atomic<bool> canceled_{false};  // the caller wishes it
};

/// Runs `work(core, scope)` on the client's executor, and immediately before the caller goes on, on the
/// caller's, `finish(value, canceled)`, whose result completes `then`; it must not throw. `canceled` tells
/// whether the caller has given up by then: nobody will see the result. A cancellation of any type cancels
/// the scope. Without a client (null, or its execution context is gone) `then` gets `client_closed`.
template <class T, class Work, class Finish>
void launch(core_ptr core, Work&& work, Finish&& finish, typename completion<T>::owner then) {
    if (!core || core->scheduler().ended()) {
        return refuse<T>(std::move(then), failed_call<T>(error(errc::client_closed, stage::queue)));
    }
    static_assert(!std::is_reference_v<Work> && !std::is_reference_v<Finish>, "both are moved from");
    using call_type = pending_call<T, Work, Finish>;
    std::shared_ptr<call_type> call;
    try {
        call = std::allocate_shared<call_type>(async::frame_allocator<call_type>(), std::move(core),
                                               std::move(work), std::move(finish));
        call->start(std::move(then));
    } catch (...) {
        // No memory. What an initiation throws takes a whole coroutine with it, so it is told within this
        // call.
        if (call) then = call->take_back();
        completion<T>::complete(std::move(then), failed_call<T>(std::current_exception()));
    }
}

}  // namespace getty::connect::detail
