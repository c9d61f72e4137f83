// The border between the caller's executor and the client's.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/spawn.hpp"
#include "client/client_core.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace getty::connect::detail {

/// The last step of a call that needs none.
struct as_it_is {};

/// What a call gives when there is no client any more: it was moved from, or its execution context is gone.
template <class T>
T without_client() {
    if constexpr (std::is_same_v<T, std::monostate>) {
        return {};
    } else {
        return error(errc::client_closed, stage::queue);
    }
}

/// One call across the border. Lives until its handler has been called.
template <class Work, class Finish, class Handler>
struct pending_call {
    pending_call(std::shared_ptr<client_core> c, Work w, Finish f, Handler h)
        : core(std::move(c)),
          scope(core->scheduler()),
          work(std::move(w)),
          finish(std::move(f)),
          handler(std::move(h)) {}
    std::shared_ptr<client_core> core;
    async::cancel_scope scope;
    Work work;
    Finish finish;
    Handler handler;
    std::atomic<bool> canceled{false};  // the caller wishes it
};

template <class Result, class Work, class Finish>
struct launcher {
    std::shared_ptr<client_core> core;
    Work work;
    Finish finish;

    template <class Handler>
    void operator()(Handler handler) {
        if (!core || core->scheduler().ended()) return refuse(std::move(handler));
        using call_type = pending_call<Work, Finish, Handler>;
        std::shared_ptr<call_type> call;
        try {
            call = std::make_shared<call_type>(core, std::move(work), std::move(finish), std::move(handler));
            start(call);
        } catch (...) {
            // No memory. What an initiation throws takes the whole coroutine with it, so it is told within
            // this call.
            if (!call) return std::move(handler)(std::current_exception(), Result());
            boost::asio::get_associated_cancellation_slot(call->handler).clear();
            Handler back = std::move(call->handler);
            std::move(back)(std::current_exception(), Result());
        }
    }

    template <class Call>
    static void start(const std::shared_ptr<Call>& call) {
        auto slot = boost::asio::get_associated_cancellation_slot(call->handler);
        if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr<Call>(call)](boost::asio::cancellation_type) {
                const auto c = weak.lock();
                if (!c) return;
                c->canceled.store(true, std::memory_order_release);
                if (!c->core->scheduler().ended()) {
                    boost::asio::dispatch(c->core->executor(), [c] { c->scope.cancel(); });
                }
            });
        }
        auto task = call->work(*call->core, call->scope);
        auto ended = [call](std::exception_ptr thrown, auto value) {
            complete(call, thrown, std::move(value));
        };
        async::spawn(call->core->executor(), std::move(task), std::move(ended));
    }

    template <class Handler>
    static void refuse(Handler handler) {
        const auto back = boost::asio::get_associated_executor(handler);
        boost::asio::post(back, [h = std::move(handler)]() mutable {
            if constexpr (std::is_same_v<Finish, as_it_is>) {
                std::move(h)(std::exception_ptr(), without_client<Result>());
            } else {
                std::move(h)(std::make_exception_ptr(failure(error(errc::client_closed, stage::queue))),
                             Result());
            }
        });
    }

    template <class Call, class T>
    static void complete(const std::shared_ptr<Call>& call, std::exception_ptr thrown, T value) {
        // The last touch of the client's own structures: from here on the call belongs to the caller's side.
        call->scope.retire();
        const auto back = boost::asio::get_associated_executor(call->handler, call->core->executor());
        auto deliver = [c = call, thrown, v = std::move(value)]() mutable {
            boost::asio::get_associated_cancellation_slot(c->handler).clear();
            auto handler = std::move(c->handler);
            auto finish = std::move(c->finish);
            const bool canceled = c->canceled.load(std::memory_order_acquire);
            c.reset();
            if constexpr (std::is_same_v<Finish, as_it_is>) {
                std::move(handler)(thrown, std::move(v));
            } else {
                Result last{};
                if (!thrown) thrown = finish(std::move(v), canceled, last);
                std::move(handler)(thrown, std::move(last));
            }
        };
        // On a strand the caller's next steps would hold it; nobody else could use the client meanwhile.
        if (call->core->single_threaded()) {
            boost::asio::dispatch(back, std::move(deliver));
        } else {
            boost::asio::post(back, std::move(deliver));
        }
    }
};

/// Runs `work(core, scope)` on the client's executor; completes on the caller's, whose cancellation of
/// any type cancels the scope. Without a client (null, or its execution context is gone) the result is
/// `client_closed`.
template <class T, class Work>
boost::asio::awaitable<T> launch(std::shared_ptr<client_core> core, Work work) {
    boost::asio::use_awaitable_t<> token;
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<>, void(std::exception_ptr, T)>(
        launcher<T, Work, as_it_is>{std::move(core), std::move(work), as_it_is()}, token);
}

/// The same with a last step on the caller's executor, immediately before the caller goes on:
/// `finish(value, canceled, result)` gives the exception to be thrown, if any. `canceled` tells whether the
/// caller has given up by then: nobody will see the result.
template <class T, class Work, class Finish>
boost::asio::awaitable<T> launch(std::shared_ptr<client_core> core, Work work, Finish finish) {
    boost::asio::use_awaitable_t<> token;
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<>, void(std::exception_ptr, T)>(
        launcher<T, Work, Finish>{std::move(core), std::move(work), std::move(finish)}, token);
}

}  // namespace getty::connect::detail
