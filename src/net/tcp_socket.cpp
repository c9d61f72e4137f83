#include "net/tcp_socket.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace getty::connect::net {
namespace {

boost::system::error_code system_error(int number) { return {number, boost::system::system_category()}; }

boost::system::error_code outcome_of(ssize_t moved, std::size_t& bytes) {
    bytes = moved > 0 ? static_cast<std::size_t>(moved) : 0;
    if (moved >= 0) return {};
    const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return again ? make_error_code(asio::error::would_block) : system_error(errno);
}

}  // namespace

tcp_socket::tcp_socket(std::shared_ptr<epoll_set> in, const asio::ip::tcp::endpoint& to,
                       readiness_listener& tell)
    : listener_(&tell), state_(asio::error::in_progress) {
    socket_ = core::descriptor(::socket(to.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                        to.protocol().protocol()));
    if (!socket_.is_open()) throw boost::system::system_error(system_error(errno), "socket");
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_.get(), to.data(), static_cast<socklen_t>(to.size())) != 0 && errno != EINPROGRESS &&
        errno != EINTR) {
        state_ = system_error(errno);
    }
    readiness_listener& self = *this;
    registration_.emplace(std::move(in), socket_.get(), self);
    // Connected, refused or still under way: the set tells in each case.
    registration_->watch(direction::write);
}

tcp_socket::~tcp_socket() = default;

boost::system::error_code tcp_socket::connected() noexcept { return state_; }

boost::system::error_code tcp_socket::send(std::span<const char> bytes, std::size_t& sent) noexcept {
    return outcome_of(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), sent);
}

boost::system::error_code tcp_socket::receive(std::span<char> into, std::size_t& received) noexcept {
    return outcome_of(::recv(socket_.get(), into.data(), into.size(), 0), received);
}

void tcp_socket::watch(direction which, readiness_listener& tell) {
    listener_ = &tell;
    registration_->watch(which);
}

core::descriptor tcp_socket::release() noexcept {
    registration_.reset();
    return std::move(socket_);
}

void tcp_socket::ready(direction which) {
    if (state_ == asio::error::in_progress) {
        int number = 0;
        socklen_t size = sizeof number;
        if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &number, &size) != 0) number = errno;
        state_ = number == 0 ? boost::system::error_code() : system_error(number);
    }
    listener_->ready(which);
}

void tcp_socket::lost() noexcept {
    state_ = asio::error::connection_aborted;
    socket_.close();
}

}  // namespace getty::connect::net
