// TLS handshakes in memory: both sides in one thread, no socket.
#pragma once

#include "core/owned.hpp"
#include "support/foreign/test_ca.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace getty::connect::test {

/// The server's side: a context of one certificate, and a connection for each client.
class memory_server {
public:
    explicit memory_server(const certificate& shown) : context_(SSL_CTX_new(TLS_server_method())) {
        const auto chain = reading(shown.chain_pem);
        const auto key = reading(shown.key_pem);
        X509* const leaf = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr);
        EVP_PKEY* const secret = PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr);
        const bool good = SSL_CTX_use_certificate(context_.get(), leaf) == 1 &&
                          SSL_CTX_use_PrivateKey(context_.get(), secret) == 1;
        X509_free(leaf);
        EVP_PKEY_free(secret);
        if (!good) throw std::runtime_error("the server's certificate");
    }
    [[nodiscard]] SSL_CTX* context() const noexcept { return context_.get(); }

    /// Handshake with a client without a BIO, its tickets read as well; false: the client refused.
    [[nodiscard]] bool shake_hands(SSL* client) const {
        const core::owned<SSL, SSL_free> server(SSL_new(context_.get()));
        BIO *near = nullptr, *far = nullptr;
        if (BIO_new_bio_pair(&near, 0, &far, 0) != 1) throw std::bad_alloc();
        SSL_set_bio(client, near, near);
        SSL_set_bio(server.get(), far, far);
        SSL_set_accept_state(server.get());
        for (int i = 0; i < 10; ++i) {
            const int here = SSL_do_handshake(client);
            const int there = SSL_do_handshake(server.get());
            if (here == 1 && there == 1) break;
            if (here != 1 && SSL_get_error(client, here) != SSL_ERROR_WANT_READ) return false;
        }
        char none = 0;
        SSL_read(client, &none, 1);
        if (SSL_is_init_finished(client) != 1) return false;
        // OpenSSL gives up the session of a connection that ends without a word.
        SSL_shutdown(client);
        SSL_shutdown(server.get());
        return true;
    }

private:
    static core::owned<BIO, BIO_free> reading(const std::string& text) {
        return core::owned<BIO, BIO_free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    }

    core::owned<SSL_CTX, SSL_CTX_free> context_;
};

}  // namespace getty::connect::test
