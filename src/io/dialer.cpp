#include "io/dialer.hpp"

#include "io/tls_stream.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace getty::connect::io {
namespace {

/// Sockets racing for the first connection. Shared with the completion handlers.
struct race {
    explicit race(loop& on) : decided(on) {}
    ~race() { close_all(); }

    void close_all() noexcept {
        for (auto& socket : sockets) {
            boost::system::error_code ignored;
            socket->close(ignored);
        }
    }

    wait_point decided;
    std::vector<std::unique_ptr<tcp_socket>> sockets;
    std::size_t under_way = 0;
    tcp_socket* winner = nullptr;
    boost::system::error_code last_error = asio::error::host_unreachable;
};

void enter(const std::shared_ptr<race>& r, loop& on, const asio::ip::tcp::endpoint& to) {
    auto& socket = r->sockets.emplace_back(std::make_unique<tcp_socket>(on.get_executor()));
    ++r->under_way;
    auto done = [r, which = socket.get()](const boost::system::error_code& ec) {
        --r->under_way;
        if (ec) {
            if (ec != asio::error::operation_aborted) r->last_error = ec;
        } else if (!r->winner) {
            r->winner = which;
        }
        r->decided.wake_inline();
    };
    socket->async_connect(to, std::move(done));
}

/// Waits for the handshake's next step; told by the stream.
class handshake_wait final : public byte_stream::listener {
public:
    explicit handshake_wait(loop& on) : point_(on) {}
    void ready(direction) override {
        is_ready_ = true;
        point_.wake_inline();
    }
    void rearm() noexcept { is_ready_ = false; }
    [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }
    [[nodiscard]] auto wait(operation& op) { return point_.wait(op); }

private:
    wait_point point_;
    bool is_ready_ = false;
};

error handshake_failure(const tls_stream& stream, const transfer& last) {
    if (stream.certificate_was_refused()) {
        return {errc::certificate_rejected, stage::tls, stream.handshake_error()};
    }
    if (last.what == transfer::outcome::truncated || last.what == transfer::outcome::closed) {
        return {errc::tls_failed, stage::tls, "the service closed the connection during the TLS handshake"};
    }
    return {errc::tls_failed, stage::tls, stream.handshake_error()};
}

/// Detaches its listener whichever way the coroutine ends.
struct listening {
    listening(byte_stream& s, byte_stream::listener& l) : stream(s) { stream.listen(&l); }
    ~listening() { stream.listen(nullptr); }
    listening(const listening&) = delete;
    listening& operator=(const listening&) = delete;
    byte_stream& stream;
};

task<result<void>> shake_hands(loop& on, tls_stream& stream, operation& op) {
    handshake_wait readiness(on);
    const listening attached(stream, readiness);
    for (;;) {
        const transfer step = stream.handshake();
        if (step.what == transfer::outcome::done) co_return result<void>();
        const bool read = step.what == transfer::outcome::want_read;
        if (!read && step.what != transfer::outcome::want_write) co_return handshake_failure(stream, step);
        readiness.rearm();
        stream.watch(read ? direction::read : direction::write);
        while (!readiness.is_ready()) {
            if (op.stopped()) co_return dial_stopped(op, stage::tls);
            co_await readiness.wait(op);
        }
    }
}

}  // namespace

tls_dialer::tls_dialer(loop& on, origin to, std::unique_ptr<tls_context> tls, std::shared_ptr<resolver> names,
                       std::optional<proxy> through)
    : loop_(on),
      origin_(std::move(to)),
      tls_(std::move(tls)),
      resolver_(std::move(names)),
      proxy_(std::move(through)) {}

task<result<std::unique_ptr<tcp_socket>>> tls_dialer::connect(const endpoints& candidates, operation& op) {
    const auto r = std::make_shared<race>(loop_);
    std::size_t next = 0;
    alarm pace(loop_, r->decided);
    while (!r->winner) {
        if (op.stopped()) {
            r->close_all();
            co_return dial_stopped(op, stage::connect);
        }
        const bool due = r->under_way == 0 || pace.rang();
        if (due && next < candidates.size()) {
            enter(r, loop_, candidates[next++]);
            pace.set(core::later(loop_.now(), stagger));
        } else if (r->under_way == 0) {
            co_return error(errc::connect_failed, stage::connect, r->last_error.message());
        }
        co_await r->decided.wait(op);
    }
    std::unique_ptr<tcp_socket> won;
    for (auto& socket : r->sockets) {
        if (socket.get() == r->winner) won = std::move(socket);
    }
    std::erase(r->sockets, nullptr);
    r->close_all();
    co_return won;
}

/// The socket leaves Asio.
result<std::shared_ptr<tls_stream>> tls_dialer::encrypt(tcp_socket& socket) {
    auto ssl = tls_->new_connection();
    if (!ssl) return ssl.error();
    try {
        if (!readiness_) readiness_ = readiness::make(loop_.get_executor());
        socket.non_blocking(true);
        return std::make_shared<tls_stream>(readiness_, descriptor(socket.release()), std::move(*ssl));
    } catch (const boost::system::system_error& e) {
        return error(errc::connect_failed, stage::connect, e.code().message());
    }
}

task<result<dialled>> tls_dialer::dial(operation& op) {
    const origin& next_hop = proxy_ ? proxy_->at : origin_;
    const result<endpoints> found = co_await resolver_->resolve(next_hop.host, next_hop.port, op);
    if (!found) co_return found.error();
    result<std::unique_ptr<tcp_socket>> socket = co_await connect(*found, op);
    if (!socket) {
        // Perhaps the name means another place by now.
        resolver_->unreachable();
        co_return socket.error();
    }
    boost::system::error_code ignored;
    (*socket)->set_option(asio::ip::tcp::no_delay(true), ignored);

    if (proxy_) {
        const result<void> tunnel = co_await open_tunnel(loop_, **socket, *proxy_, origin_, op);
        if (!tunnel) co_return tunnel.error();
    }
    result<std::shared_ptr<tls_stream>> stream = encrypt(**socket);
    if (!stream) co_return stream.error();
    const result<void> established = co_await shake_hands(loop_, **stream, op);
    if (!established) {
        (*stream)->close();
        if (!op.stopped()) tls_->forget_sessions();
        co_return established.error();
    }
    dialled made;
    made.stream = *stream;
    made.resumed = (*stream)->resumed();
    co_return made;
}

}  // namespace getty::connect::io
