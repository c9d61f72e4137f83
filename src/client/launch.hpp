// The border between the caller's executor and the client's.
#pragma once

#include "client/client_core.hpp"
#include "io/operation.hpp"
#include "io/spawn.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace getty::connect::detail {

/// One call across the border. Lives until its handler has been called.
template <class Work, class Handler>
struct border_call {
    border_call(std::shared_ptr<client_core> c, Work w, Handler h)
        : core(std::move(c)), op(core->loop()), work(std::move(w)), handler(std::move(h)) {}
    std::shared_ptr<client_core> core;
    io::operation op;
    Work work;
    Handler handler;
};

template <class T, class Work>
struct launcher {
    std::shared_ptr<client_core> core;
    Work work;

    template <class Handler>
    void operator()(Handler handler) {
        using call_type = border_call<Work, Handler>;
        auto call = std::make_shared<call_type>(core, std::move(work), std::move(handler));
        auto slot = boost::asio::get_associated_cancellation_slot(call->handler);
        if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr<call_type>(call)](boost::asio::cancellation_type) {
                const auto c = weak.lock();
                if (c) boost::asio::dispatch(c->core->executor(), [c] { c->op.cancel(); });
            });
        }
        io::spawn(core->executor(), call->work(*core, call->op),
                  [call](std::exception_ptr thrown, T value) { complete(call, thrown, std::move(value)); });
    }

    template <class Call>
    static void complete(const std::shared_ptr<Call>& call, std::exception_ptr thrown, T value) {
        // The last touch of the client's own structures: from here on the call belongs to the caller's side.
        call->op.retire();
        const auto back = boost::asio::get_associated_executor(call->handler, call->core->executor());
        auto deliver = [c = call, thrown, v = std::move(value)]() mutable {
            boost::asio::get_associated_cancellation_slot(c->handler).clear();
            auto handler = std::move(c->handler);
            c.reset();
            std::move(handler)(thrown, std::move(v));
        };
        // On a strand the caller's next steps would hold it; nobody else could use the client meanwhile.
        if (call->core->single_threaded()) {
            boost::asio::dispatch(back, std::move(deliver));
        } else {
            boost::asio::post(back, std::move(deliver));
        }
    }
};

/// Runs `work(core, operation)` on the client's executor; completes on the caller's, whose cancellation of
/// any type cancels the operation.
template <class T, class Work>
boost::asio::awaitable<T> launch(std::shared_ptr<client_core> core, Work work) {
    boost::asio::use_awaitable_t<> token;
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<>, void(std::exception_ptr, T)>(
        launcher<T, Work>{std::move(core), std::move(work)}, token);
}

}  // namespace getty::connect::detail
