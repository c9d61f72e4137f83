// A web server whose answers come from the service: one client, shared by all requests.
//
// All connections of the server share the client's pooled connections, its token and its digest state. The
// example asks itself for three images and ends.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace gc = getty::connect;
using asio::ip::tcp;
using boost::beast::error_code;

// One connection to the server. GET /images/ID is answered with the image as the service described it.
asio::awaitable<void> answer_requests(tcp::socket socket, gc::client& images) {
    constexpr std::string_view path = "/images/";
    boost::beast::flat_buffer buffer;
    for (bool open = true; open;) {
        http::request<http::empty_body> request;
        error_code ended;
        co_await http::async_read(socket, buffer, request, asio::redirect_error(asio::use_awaitable, ended));
        if (ended) break;
        http::response<http::string_body> answer(http::status::not_found, request.version());
        answer.keep_alive(request.keep_alive());
        const std::string target(request.target());
        if (target.starts_with(path)) {
            // Any text may come here: an id that cannot name an image is an error value like all others.
            gc::lookup_options raw;
            raw.decode(gc::decode::raw).timeout(std::chrono::seconds(2));
            const gc::result<gc::document> found = co_await images.lookup(target.substr(path.size()), raw);
            if (found) {
                answer.result(http::status::ok);
                answer.set(http::field::content_type, "application/json");
                answer.body() = found->raw;
            } else if (found.error().code() != gc::condition::not_found) {
                answer.result(http::status::bad_gateway);
            }
        }
        answer.prepare_payload();
        open = answer.keep_alive();
        co_await http::async_write(socket, answer, asio::use_awaitable);
    }
}

void rethrow(std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
}

asio::awaitable<void> accept_connections(tcp::acceptor& acceptor, gc::client& images) {
    for (;;) {
        error_code closed;
        tcp::socket socket =
            co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, closed));
        if (closed) break;
        asio::co_spawn(acceptor.get_executor(), answer_requests(std::move(socket), images), rethrow);
    }
}

// What a browser would do, then the end of the server.
asio::awaitable<void> ask(tcp::acceptor& acceptor, gc::client& images, int& found) {
    tcp::socket socket(acceptor.get_executor());
    co_await socket.async_connect(acceptor.local_endpoint(), asio::use_awaitable);
    boost::beast::flat_buffer buffer;
    for (const char* target : {"/images/83454800", "/images/200261415-001", "/images/1404", "/favicon.ico"}) {
        const http::request<http::empty_body> request(http::verb::get, target, 11);
        co_await http::async_write(socket, request, asio::use_awaitable);
        http::response<http::string_body> answer;
        co_await http::async_read(socket, buffer, answer, asio::use_awaitable);
        std::cout << target << ": " << answer.result_int() << ", " << answer.body().size() << " bytes\n";
        found += answer.result() == http::status::ok;
    }
    acceptor.close();
    co_await images.close();
}

int main() {
    const gc::sandbox::background_server service;
    asio::io_context context;
    gc::client images(context.get_executor(), gc::client_options()
                                                  .base_url(service->base_url())
                                                  .ca_pem(service->ca_pem())
                                                  .credentials("sandbox-key", gc::secret("sandbox-secret")));
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    int found = 0;
    asio::co_spawn(context, accept_connections(acceptor, images), rethrow);
    asio::co_spawn(context, ask(acceptor, images, found), rethrow);
    context.run();
    return found == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
