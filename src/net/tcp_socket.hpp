// TCP sockets: they do not block, and no program that is started inherits them.
#pragma once

#include "core/descriptor.hpp"
#include "net/epoll_set.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <optional>
#include <span>

namespace getty::connect::net {

/// A TCP socket before it carries TLS, watched through an epoll set.
///
/// The system's own calls in place of an Asio socket: Asio's are open to programs that are started meanwhile,
/// and after a fork both processes would go on with them. Used on the set's executor only.
class tcp_socket final : private readiness_listener {
public:
    /// Opens a socket for the family of `to` and begins to connect: `tell` hears when `connected` may have
    /// changed. Throws `boost::system::system_error` when there is no descriptor left.
    tcp_socket(std::shared_ptr<epoll_set> in, const asio::ip::tcp::endpoint& to, readiness_listener& tell);
    ~tcp_socket();

    /// Success; `in_progress`; or why it is not connected.
    [[nodiscard]] boost::system::error_code connected() noexcept;

    /// As `send` and `recv`; `would_block` when `watch` is the thing to do. `received` 0: the peer sends no
    /// more.
    boost::system::error_code send(std::span<const char> bytes, std::size_t& sent) noexcept;
    boost::system::error_code receive(std::span<char> into, std::size_t& received) noexcept;
    /// Has `tell` told when it is ready.
    void watch(direction which, readiness_listener& tell);

    /// The socket leaves; this object is good for nothing any more.
    [[nodiscard]] core::descriptor release() noexcept;

private:
    void ready(direction which) override;
    void lost() noexcept override;

    readiness_listener* listener_;
    core::descriptor socket_;
    std::optional<epoll_set::registration> registration_;
    boost::system::error_code state_;
};

}  // namespace getty::connect::net
