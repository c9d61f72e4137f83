#include "bench/tls_socket.hpp"

#include "bench/system.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

void free_tls::operator()(SSL_CTX* ctx) const noexcept { SSL_CTX_free(ctx); }
void free_tls::operator()(SSL* ssl) const noexcept {
    const int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
}

tls_context_ptr make_client_context(const std::string& ca_pem) {
    tls_context_ptr ctx(SSL_CTX_new(TLS_client_method()));
    BIO* memory = BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size()));
    X509* ca = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx.get()), ca);
    X509_free(ca);
    BIO_free(memory);
    SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_read_ahead(ctx.get(), 1);
    return ctx;
}

tls_socket::tls_socket(SSL_CTX* with, std::uint16_t port)
    : ssl_(SSL_new(with)), fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SSL_set_fd(ssl_.get(), fd_);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), "127.0.0.1");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("the TLS handshake failed");
    fcntl(fd_, F_SETFL, O_NONBLOCK);
}

tls_socket::~tls_socket() = default;

void tls_socket::write(std::string_view bytes) {
    if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) !=
        static_cast<int>(bytes.size())) {
        throw std::runtime_error("a request could not be written at once");
    }
}

std::size_t tls_socket::read(char* into, std::size_t size) {
    const int got = SSL_read(ssl_.get(), into, static_cast<int>(size));
    if (got > 0) return static_cast<std::size_t>(got);
    if (SSL_get_error(ssl_.get(), got) != SSL_ERROR_WANT_READ)
        throw std::runtime_error("the connection broke");
    return 0;
}

}  // namespace bench
