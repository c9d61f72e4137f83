// One source of ids for several batches on several threads.
#pragma once

#include <getty/connect/id_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace getty::connect::detail {

/// A source that has its ids at hand, asked under a lock.
class divided_source {
public:
    explicit divided_source(std::unique_ptr<id_producer> from) : source_(std::move(from)) {}
    /// On any thread. What the source throws ends the ids for everybody and is told to this caller.
    [[nodiscard]] std::optional<std::string> next();

private:
    std::mutex mutex_;
    std::unique_ptr<id_producer> source_;
    bool ended_ = false;
};

/// A source that is awaited: always on one executor, its home, one call at a time, whoever wants an id.
///
/// Invariants: who waits is served first come, first served; an id that arrives when its taker has given up
/// goes to the next, or is kept for whoever comes; a call that nobody waits for any more is cancelled
/// (`terminal`). What the source throws is told to one taker, and the others have no further id.
class divided_waiting_source : public std::enable_shared_from_this<divided_waiting_source> {
public:
    divided_waiting_source(boost::asio::any_io_executor home, std::unique_ptr<id_producer> from)
        : home_(std::move(home)), source_(std::move(from)) {}

    /// The next id; nothing at the end. Awaited on any executor; `terminal` cancellation gives up.
    static boost::asio::awaitable<std::optional<std::string>> next(
        std::shared_ptr<divided_waiting_source> from);

private:
    /// Somebody who waits. Used on the home executor but for `woken` and what is written before it is.
    struct taker {
        explicit taker(const boost::asio::any_io_executor& on) : executor(on), woken(on) {}
        boost::asio::any_io_executor executor;
        boost::asio::steady_timer woken;
        std::optional<std::string> id;
        std::exception_ptr failed;
        bool served = false;   // at home: it has been given what it waits for
        bool arrived = false;  // on its own executor: so it has heard
    };

    void join(std::shared_ptr<taker> one);
    void leave(const std::shared_ptr<taker>& one);
    void pull();
    void pulled(const std::exception_ptr& failed, std::optional<std::string> id);
    void serve(std::optional<std::string> id, std::exception_ptr failed);

    boost::asio::any_io_executor home_;
    std::unique_ptr<id_producer> source_;
    std::deque<std::shared_ptr<taker>> takers_;
    std::deque<std::string> left_;  // by takers that have given up
    boost::asio::cancellation_signal cancel_;
    bool pulling_ = false;
    bool ended_ = false;
};

}  // namespace getty::connect::detail
