// A TLS server whose connections do as a function says: answers, key updates, tickets, in any mixture.
#pragma once

#include "core/owned.hpp"
#include "support/foreign/test_ca.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace getty::connect::test {

/// One connection of the peer's, used on its own thread. What is made is sent with `flush`; false: the
/// client has gone.
class talkative_connection {
public:
    talkative_connection(SSL_CTX* context, boost::asio::ip::tcp::socket& socket)
        : socket_(socket), ssl_(SSL_new(context)), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_accept_state(ssl_.get());
    }

    bool shake_hands() {
        for (;;) {
            const int done = SSL_do_handshake(ssl_.get());
            if (!flush()) return false;
            if (done == 1) return true;
            if (!receive()) return false;
        }
    }
    /// The id that the next request asks for; empty: there is none.
    std::string next_request() {
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            std::array<char, 4096> piece;
            std::size_t bytes = 0;
            if (SSL_read_ex(ssl_.get(), piece.data(), piece.size(), &bytes) == 1) {
                head.append(piece.data(), bytes);
            } else if (!receive()) {
                return {};
            }
        }
        const std::string_view target = std::string_view(head).substr(0, head.find(" HTTP/"));
        return std::string(target.substr(target.rfind('/') + 1));
    }
    /// A record of its own.
    void content(std::string_view bytes) {
        std::size_t written = 0;
        SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    }
    void key_update() {
        SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(ssl_.get());
    }
    void ticket() {
        SSL_new_session_ticket(ssl_.get());
        SSL_do_handshake(ssl_.get());
    }
    bool flush() {
        char* data = nullptr;
        const auto size = static_cast<std::size_t>(BIO_get_mem_data(out_, &data));
        boost::system::error_code ec;
        boost::asio::write(socket_, boost::asio::buffer(data, size), ec);
        BIO_reset(out_);
        return !ec;
    }
    /// Until the client has gone.
    void wait_for_the_end() {
        while (receive()) {
        }
    }

private:
    bool receive() {
        std::array<char, 16 * 1024> piece;
        boost::system::error_code ec;
        const std::size_t bytes = socket_.read_some(boost::asio::buffer(piece), ec);
        if (ec) return false;
        BIO_write(in_, piece.data(), static_cast<int>(bytes));
        return true;
    }

    boost::asio::ip::tcp::socket& socket_;
    core::owned<SSL, SSL_free> ssl_;
    BIO* in_;
    BIO* out_;
};

/// An image with this id, as a whole response; `padding` makes it larger.
inline std::string image_answer(const std::string& id, std::size_t padding = 0) {
    const std::string body = R"({"CoordinationId":"c","Images":[{"ImageId":")" + id + R"(","Caption":")" +
                             std::string(padding, 'x') + R"("}]})";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Listens on 127.0.0.1; a thread for each connection, from construction to destruction.
class talkative_peer {
public:
    using behaviour = std::function<void(talkative_connection&)>;

    /// `serve` is called with each connection after its handshake, on several threads.
    talkative_peer(const certificate& shown, behaviour serve)
        : tls_(SSL_CTX_new(TLS_server_method())),
          serve_(std::move(serve)),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        use(shown);
        thread_ = std::thread([this] { accept_all(); });
    }
    ~talkative_peer() {
        stopping_ = true;
        boost::system::error_code ec;
        boost::asio::io_context other;
        boost::asio::ip::tcp::socket last(other);
        last.connect(acceptor_.local_endpoint(), ec);
        thread_.join();
        for (one& each : connections_) each.socket.shutdown(boost::asio::socket_base::shutdown_both, ec);
        for (one& each : connections_) each.thread.join();
    }
    talkative_peer(const talkative_peer&) = delete;
    talkative_peer& operator=(const talkative_peer&) = delete;

    [[nodiscard]] std::string url() const {
        return "https://localhost:" + std::to_string(acceptor_.local_endpoint().port()) + "/api";
    }

private:
    struct one {
        explicit one(boost::asio::io_context& context) : socket(context) {}
        boost::asio::ip::tcp::socket socket;
        std::thread thread;
    };
    void use(const certificate& shown) {
        const auto memory = [](const std::string& text) {
            return core::owned<BIO, BIO_free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
        };
        const core::owned<X509, X509_free> leaf(
            PEM_read_bio_X509(memory(shown.chain_pem).get(), nullptr, nullptr, nullptr));
        const core::owned<EVP_PKEY, EVP_PKEY_free> key(
            PEM_read_bio_PrivateKey(memory(shown.key_pem).get(), nullptr, nullptr, nullptr));
        if (SSL_CTX_use_certificate(tls_.get(), leaf.get()) != 1 ||
            SSL_CTX_use_PrivateKey(tls_.get(), key.get()) != 1) {
            throw std::runtime_error("the peer's certificate");
        }
    }

    void accept_all() {
        for (;;) {
            one& next = connections_.emplace_back(context_);
            boost::system::error_code ec;
            acceptor_.accept(next.socket, ec);
            next.thread = std::thread([this, &next] {
                talkative_connection connection(tls_.get(), next.socket);
                if (!stopping_ && connection.shake_hands()) serve_(connection);
                boost::system::error_code ignored;
                next.socket.shutdown(boost::asio::socket_base::shutdown_both, ignored);
            });
            if (stopping_) return;
        }
    }

    boost::asio::io_context context_;
    core::owned<SSL_CTX, SSL_CTX_free> tls_;
    behaviour serve_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::list<one> connections_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace getty::connect::test
