// A TLS server of one certificate that answers lookups and remembers what it was shown.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/x509.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace getty::connect::test {

/// Listens on 127.0.0.1; one connection at a time, one request on each. Runs a thread of its own from
/// construction to destruction.
class tls_peer {
public:
    /// `set_up` may change the context before the first connection.
    tls_peer(const std::string& chain_pem, const std::string& key_pem,
             const std::function<void(SSL_CTX*)>& set_up = nullptr)
        : tls_(boost::asio::ssl::context::tls_server),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        tls_.use_certificate_chain(boost::asio::buffer(chain_pem));
        tls_.use_private_key(boost::asio::buffer(key_pem), boost::asio::ssl::context::pem);
        SSL_CTX* native = tls_.native_handle();
        SSL_CTX_set_tlsext_servername_arg(native, this);
        SSL_CTX_set_tlsext_servername_callback(native, &tls_peer::on_client_hello);
        if (set_up) set_up(native);
        thread_ = std::thread([this] { serve(); });
    }
    ~tls_peer() {
        stopping_ = true;
        boost::system::error_code ec;
        boost::asio::io_context other;
        boost::asio::ip::tcp::socket last(other);
        last.connect(acceptor_.local_endpoint(), ec);
        last.close(ec);
        thread_.join();
    }
    tls_peer(const tls_peer&) = delete;
    tls_peer& operator=(const tls_peer&) = delete;

    [[nodiscard]] std::string url(std::string_view host) const {
        return "https://" + std::string(host) + ":" + std::to_string(acceptor_.local_endpoint().port()) +
               "/api";
    }

    [[nodiscard]] int connections() const noexcept { return connections_; }
    /// Connections on which a byte of content arrived.
    [[nodiscard]] int requests() const noexcept { return requests_; }
    /// Of the last connection; empty: none was sent.
    [[nodiscard]] std::string server_name() const {
        const std::lock_guard hold(lock_);
        return server_name_;
    }
    /// The header of the last request.
    [[nodiscard]] std::string last_request() const {
        const std::lock_guard hold(lock_);
        return last_request_;
    }
    [[nodiscard]] std::string client_subject() const {
        const std::lock_guard hold(lock_);
        return client_subject_;
    }

private:
    using stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

    static int on_client_hello(SSL* ssl, int*, void* self) {
        const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        auto* peer = static_cast<tls_peer*>(self);
        const std::lock_guard hold(peer->lock_);
        peer->server_name_ = name ? name : "";
        return SSL_TLSEXT_ERR_OK;
    }

    void serve() {
        for (;;) {
            boost::system::error_code ec;
            stream s(context_, tls_);
            acceptor_.accept(s.next_layer(), ec);
            if (stopping_) return;
            ++connections_;
            answer(s);
        }
    }

    void answer(stream& s) {
        boost::system::error_code ec;
        s.handshake(boost::asio::ssl::stream_base::server, ec);
        if (ec) return;
        remember_client(s);
        std::string head;
        boost::asio::read_until(s, boost::asio::dynamic_buffer(head), "\r\n\r\n", ec);
        if (!head.empty()) ++requests_;
        {
            const std::lock_guard hold(lock_);
            last_request_ = head;
        }
        if (ec) return;
        const std::string_view target = std::string_view(head).substr(0, head.find(" HTTP/"));
        const std::string id(target.substr(target.rfind('/') + 1));
        const std::string body = R"({"CoordinationId":"c","Images":[{"ImageId":")" + id + R"("}]})";
        const std::string answer =
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
            "Content-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body;
        boost::asio::write(s, boost::asio::buffer(answer), ec);
        s.shutdown(ec);
    }

    void remember_client(stream& s) {
        X509* shown = SSL_get1_peer_certificate(s.native_handle());
        char subject[256] = "";
        if (shown) X509_NAME_oneline(X509_get_subject_name(shown), subject, sizeof subject);
        X509_free(shown);
        const std::lock_guard hold(lock_);
        client_subject_ = subject;
    }

    boost::asio::io_context context_;
    boost::asio::ssl::context tls_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0}, requests_{0};
    mutable std::mutex lock_;
    std::string server_name_, client_subject_, last_request_;
    std::thread thread_;
};

}  // namespace getty::connect::test
