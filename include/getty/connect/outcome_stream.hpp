// The outcomes of a batch, at the consumer's pace.
#pragma once

#include <getty/connect/completion.hpp>
#include <getty/connect/observer.hpp>
#include <getty/connect/outcome.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::detail {

class batch_handle;
using batch_ptr = std::shared_ptr<batch_handle>;

}  // namespace getty::connect::detail

namespace getty::connect::detail::inline GETTY_CONNECT_ABI {

[[nodiscard]] boost::asio::any_io_executor executor_of(const batch_ptr& batch) noexcept;
void expect_stream(const batch_ptr& batch) noexcept;
void begin_next(batch_ptr from, completion<result<std::optional<outcome>>>::owner then);

}  // namespace getty::connect::detail::inline GETTY_CONNECT_ABI

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// Yields exactly one outcome for every id that the batch pulled, then nothing.
///
/// The batch starts with the first `next()` and pulls ids no further ahead of the consumer than its options
/// allow: a consumer that stops, stops the batch. Destroying the stream cancels what is left;
/// `client::close()` waits for it.
///
/// - Concurrency: any number of coroutines may take from one stream at a time, each with calls of its own;
///   they are served first come, first served, and each outcome goes to one of them; in input order only as
///   long as none of them is cancelled. The calls may come from
///   any thread, with `threading::single_thread` from the executor's. Moving and destroying the stream is for
///   one thread alone.
/// - Moved from: `next`, `next_some` and `for_each` throw `failure` (`errc::client_closed`), `try_next` has
///   nothing; a library built without NDEBUG stops with an assertion.
class outcome_stream {
public:
    explicit outcome_stream(detail::batch_ptr batch) noexcept;
    outcome_stream(outcome_stream&&) noexcept;
    outcome_stream& operator=(outcome_stream&&) noexcept;
    ~outcome_stream();

    /// The next outcome, or nothing when all have been taken; while somebody else has been handed the last
    /// one, that is not yet known.
    ///
    /// - Completes: as soon as an outcome is ready (in input order: the next one in order), never within this
    ///   call.
    /// - Errors: throws `failure` after all outcomes, in this call and every later one: with
    ///   `errc::invalid_source` when the source of ids threw, with `errc::client_closed` when the client was
    ///   closed or destroyed, or its execution context went, before the source had ended.
    /// - Deadline: none of its own; each lookup has one.
    /// - Cancellation (any type): ends this wait with `boost::system::system_error(operation_aborted)`; the
    ///   batch goes on. An outcome that had been on its way is served by the following `next()`, so
    ///   `stream.next() || timer` loses none. Two rules of Asio's: `||` passes over the side that throws and
    ///   waits for the other, so that it never tells of an error (use `parallel_group` with `wait_for_one`,
    ///   or call `next` alone after some time without an outcome); and its two sides may not run on several
    ///   threads without a strand.
    boost::asio::awaitable<std::optional<outcome>> next();

    /// `next` for any completion token, see `client::async_get`. What `next` throws is an error here:
    /// `errc::invalid_source`, `errc::client_closed`, and `errc::canceled` for a wait that was cancelled.
    template <boost::asio::completion_token_for<void(result<std::optional<outcome>>)> Token =
                  boost::asio::deferred_t>
    auto async_next(Token&& token = Token()) {
        using next_result = result<std::optional<outcome>>;
        detail::expect_stream(batch_);
        auto begin = [](detail::batch_ptr from, detail::completion<next_result>::owner then) {
            detail::begin_next(std::move(from), std::move(then));
        };
        return detail::initiate<next_result>(batch_, begin, std::forward<Token>(token));
    }

    /// As `next`, and what is ready beyond that, up to `max` (at least 1) in all; empty at the end.
    boost::asio::awaitable<std::vector<outcome>> next_some(std::size_t max);

    /// An outcome that is ready, without waiting; nothing when none is. Taking what is ready before each
    /// `next()` costs less per id, and `for_each` does so. Errors: none; only the others start the batch and
    /// tell how it ended.
    std::optional<outcome> try_next();

    /// Calls `each(outcome)` for every outcome, one at a time, and completes at the end of the batch.
    ///
    /// - `each` returns nothing, or `boost::asio::awaitable<void>`: then it is awaited before the next one is
    ///   taken. What it throws ends the loop; the stream goes on with what has not been taken.
    /// - Errors and cancellation: as for `next`.
    template <class Function>
    boost::asio::awaitable<void> for_each(Function each) {
        using returned = std::invoke_result_t<Function&, outcome&&>;
        static_assert(std::is_void_v<returned> || std::is_same_v<returned, boost::asio::awaitable<void>>,
                      "for_each takes a function that returns void or boost::asio::awaitable<void>");
        auto held = std::make_shared<Function>(std::move(each));
        std::function<returned(outcome&&)> call = [held](outcome&& one) { return (*held)(std::move(one)); };
        return drain(batch_, std::move(call));
    }

    /// Why the batch stopped before its source had ended, nothing as long as it has not: the service asked
    /// for a longer pause than `client_options::max_pause`, an outage lasted longer than
    /// `fetch_options::max_outage`, what failed fails for every id (credentials or a token that are
    /// refused, a challenge that cannot be answered, a spent quota), or `stop` was called (`errc::canceled`).
    ///
    /// `next` then has nothing after the last outcome. Of the ids that were pulled, those whose requests had
    /// not been sent come out as `errc::not_asked` with 0 attempts: they, and whatever the source still has,
    /// may be asked for again later. On any thread.
    [[nodiscard]] std::optional<error> stopped() const;

    /// On the thread that `next` may be called from.
    [[nodiscard]] batch_stats stats() const;

    /// Ends the batch in good order: nothing more is pulled or sent, requests on the wire get their answers,
    /// and what was pulled and not sent comes out as `errc::not_asked`, also what waits for its turn in the
    /// rate or for the end of a pause; what waits for another try as `errc::canceled`. Noticed within 250 ms.
    /// May be called on any thread.
    void stop() noexcept;

    /// Ends the batch: nothing more is pulled, lookups under way are canceled; every id pulled so far still
    /// yields its outcome through `next()`. May be called on any thread.
    void cancel() noexcept;

private:
    static boost::asio::awaitable<void> drain(detail::batch_ptr from, std::function<void(outcome&&)> into);
    static boost::asio::awaitable<void> drain(detail::batch_ptr from,
                                              std::function<boost::asio::awaitable<void>(outcome&&)> into);

    detail::batch_ptr batch_;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
