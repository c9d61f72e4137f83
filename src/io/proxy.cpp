#include "io/proxy.hpp"

#include "core/wipe.hpp"
#include "io/resolver.hpp"
#include "proto/tunnel.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <array>
#include <memory>
#include <utility>

namespace getty::connect::io {
namespace {

using reply_state = proto::tunnel_reply::state;

/// Shared with the completion handler, which comes after the coroutine when that was abandoned.
struct readiness {
    explicit readiness(loop& on) : point(on) {}
    wait_point point;
    bool reached = false;
};

/// Completes when the socket is ready, or when `op` stops.
task<void> ready(loop& on, tcp_socket& socket, tcp_socket::wait_type what, operation& op) {
    const auto shared = std::make_shared<readiness>(on);
    auto done = [shared](const boost::system::error_code&) {
        shared->reached = true;
        shared->point.wake_inline();
    };
    socket.async_wait(what, std::move(done));
    while (!shared->reached && !op.stopped()) {
        co_await shared->point.wait(op);
    }
}

bool would_block(const boost::system::error_code& ec) {
    return ec == asio::error::would_block || ec == asio::error::try_again || ec == asio::error::interrupted;
}

error proxy_error(const proxy& through, errc code, std::string_view what) {
    return {code, stage::connect, "the proxy " + through.at.authority() + " " + std::string(what)};
}

error broken(const proxy& through, const boost::system::error_code& ec) {
    return proxy_error(through, errc::connect_failed, "gave up the connection: " + ec.message());
}

/// Wiped when it goes: it holds the credentials.
struct request_text {
    ~request_text() { core::wipe(bytes); }
    std::string bytes;
};

task<result<void>> send(loop& on, tcp_socket& socket, const proxy& through, const origin& to, operation& op) {
    request_text request;
    proto::append_tunnel_request(request.bytes, to.host, to.port, through.user, through.password);
    std::string_view rest = request.bytes;
    while (!rest.empty()) {
        boost::system::error_code ec;
        rest.remove_prefix(socket.write_some(asio::buffer(rest), ec));
        if (!ec) continue;
        if (!would_block(ec)) co_return broken(through, ec);
        co_await ready(on, socket, tcp_socket::wait_write, op);
        if (op.stopped()) co_return dial_stopped(op, stage::connect);
    }
    co_return result<void>();
}

result<void> outcome_of(const proxy& through, reply_state state, const proto::tunnel_reply& reply) {
    if (state == reply_state::open) return {};
    const errc code = state == reply_state::busy ? errc::connect_failed : errc::proxy_refused;
    return proxy_error(through, code, reply.why());
}

}  // namespace

task<result<void>> open_tunnel(loop& on, tcp_socket& socket, const proxy& through, const origin& to,
                               operation& op) {
    boost::system::error_code ec;
    socket.non_blocking(true, ec);
    const result<void> sent = co_await send(on, socket, through, to, op);
    if (!sent) co_return sent.error();
    proto::tunnel_reply reply;
    std::array<char, 1024> piece;
    for (;;) {
        ec.clear();
        const std::size_t bytes = socket.read_some(asio::buffer(piece), ec);
        if (ec == asio::error::eof) co_return outcome_of(through, reply.ended(), reply);
        if (would_block(ec)) {
            co_await ready(on, socket, tcp_socket::wait_read, op);
            if (op.stopped()) co_return dial_stopped(op, stage::connect);
            continue;
        }
        if (ec) co_return broken(through, ec);
        const reply_state state = reply.received({piece.data(), bytes});
        if (state != reply_state::need_more) co_return outcome_of(through, state, reply);
    }
}

}  // namespace getty::connect::io
