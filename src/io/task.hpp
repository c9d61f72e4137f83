// The coroutine type of the layers above the socket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace getty::connect::io {

namespace asio = boost::asio;

/// Either the caller's executor, run by one thread, or a strand over it: everything of one client runs on it.
using executor = asio::any_io_executor;

template <class T>
using task = asio::awaitable<T, executor>;

}  // namespace getty::connect::io
