#include "bench/probes.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <vector>

namespace bench {
namespace {

namespace asio = boost::asio;
using tls_stream = asio::ssl::stream<asio::ip::tcp::socket>;
using streams = std::vector<std::unique_ptr<tls_stream>>;

/// Connects, and asks for one image.
asio::awaitable<void> open(tls_stream& stream, const job& of) {
    const asio::ip::tcp::endpoint to(asio::ip::address_v4::loopback(), of.port);
    co_await stream.next_layer().async_connect(to, asio::use_awaitable);
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    const std::string request =
        "GET /api/images/100000000 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer bench-token\r\n\r\n";
    co_await asio::async_write(stream, asio::buffer(request), asio::use_awaitable);
    // The document ends with the only "}]}" in it.
    std::string answer;
    while (!answer.ends_with("}]}")) {
        std::array<char, 4096> part;
        const std::size_t got = co_await stream.async_read_some(asio::buffer(part), asio::use_awaitable);
        answer.append(part.data(), got);
    }
    if (!answer.starts_with("HTTP/1.1 200 ")) bad_answer("asio::ssl::stream");
}

void open_up_to(std::size_t connections, streams& all, asio::io_context& context, asio::ssl::context& tls,
                const job& of) {
    while (all.size() < connections) {
        all.push_back(std::make_unique<tls_stream>(context, tls));
        asio::co_spawn(context, open(*all.back(), of), rethrow);
    }
    context.restart();
    context.run();
}

}  // namespace

figures measure_idle_asio(const job& of) {
    asio::io_context context(1);
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.add_certificate_authority(asio::buffer(of.ca_pem));
    tls.set_verify_mode(asio::ssl::verify_peer);
    streams all;
    figures found{{"connections", static_cast<double>(of.in_flight - few_connections)}};
    open_up_to(few_connections, all, context, tls, of);
    note_memory(found, "few");
    open_up_to(of.in_flight, all, context, tls, of);
    note_memory(found, "all");
    return found;
}

}  // namespace bench
