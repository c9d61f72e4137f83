#include "net/dialer.hpp"

#include "async/alarm.hpp"
#include "async/event.hpp"
#include "net/tcp_socket.hpp"
#include "net/tls_stream.hpp"

#include <boost/asio/error.hpp>

#include <utility>
#include <vector>

namespace getty::connect::net {
namespace {

/// Of this machine: what it has none of any more is no trouble of the network's.
error no_socket(const boost::system::error_code& why) {
    namespace sys = boost::system::errc;
    const bool ours = why == sys::too_many_files_open || why == sys::too_many_files_open_in_system ||
                      why == sys::no_buffer_space || why == sys::not_enough_memory ||
                      why == sys::address_not_available;
    return {ours ? errc::out_of_resources : errc::connect_failed, stage::connect, why.message()};
}

/// Sockets racing for the first connection.
class race final : private readiness_listener {
public:
    race(async::scheduler& on, std::shared_ptr<epoll_set> set) : set_(std::move(set)), decided_(on) {}

    void enter(const asio::ip::tcp::endpoint& to) {
        try {
            readiness_listener& self = *this;
            sockets_.push_back(std::make_unique<tcp_socket>(set_, to, self));
        } catch (const boost::system::system_error& e) {
            last_error_ = e.code();
        }
    }

    /// Lets go of those that failed; the one that is connected, if there is one.
    std::unique_ptr<tcp_socket> decide() {
        for (auto& socket : sockets_) {
            const boost::system::error_code ec = socket->connected();
            if (!ec) return std::move(socket);
            if (ec == asio::error::in_progress) continue;
            last_error_ = ec;
            socket.reset();
        }
        std::erase(sockets_, nullptr);
        return nullptr;
    }

    [[nodiscard]] std::size_t under_way() const noexcept { return sockets_.size(); }
    [[nodiscard]] const boost::system::error_code& last_error() const noexcept { return last_error_; }
    [[nodiscard]] async::event& decided() noexcept { return decided_; }

private:
    // Not within this call: what follows may end the socket that tells.
    void ready(direction) override { decided_.wake(); }

    std::shared_ptr<epoll_set> set_;
    async::event decided_;
    std::vector<std::unique_ptr<tcp_socket>> sockets_;
    boost::system::error_code last_error_ = asio::error::host_unreachable;
};

/// Waits for the handshake's next step; told by the stream.
class handshake_wait final : public readiness_listener {
public:
    explicit handshake_wait(async::scheduler& on) : point_(on) {}
    void ready(direction) override {
        is_ready_ = true;
        point_.wake_inline();
    }
    void rearm() noexcept { is_ready_ = false; }
    [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }
    [[nodiscard]] auto wait(async::cancel_scope& scope) { return point_.wait(scope); }

private:
    async::event point_;
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
    listening(byte_stream& s, readiness_listener& l) : stream(s) { stream.listen(&l); }
    ~listening() { stream.listen(nullptr); }
    listening(const listening&) = delete;
    listening& operator=(const listening&) = delete;
    byte_stream& stream;
};

async::task<result<void>> shake_hands(async::scheduler& on, tls_stream& stream, async::cancel_scope& scope) {
    handshake_wait epoll_set(on);
    const listening attached(stream, epoll_set);
    for (;;) {
        const transfer step = stream.handshake();
        if (step.what == transfer::outcome::done) co_return result<void>();
        const bool read = step.what == transfer::outcome::want_read;
        if (!read && step.what != transfer::outcome::want_write) co_return handshake_failure(stream, step);
        epoll_set.rearm();
        stream.watch(read ? direction::read : direction::write);
        while (!epoll_set.is_ready()) {
            if (scope.stopped()) co_return dial_stopped(scope, stage::tls);
            co_await epoll_set.wait(scope);
        }
    }
}

}  // namespace

tls_dialer::tls_dialer(async::scheduler& on, origin to, std::unique_ptr<tls_context> tls,
                       std::shared_ptr<resolver> names, std::optional<proxy> through)
    : scheduler_(on),
      origin_(std::move(to)),
      tls_(std::move(tls)),
      resolver_(std::move(names)),
      proxy_(std::move(through)) {}

async::task<result<std::unique_ptr<tcp_socket>>> tls_dialer::connect(const endpoints& candidates,
                                                                     async::cancel_scope& scope) {
    race contest(scheduler_, readiness_);
    std::size_t next = 0;
    async::alarm pace(scheduler_, contest.decided());
    for (;;) {
        if (scope.stopped()) co_return dial_stopped(scope, stage::connect);
        std::unique_ptr<tcp_socket> winner = contest.decide();
        if (winner) co_return winner;
        const bool due = contest.under_way() == 0 || pace.rang();
        if (due && next < candidates.size()) {
            contest.enter(candidates[next++]);
            pace.set(core::later(scheduler_.now(), stagger));
            if (contest.under_way() == 0) continue;
        } else if (contest.under_way() == 0) {
            co_return no_socket(contest.last_error());
        }
        co_await contest.decided().wait(scope);
    }
}

/// The set that all sockets of this dialer are watched through, from the first one on.
result<void> tls_dialer::open_readiness() {
    if (readiness_) return {};
    try {
        readiness_ = epoll_set::make(scheduler_);
        return {};
    } catch (const boost::system::system_error& e) {
        return no_socket(e.code());
    }
}

result<std::shared_ptr<tls_stream>> tls_dialer::encrypt(core::descriptor socket) {
    auto ssl = tls_->new_connection(scheduler_.wall_clock());
    if (!ssl) return ssl.error();
    try {
        return std::make_shared<tls_stream>(readiness_, std::move(socket), std::move(*ssl));
    } catch (const boost::system::system_error& e) {
        return no_socket(e.code());
    }
}

async::task<result<dialled>> tls_dialer::dial(async::cancel_scope& scope) {
    dialled made;
    core::time_point since = scheduler_.now();
    const auto lap = [&](core::duration& into) {
        const core::time_point now = scheduler_.now();
        into = now - std::exchange(since, now);
    };
    const origin& next_hop = proxy_ ? proxy_->at : origin_;
    const result<endpoints> found = co_await resolver_->resolve(next_hop.host, next_hop.port, scope);
    if (!found) co_return found.error();
    lap(made.name);
    const result<void> watched = open_readiness();
    if (!watched) co_return watched.error();
    result<std::unique_ptr<tcp_socket>> socket = co_await connect(*found, scope);
    if (!socket) {
        // Perhaps the name means another place by now.
        resolver_->unreachable();
        co_return socket.error();
    }
    if (proxy_) {
        const result<void> tunnel = co_await open_tunnel(scheduler_, **socket, *proxy_, origin_, scope);
        if (!tunnel) co_return tunnel.error();
    }
    lap(made.tcp);
    result<std::shared_ptr<tls_stream>> stream = encrypt((*socket)->release());
    if (!stream) co_return stream.error();
    const result<void> established = co_await shake_hands(scheduler_, **stream, scope);
    if (!established) {
        (*stream)->close();
        if (!scope.stopped()) tls_->forget_sessions();
        co_return established.error();
    }
    lap(made.tls);
    made.stream = *stream;
    made.resumed = (*stream)->resumed();
    made.tls_version = (*stream)->tls_version();
    made.cipher = (*stream)->cipher();
    co_return made;
}

}  // namespace getty::connect::net
