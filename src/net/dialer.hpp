// New connections.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/scheduler.hpp"
#include "net/byte_stream.hpp"
#include "net/origin.hpp"
#include "net/proxy.hpp"
#include "net/resolver.hpp"
#include "net/tcp_socket.hpp"
#include "net/tls_context.hpp"
#include "net/tls_stream.hpp"

#include <getty/connect/result.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace getty::connect::net {

struct dialled {
    dialled() {}  // user-provided: see the coroutine rules of g++ 12
    std::shared_ptr<byte_stream> stream;
    bool resumed = false;
    // What the time went into.
    core::duration name{0};
    core::duration tcp{0};  ///< a tunnel included
    core::duration tls{0};
    // Constants of OpenSSL.
    std::string_view tls_version;
    std::string_view cipher;
};

/// Opens connections to one origin.
class dialer {
public:
    virtual ~dialer() = default;
    /// Completes with an established stream, or with the stage and the reason of the failure. Ends with
    /// `connect_timeout` or `canceled` when `scope` stops. Calls may overlap. The dialer must outlive the
    /// call.
    virtual async::task<result<dialled>> dial(async::cancel_scope& scope) = 0;
};

/// Name resolution, TCP, a tunnel when there is a proxy, TLS. With a proxy it is the proxy's name that is
/// resolved, and the proxy resolves that of the origin. Addresses are tried in the resolver's order with the
/// families taking turns, a further one `stagger` after the one before when that has not been decided by then
/// (RFC 8305).
class tls_dialer final : public dialer {
public:
    static constexpr std::chrono::milliseconds stagger{250};

    tls_dialer(async::scheduler& on, origin to, std::unique_ptr<tls_context> tls,
               std::shared_ptr<resolver> names, std::optional<proxy> through = std::nullopt);
    async::task<result<dialled>> dial(async::cancel_scope& scope) override;

private:
    async::task<result<std::unique_ptr<tcp_socket>>> connect(const endpoints& candidates,
                                                             async::cancel_scope& scope);
    result<void> open_readiness();
    result<std::shared_ptr<tls_stream>> encrypt(core::descriptor socket);

    async::scheduler& scheduler_;
    origin origin_;
    std::unique_ptr<tls_context> tls_;
    std::shared_ptr<resolver> resolver_;
    std::optional<proxy> proxy_;
    std::shared_ptr<epoll_set> readiness_;  // from the first connection on
};

}  // namespace getty::connect::net
