// The way to an origin through an HTTP proxy.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/scheduler.hpp"
#include "net/origin.hpp"
#include "net/tcp_socket.hpp"

#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>

#include <string>

namespace getty::connect::net {

struct proxy {
    origin at;         ///< spoken to in the clear
    std::string user;  ///< empty: without credentials
    secret password;
};

/// Asks `through`, to which `socket` is connected, for a tunnel to `to`; afterwards the socket leads there.
/// Errors: `proxy_refused`, final; `connect_failed` where the proxy may do better next time;
/// `connect_timeout` or `canceled` when `scope` stops. After an error the socket is good for nothing but to
/// be closed.
async::task<result<void>> open_tunnel(async::scheduler& on, tcp_socket& socket, const proxy& through,
                                      const origin& to, async::cancel_scope& scope);

}  // namespace getty::connect::net
