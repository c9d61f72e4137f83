// A TLS client on a plain socket.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

struct free_tls {
    void operator()(SSL_CTX* ctx) const noexcept;
    void operator()(SSL* ssl) const noexcept;
};
using tls_context_ptr = std::unique_ptr<SSL_CTX, free_tls>;

/// Verifies the origin against `ca_pem`; reads ahead, so that a record takes one `recv`.
[[nodiscard]] tls_context_ptr make_client_context(const std::string& ca_pem);

/// A connection to the origin on 127.0.0.1. Throws `std::runtime_error` when it cannot be made or breaks.
class tls_socket {
public:
    /// Connects, waiting for it. Afterwards the socket does not block.
    tls_socket(SSL_CTX* with, std::uint16_t port);
    ~tls_socket();
    tls_socket(tls_socket&&) noexcept = default;
    tls_socket& operator=(tls_socket&&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return fd_; }
    void write(std::string_view bytes);
    /// 0 when nothing is there.
    [[nodiscard]] std::size_t read(char* into, std::size_t size);

private:
    std::unique_ptr<SSL, free_tls> ssl_;
    int fd_;
};

}  // namespace bench
