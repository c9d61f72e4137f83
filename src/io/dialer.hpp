// New connections.
#pragma once

#include "io/byte_stream.hpp"
#include "io/loop.hpp"
#include "io/operation.hpp"
#include "io/origin.hpp"
#include "io/proxy.hpp"
#include "io/resolver.hpp"
#include "io/tcp_socket.hpp"
#include "io/tls_context.hpp"
#include "io/tls_stream.hpp"

#include <getty/connect/result.hpp>

#include <memory>
#include <optional>

namespace getty::connect::io {

struct dialled {
    dialled() {}  // user-provided: see the coroutine rules of g++ 12
    std::shared_ptr<byte_stream> stream;
    bool resumed = false;
};

/// Opens connections to one origin.
class dialer {
public:
    virtual ~dialer() = default;
    /// Completes with an established stream, or with the stage and the reason of the failure. Ends with
    /// `connect_timeout` or `canceled` when `op` stops. Calls may overlap. The dialer must outlive the call.
    virtual task<result<dialled>> dial(operation& op) = 0;
};

/// Name resolution, TCP, a tunnel when there is a proxy, TLS. With a proxy it is the proxy's name that is
/// resolved, and the proxy resolves that of the origin. Addresses are tried in the resolver's order with the
/// families taking turns, a further one `stagger` after the one before when that has not been decided by then
/// (RFC 8305).
class tls_dialer final : public dialer {
public:
    static constexpr std::chrono::milliseconds stagger{250};

    tls_dialer(loop& on, origin to, std::unique_ptr<tls_context> tls, std::shared_ptr<resolver> names,
               std::optional<proxy> through = std::nullopt);
    task<result<dialled>> dial(operation& op) override;

private:
    task<result<std::unique_ptr<tcp_socket>>> connect(const endpoints& candidates, operation& op);
    result<void> open_readiness();
    result<std::shared_ptr<tls_stream>> encrypt(descriptor socket);

    loop& loop_;
    origin origin_;
    std::unique_ptr<tls_context> tls_;
    std::shared_ptr<resolver> resolver_;
    std::optional<proxy> proxy_;
    std::shared_ptr<readiness> readiness_;  // from the first connection on
};

}  // namespace getty::connect::io
