#include "bench/contestants.hpp"
#include "bench/dom_image.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

enum class body_is { kept, parsed };

void take(const http::response<http::string_body>& answer, body_is meant) {
    if (answer.result() != http::status::ok || answer.body().empty()) bad_answer("Beast");
    if (meant == body_is::parsed && parse_dom_image(answer.body()).image_id.empty()) bad_answer("Beast");
}

asio::awaitable<void> work(const job& of, asio::ssl::context& tls, meter& counting, body_is meant) {
    asio::ssl::stream<asio::ip::tcp::socket> stream(co_await asio::this_coro::executor, tls);
    const asio::ip::tcp::endpoint to(asio::ip::address_v4::loopback(), of.port);
    co_await stream.next_layer().async_connect(to, asio::use_awaitable);
    stream.next_layer().set_option(asio::ip::tcp::no_delay(true));
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);

    const std::string host = "127.0.0.1:" + std::to_string(of.port);
    boost::beast::flat_buffer buffer;
    std::uint64_t number = 0;
    while (counting.next(number)) {
        const std::string target = "/api/images/" + std::string(id_text(number).view());
        http::request<http::empty_body> request(http::verb::get, target, 11);
        request.set(http::field::host, host);
        request.set(http::field::user_agent, "bench");
        request.set(http::field::authorization, "Bearer bench-token");
        co_await http::async_write(stream, request, asio::use_awaitable);
        http::response<http::string_body> answer;
        co_await http::async_read(stream, buffer, answer, asio::use_awaitable);
        take(answer, meant);
        counting.answered();
    }
}

cost run(const job& of, body_is meant) {
    meter counting(of);
    asio::io_context context(1);
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.add_certificate_authority(asio::buffer(of.ca_pem));
    tls.set_verify_mode(asio::ssl::verify_peer);
    for (std::size_t i = 0; i < of.in_flight; ++i) {
        asio::co_spawn(context, work(of, tls, counting, meant), rethrow);
    }
    context.run();
    return counting.result();
}

}  // namespace

cost run_beast_raw(const job& of) { return run(of, body_is::kept); }
cost run_beast_dom(const job& of) { return run(of, body_is::parsed); }

}  // namespace bench
