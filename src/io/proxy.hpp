// The way to an origin through an HTTP proxy.
#pragma once

#include "io/loop.hpp"
#include "io/operation.hpp"
#include "io/origin.hpp"
#include "io/tcp_socket.hpp"

#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>

#include <string>

namespace getty::connect::io {

struct proxy {
    origin at;         ///< spoken to in the clear
    std::string user;  ///< empty: without credentials
    secret password;
};

/// Asks `through`, to which `socket` is connected, for a tunnel to `to`; afterwards the socket leads there.
/// Errors: `proxy_refused`, final; `connect_failed` where the proxy may do better next time;
/// `connect_timeout` or `canceled` when `op` stops. After an error the socket is good for nothing but to be
/// closed.
task<result<void>> open_tunnel(loop& on, tcp_socket& socket, const proxy& through, const origin& to,
                               operation& op);

}  // namespace getty::connect::io
