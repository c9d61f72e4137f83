#include "net/proxy.hpp"

#include "async/event.hpp"
#include "core/redact.hpp"
#include "core/wipe.hpp"
#include "net/resolver.hpp"
#include "proto/auth/basic_auth.hpp"
#include "proto/http/tunnel.hpp"

#include <boost/asio/error.hpp>

#include <array>
#include <utility>

namespace getty::connect::net {
namespace {

using reply_state = proto::tunnel_reply::state;

/// Waits until the socket is ready.
class socket_wait final : private readiness_listener {
public:
    explicit socket_wait(async::scheduler& on) : point_(on) {}

    /// Completes when the socket is ready, or when `scope` stops.
    async::task<void> until(tcp_socket& socket, direction which, async::cancel_scope& scope) {
        reached_ = false;
        readiness_listener& self = *this;
        socket.watch(which, self);
        while (!reached_ && !scope.stopped()) {
            co_await point_.wait(scope);
        }
    }

private:
    // Not within this call: what follows may end the socket that tells.
    void ready(direction) override {
        reached_ = true;
        point_.wake();
    }

    async::event point_;
    bool reached_ = false;
};

bool would_block(const boost::system::error_code& ec) { return ec == asio::error::would_block; }

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

async::task<result<void>> send(tcp_socket& socket, socket_wait& wait, const proxy& through, const origin& to,
                               async::cancel_scope& scope) {
    request_text request;
    proto::append_tunnel_request(request.bytes, to.host, to.port, through.user, through.password);
    std::string_view rest = request.bytes;
    while (!rest.empty()) {
        std::size_t sent = 0;
        const boost::system::error_code ec = socket.send(rest, sent);
        rest.remove_prefix(sent);
        if (!ec) continue;
        if (!would_block(ec)) co_return broken(through, ec);
        co_await wait.until(socket, direction::write, scope);
        if (scope.stopped()) co_return dial_stopped(scope, stage::connect);
    }
    co_return result<void>();
}

/// What the proxy says, without the credentials that it may quote.
std::string said_by(const proxy& through, const proto::tunnel_reply& reply) {
    if (through.user.empty()) return reply.why();
    request_text sent;  // wiped
    proto::append_basic(sent.bytes, through.user, through.password);
    const std::string_view basic = std::string_view(sent.bytes).substr(sent.bytes.find(' ') + 1);
    const std::array<std::string_view, 2> secrets{basic, through.password.expose()};
    return core::redact(reply.why(), secrets);
}

result<void> outcome_of(const proxy& through, reply_state state, const proto::tunnel_reply& reply) {
    if (state == reply_state::open) return {};
    const errc code = state == reply_state::busy ? errc::connect_failed : errc::proxy_refused;
    return proxy_error(through, code, said_by(through, reply));
}

}  // namespace

async::task<result<void>> open_tunnel(async::scheduler& on, tcp_socket& socket, const proxy& through,
                                      const origin& to, async::cancel_scope& scope) {
    socket_wait wait(on);
    const result<void> sent = co_await send(socket, wait, through, to, scope);
    if (!sent) co_return sent.error();
    proto::tunnel_reply reply;
    std::array<char, 1024> piece;
    for (;;) {
        std::size_t bytes = 0;
        const boost::system::error_code ec = socket.receive(piece, bytes);
        if (!ec && bytes == 0) co_return outcome_of(through, reply.ended(), reply);
        if (would_block(ec)) {
            co_await wait.until(socket, direction::read, scope);
            if (scope.stopped()) co_return dial_stopped(scope, stage::connect);
            continue;
        }
        if (ec) co_return broken(through, ec);
        const reply_state state = reply.received({piece.data(), bytes});
        if (state != reply_state::need_more) co_return outcome_of(through, state, reply);
    }
}

}  // namespace getty::connect::net
