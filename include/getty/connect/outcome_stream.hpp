// The outcomes of a batch, at the consumer's pace.
#pragma once

#include <getty/connect/outcome.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>

namespace getty::connect {

namespace detail {
class batch_handle;
}

/// Yields exactly one outcome for every id that the batch pulled, then nothing.
///
/// The batch starts with the first `next()` and pulls ids no further ahead of the consumer than its options
/// allow: a consumer that stops, stops the batch. Destroying the stream cancels what is left;
/// `client::close()` waits for it.
class outcome_stream {
public:
    explicit outcome_stream(std::unique_ptr<detail::batch_handle> batch) noexcept;
    outcome_stream(outcome_stream&&) noexcept;
    outcome_stream& operator=(outcome_stream&&) noexcept;
    ~outcome_stream();

    /// The next outcome, or nothing when all were handed out.
    ///
    /// - Completes: as soon as an outcome is ready (in input order: the next one in order).
    /// - Errors: throws `failure` once, after all outcomes: with `errc::invalid_source` when the source of
    /// ids
    ///   threw, with `errc::client_closed` when the client was closed before the source had ended.
    /// - Deadline: none of its own; each lookup has one.
    /// - Cancellation (any type): ends this wait with `boost::system::system_error(operation_aborted)`; the
    /// batch goes
    ///   on and no outcome is lost.
    /// - Concurrency: one call at a time, from any executor; completes on the caller's.
    boost::asio::awaitable<std::optional<outcome>> next();

    /// An outcome that is ready, without waiting; nothing when none is. Taking what is ready before each
    /// `next()` costs less per id:
    ///
    ///     std::optional<outcome> one = stream.try_next();
    ///     if (!one) one = co_await stream.next();
    ///
    /// - Errors: none; only `next()` starts the batch and tells how it ended.
    /// - Concurrency: on the client's executor, not during `next()`. With `threading::strand` there is never
    ///   one: the caller need not be on the strand.
    std::optional<outcome> try_next();

    /// Ends the batch: nothing more is pulled, lookups under way are canceled; every id pulled so far still
    /// yields its outcome through `next()`. May be called on any thread.
    void cancel() noexcept;

private:
    std::unique_ptr<detail::batch_handle> batch_;
};

}  // namespace getty::connect
