// Where a job takes its ids from, and who is told what has become of them.
#pragma once

#include <getty/connect/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

/// One id as it stands in the input: an id that stands there twice has two, and each gets an outcome.
struct occurrence {
    occurrence();
    explicit occurrence(std::string id);

    /// Empty when there is a `trouble`.
    std::string id;
    /// What the source calls this occurrence when it is acknowledged; the job does not look at it.
    std::uint64_t ticket = 0;
    /// Of the line it stands on, from 1; 0 without lines.
    std::uint64_t line = 0;
    /// Why this is not an id, "ids.txt:7: it holds a comma; …": it fails with these words, without a request.
    std::string trouble;
};

/// Yields occurrences, one at a time and on one executor, the client's.
///
/// A program's own is a class of some 50 lines over a queue, a table or a topic: `next` claims an entry,
/// `acknowledge` settles it, `starts_over` is false. What was not acknowledged when the process ends is to be
/// yielded again.
class source {
public:
    source() = default;
    source(const source&) = delete;
    source& operator=(const source&) = delete;
    virtual ~source();

    /// An occurrence that is at hand; nothing where one has to be waited for, or none is left: then `next` is
    /// awaited. Throws as `next` does. Worth it for sources that seldom wait. Default: nothing.
    virtual std::optional<occurrence> try_next();
    /// The next occurrence, or nothing at the end and after `stop()`. What it throws ends the job with
    /// `ended::source_failed`: nothing further is asked, and what is under way is written. Cancellation:
    /// `terminal` may come, and ends a wait.
    virtual boost::asio::awaitable<std::optional<occurrence>> next() = 0;

    /// Ends the ids, also for a `next()` that waits. May come more than once.
    virtual void stop() noexcept = 0;

    /// Whether `acknowledge` is to be called at all. Default: false.
    [[nodiscard]] virtual bool wants_acknowledgement() const noexcept;

    /// The lines of these tickets are durable: written, and, unless the job's `sync` is `never`, behind an
    /// fsync. Each ticket comes once; an occurrence that was handed back (see `summary::handed_back`) does
    /// not. What it throws ends the job as a `next` that throws does.
    virtual boost::asio::awaitable<void> acknowledge(std::vector<std::uint64_t> tickets);

    /// Whether a later run is handed the whole input again, with what has its outcome, as from a file: of
    /// that the sinks' journals tell what is to be skipped. From a queue, which yields what is not settled
    /// alone, nothing may be: the same id is another occurrence. There an occurrence whose line stood when
    /// the process was killed, and was not acknowledged yet, gets another line, and failures of earlier runs
    /// stay. Default: true.
    [[nodiscard]] virtual bool starts_over() const noexcept;

    /// Part of the input that `next` has handed out, 0 to 100; nothing where that is not known, the default.
    [[nodiscard]] virtual std::optional<unsigned> percent_read() const noexcept;
};

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
