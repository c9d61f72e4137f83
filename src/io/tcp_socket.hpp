// TCP on the client's executor.
#pragma once

#include "io/task.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace getty::connect::io {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

}  // namespace getty::connect::io
