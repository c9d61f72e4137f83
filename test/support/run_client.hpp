// Running what a client has to do to its end, on the test's own thread.
#pragma once

#include <getty/connect/client.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <utility>

namespace getty::connect::test {

/// Returns when `work` is done, whatever else is under way on `context`.
template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
    std::future<T> done = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
    context.restart();
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready && context.run_one() > 0) {
    }
    return done.get();
}

inline boost::asio::awaitable<bool> closed(client& c) {
    co_await c.close();
    co_return true;
}

}  // namespace getty::connect::test
