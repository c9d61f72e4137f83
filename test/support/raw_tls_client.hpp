// A client that sees every byte: TLS to a sandbox and nothing above it.
#pragma once

#include <getty/connect/sandbox.hpp>

#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace getty::connect::test {

inline boost::asio::ip::tcp::endpoint endpoint_of(const sandbox::server& server) {
    return {boost::asio::ip::make_address("127.0.0.1"), server.port()};
}

/// Blocking; CTest's timeout is the bound.
class raw_client {
public:
    explicit raw_client(const sandbox::server& server) : stream_(context_, tls_) {
        namespace ssl = boost::asio::ssl;
        tls_.add_certificate_authority(boost::asio::buffer(server.ca_pem()));
        tls_.set_verify_mode(ssl::verify_peer);
        stream_.set_verify_callback(ssl::host_name_verification("localhost"));
        stream_.next_layer().connect(endpoint_of(server));
        stream_.handshake(ssl::stream_base::client);
    }

    void send(std::string_view bytes) { boost::asio::write(stream_, boost::asio::buffer(bytes)); }

    /// Everything up to the end, and which end it was: `eof` is a proper close of TLS.
    std::pair<std::string, boost::system::error_code> read_all() {
        boost::system::error_code ec;
        boost::asio::read(stream_, boost::asio::dynamic_buffer(received_), ec);
        return {std::exchange(received_, {}), ec};
    }

    /// Everything up to the end; throws when that is not a proper close of TLS.
    std::string read_to_end() {
        auto [bytes, ec] = read_all();
        if (ec != boost::asio::error::eof) throw std::runtime_error(ec.message());
        return std::move(bytes);
    }

    /// Up to and with the next blank line.
    std::string read_head() { return take(read_until_blank_line()); }

    /// So many bytes.
    std::string read_exactly(std::size_t bytes) {
        if (received_.size() < bytes) {
            boost::asio::read(stream_, boost::asio::dynamic_buffer(received_),
                              boost::asio::transfer_exactly(bytes - received_.size()));
        }
        return take(bytes);
    }

    /// What comes in one piece: of one TLS record at most.
    std::string read_piece() {
        if (!received_.empty()) return std::exchange(received_, {});
        std::array<char, 32 * 1024> room;
        return {room.data(), stream_.read_some(boost::asio::buffer(room))};
    }

    /// One response with a Content-Length.
    std::string read_response() {
        const std::size_t head = read_until_blank_line();
        const std::size_t field = received_.find("\r\nContent-Length: ");
        REQUIRE(field < head);
        return read_exactly(head + std::stoul(received_.substr(field + 18)));
    }

private:
    std::size_t read_until_blank_line() {
        return boost::asio::read_until(stream_, boost::asio::dynamic_buffer(received_), "\r\n\r\n");
    }

    std::string take(std::size_t bytes) {
        std::string taken = received_.substr(0, bytes);
        received_.erase(0, bytes);
        return taken;
    }

    boost::asio::io_context context_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
    std::string received_;
};

inline std::string get(std::string_view target, std::string_view fields = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

/// Waits for what another thread brings about; without sleeping, and not for ever.
template <class Condition>
bool eventually(Condition holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace getty::connect::test
