// TLS over a TCP socket, without a thread, a timer or a buffer of its own beyond OpenSSL's.
#pragma once

#include "core/descriptor.hpp"
#include "net/byte_stream.hpp"
#include "net/epoll_set.hpp"
#include "net/tls_context.hpp"
#include "policy/read_share.hpp"

#include <optional>
#include <string>

namespace getty::connect::net {

/// The socket as OpenSSL sees it.
struct tls_wire {
    core::descriptor socket;
    policy::read_share share;
};

/// OpenSSL reads and writes the socket itself (about 30 KiB per idle connection where an `asio::ssl::stream`
/// takes 95), a `epoll_set` only tells when to. See `byte_stream` for the rules.
///
/// Within one call OpenSSL reads on for as long as key updates, tickets and the like come. Without
/// SSL_MODE_AUTO_RETRY it would stop where its buffer happens to be empty, after 10 ms of key updates, and a
/// close behind a ticket would go unnoticed. So it is bounded where it fetches: beyond its share of a turn
/// the socket looks empty, which OpenSSL takes for want of data. Nothing is lost by that: OpenSSL has used
/// what it had, and the socket is readable still, so that the next wait for it ends at once.
class tls_stream final : public byte_stream, private readiness_listener {
public:
    /// `socket` is connected and does not block. Call `handshake` until it is done.
    tls_stream(std::shared_ptr<epoll_set> in, core::descriptor socket, tls_context::ssl_handle ssl);
    ~tls_stream() override;

    /// One step: `done` when the connection is established, else what to wait for or why it failed.
    transfer handshake() noexcept;
    /// Why the handshake failed, in words; whether it was the certificate.
    [[nodiscard]] std::string handshake_error() const;
    [[nodiscard]] bool certificate_was_refused() const noexcept;
    // Of an established connection.
    [[nodiscard]] bool resumed() const noexcept;
    [[nodiscard]] std::string_view tls_version() const noexcept;
    [[nodiscard]] std::string_view cipher() const noexcept;

    transfer read_some(std::span<char> into) noexcept override;
    transfer write_some(std::span<const char> from) noexcept override;
    void watch(direction which) override;
    [[nodiscard]] bool has_buffered() const noexcept override;
    void close() noexcept override;

private:
    void ready(direction which) override;
    void lost() noexcept override;
    transfer verdict(int returned) noexcept;

    tls_wire wire_;
    std::optional<epoll_set::registration> registration_;
    tls_context::ssl_handle ssl_;
    std::string failure_;
    bool broken_ = false;  // OpenSSL forbids any further call, close_notify included
    bool closed_ = false;
};

}  // namespace getty::connect::net
