#include "client/divided_source.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace getty::connect::detail {

namespace asio = boost::asio;

std::optional<std::string> divided_source::next() {
    const std::lock_guard lock(mutex_);
    if (ended_) return std::nullopt;
    std::string id;
    ended_ = true;  // also when it throws: one stream tells of it, the others end
    ended_ = !source_->next(id);
    if (ended_) return std::nullopt;
    return id;
}

asio::awaitable<std::optional<std::string>> divided_waiting_source::next(
    std::shared_ptr<divided_waiting_source> from) {
    const asio::any_io_executor here = co_await asio::this_coro::executor;
    const auto me = std::make_shared<taker>(here);
    me->woken.expires_at(asio::steady_timer::time_point::max());
    asio::post(from->home_, [from, me] { from->join(me); });
    while (!me->arrived) {
        boost::system::error_code woken;
        co_await me->woken.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        if (me->arrived || state.cancelled() == asio::cancellation_type::none) continue;
        asio::post(from->home_, [from, me] { from->leave(me); });
        co_return std::nullopt;
    }
    if (me->failed) std::rethrow_exception(me->failed);
    co_return std::move(me->id);
}

void divided_waiting_source::join(std::shared_ptr<taker> one) {
    takers_.push_back(std::move(one));
    if (!left_.empty()) {
        std::string id = std::move(left_.front());
        left_.pop_front();
        serve(std::move(id), nullptr);
    } else if (ended_) {
        serve(std::nullopt, nullptr);
    } else if (!pulling_) {
        pull();
    }
}

void divided_waiting_source::leave(const std::shared_ptr<taker>& one) {
    if (one->served) {
        // It was on its way.
        if (!one->id) return;
        if (takers_.empty()) {
            left_.push_back(std::move(*one->id));
        } else {
            serve(std::move(one->id), nullptr);
        }
        return;
    }
    std::erase(takers_, one);
    if (takers_.empty() && pulling_) cancel_.emit(asio::cancellation_type::terminal);
}

void divided_waiting_source::pull() {
    try {
        std::string id;
        while (!takers_.empty() && source_->next(id)) serve(std::move(id), nullptr);
    } catch (...) {
        pulled(std::current_exception(), std::nullopt);
        return;
    }
    if (takers_.empty()) return;
    pulling_ = true;
    auto arrived = [self = shared_from_this()](std::exception_ptr failed, std::optional<std::string> id) {
        self->pulled(failed, std::move(id));
    };
    try {
        asio::co_spawn(home_, source_->next_async(),
                       asio::bind_cancellation_slot(cancel_.slot(), std::move(arrived)));
    } catch (...) {  // a plain function that throws before it has an awaitable to return
        pulled(std::current_exception(), std::nullopt);
    }
}

void divided_waiting_source::pulled(const std::exception_ptr& failed, std::optional<std::string> id) {
    pulling_ = false;
    if (takers_.empty()) {
        // Cancelled, or given up in the very moment: what the source makes of that is nobody's error.
        if (id) left_.push_back(std::move(*id));
        return;
    }
    if (failed || !id) {
        ended_ = true;
        serve(std::nullopt, failed);
        while (!takers_.empty()) serve(std::nullopt, nullptr);
        return;
    }
    serve(std::move(id), nullptr);
    if (!takers_.empty()) pull();
}

/// To whoever waits longest.
void divided_waiting_source::serve(std::optional<std::string> id, std::exception_ptr failed) {
    const std::shared_ptr<taker> one = std::move(takers_.front());
    takers_.pop_front();
    one->id = std::move(id);
    one->failed = std::move(failed);
    one->served = true;
    asio::post(one->executor, [one] {
        one->arrived = true;
        one->woken.cancel();
    });
}

}  // namespace getty::connect::detail
