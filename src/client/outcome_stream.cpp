#include "client/batch_handle.hpp"
#include "client/launch.hpp"

#include <getty/connect/outcome_stream.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <type_traits>
#include <utility>

namespace getty::connect {

namespace asio = boost::asio;
using detail::batch_handle;
using detail::client_core;
using detail::completion;
using lookup::batch;

namespace {

boost::system::system_error aborted() { return {asio::error::operation_aborted, "next"}; }

/// What `next` throws in the place of an error.
[[noreturn]] void throw_next(const error& why) {
    if (why == errc::canceled) throw aborted();
    throw failure(why);
}

// Free functions with their own hold on the batch: a coroutine reads its parameters when it is awaited, and
// by then the stream may have been moved or destroyed.

asio::awaitable<result<std::optional<outcome>>> launched_next(std::shared_ptr<batch_handle> from) {
    using next_result = result<std::optional<outcome>>;
    auto begin = [](detail::batch_ptr of, completion<next_result>::owner then) {
        detail::begin_next(std::move(of), std::move(then));
    };
    return detail::initiate<next_result>(std::move(from), begin, asio::use_awaitable_t<>());
}

asio::awaitable<std::optional<outcome>> next_of(std::shared_ptr<batch_handle> from) {
    if (from && from->core->single_threaded() && !from->core->scheduler().ended() && from->batch->ready()) {
        // One turn of the executor first: what completes without one is lost to `||` and `parallel_group`
        // when the other side completes at the same time (Asio posts such a completion, and nothing can stop
        // that).
        co_await asio::post(asio::use_awaitable);
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) throw aborted();
        std::optional<outcome> at_hand = from->batch->try_next();
        if (at_hand) co_return at_hand;
    }
    auto waiting = launched_next(std::move(from));
    result<std::optional<outcome>> got = co_await std::move(waiting);
    if (!got) throw_next(got.error());
    co_return std::move(*got);
}

std::optional<outcome> try_next_of(const std::shared_ptr<batch_handle>& from) {
    assert(from && "the stream was moved from");
    if (!from || from->core->scheduler().ended()) return std::nullopt;
    return from->batch->try_next();
}

asio::awaitable<std::vector<outcome>> some_of(std::shared_ptr<batch_handle> from, std::size_t max) {
    std::vector<outcome> all;
    auto waiting = next_of(from);
    std::optional<outcome> one = co_await std::move(waiting);
    while (one) {
        all.push_back(std::move(*one));
        one.reset();
        if (all.size() < max) one = try_next_of(from);
    }
    co_return all;
}

template <class Returned>
asio::awaitable<void> each_of(std::shared_ptr<batch_handle> from, std::function<Returned(outcome&&)> into) {
    for (;;) {
        std::optional<outcome> one = try_next_of(from);
        if (!one) {
            auto waiting = next_of(from);
            one = co_await std::move(waiting);
        }
        if (!one) co_return;
        if constexpr (std::is_void_v<Returned>) {
            into(std::move(*one));
        } else {
            auto done = into(std::move(*one));
            co_await std::move(done);
        }
    }
}

void cancel_batch(std::shared_ptr<batch_handle> of) {
    if (!of || of->core->scheduler().ended()) return;
    const async::executor on = of->core->executor();
    asio::post(on, [held = std::move(of)] { held->batch->cancel(); });
}

void stop_batch(std::shared_ptr<batch_handle> of) {
    if (!of || of->core->scheduler().ended()) return;
    const async::executor on = of->core->executor();
    asio::post(on, [held = std::move(of)] {
        held->batch->give_up({errc::canceled, stage::queue, "the batch was stopped"});
    });
}

}  // namespace

outcome_stream::outcome_stream(detail::batch_ptr batch) noexcept : batch_(std::move(batch)) {}
outcome_stream::outcome_stream(outcome_stream&&) noexcept = default;

outcome_stream& outcome_stream::operator=(outcome_stream&& other) noexcept {
    if (this == &other) return *this;
    cancel_batch(std::exchange(batch_, std::move(other.batch_)));
    return *this;
}

outcome_stream::~outcome_stream() { cancel_batch(std::move(batch_)); }

asio::awaitable<std::optional<outcome>> outcome_stream::next() {
    assert(batch_ && "the stream was moved from");
    return next_of(batch_);
}

asio::awaitable<std::vector<outcome>> outcome_stream::next_some(std::size_t max) {
    assert(batch_ && "the stream was moved from");
    return some_of(batch_, max);
}

std::optional<outcome> outcome_stream::try_next() { return try_next_of(batch_); }

std::optional<error> outcome_stream::stopped() const {
    assert(batch_ && "the stream was moved from");
    if (!batch_) return std::nullopt;
    return batch_->batch->stopped();
}

batch_stats outcome_stream::stats() const {
    assert(batch_ && "the stream was moved from");
    return batch_ ? batch_->batch->stats() : batch_stats();
}

void outcome_stream::cancel() noexcept { cancel_batch(batch_); }

void outcome_stream::stop() noexcept { stop_batch(batch_); }

asio::awaitable<void> outcome_stream::drain(detail::batch_ptr from, std::function<void(outcome&&)> into) {
    assert(from && "the stream was moved from");
    return each_of(std::move(from), std::move(into));
}

asio::awaitable<void> outcome_stream::drain(detail::batch_ptr from,
                                            std::function<asio::awaitable<void>(outcome&&)> into) {
    assert(from && "the stream was moved from");
    return each_of(std::move(from), std::move(into));
}

}  // namespace getty::connect

namespace getty::connect::detail::inline GETTY_CONNECT_ABI {

void expect_stream([[maybe_unused]] const batch_ptr& batch) noexcept {
    assert(batch && "the stream was moved from");
}

asio::any_io_executor executor_of(const batch_ptr& batch) noexcept {
    return batch ? executor_of(batch->core) : asio::any_io_executor();
}

void begin_next(batch_ptr from, completion<result<std::optional<outcome>>>::owner then) {
    using next_result = result<std::optional<outcome>>;
    if (!from) {
        const error why(errc::client_closed, stage::queue, "the stream was moved from");
        return refuse<next_result>(std::move(then), why);
    }
    auto work = [b = from->batch](client_core&, async::cancel_scope& scope) { return b->next(scope); };
    // Where the caller runs: when that has gone, the outcome goes back.
    auto accept = [](lookup::batch::delivery got, bool canceled) -> next_result {
        if (canceled) return error(errc::canceled, stage::queue);
        try {
            return got.accept();
        } catch (...) {
            return failed_call<next_result>(std::current_exception());
        }
    };
    launch<next_result>(from->core, std::move(work), std::move(accept), std::move(then));
}

}  // namespace getty::connect::detail::inline GETTY_CONNECT_ABI
