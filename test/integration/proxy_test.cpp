// P17, P20: the client through an HTTP proxy: tinyproxy, and one that gives the answers that tinyproxy does
// not.
#include "support/foreign/tinyproxy.hpp"
#include "support/gate/fault_gate.hpp"
#include "support/tls_peer.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Listens on 127.0.0.1, takes one connection, reads a header, answers with these bytes and, when told so,
/// keeps the connection until the other side leaves.
class canned_proxy {
public:
    enum class afterwards { close, hold };

    canned_proxy(std::string answer, afterwards then)
        : answer_(std::move(answer)),
          then_(then),
          acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
          thread_([this] { serve(); }) {}
    ~canned_proxy() {
        boost::system::error_code ec;
        asio::ip::tcp::socket last(other_);
        last.connect(acceptor_.local_endpoint(), ec);
        last.close(ec);
        thread_.join();
    }
    canned_proxy(const canned_proxy&) = delete;
    canned_proxy& operator=(const canned_proxy&) = delete;

    [[nodiscard]] std::string address() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    /// All that the proxy was sent. Once the client has what it waited for.
    [[nodiscard]] std::string request() { return request_.get_future().get(); }

private:
    void serve() {
        boost::system::error_code ec;
        asio::ip::tcp::socket s(context_);
        acceptor_.accept(s, ec);
        std::string head;
        asio::read_until(s, asio::dynamic_buffer(head), "\r\n\r\n", ec);
        request_.set_value(head);
        asio::write(s, asio::buffer(answer_), ec);
        char rest[1024];
        while (then_ == afterwards::hold && !ec) s.read_some(asio::buffer(rest), ec);
    }

    std::string answer_;
    afterwards then_;
    asio::io_context context_, other_;
    asio::ip::tcp::acceptor acceptor_;
    std::promise<std::string> request_;
    std::thread thread_;
};

struct answer {
    std::optional<result<image>> got;
    client_stats stats;
};

answer ask(client_options options, const std::string& id = "83454800") {
    asio::io_context context;
    client c(context.get_executor(), std::move(options.threading(threading::single_thread)));
    answer a;
    const auto work = [&]() -> asio::awaitable<void> {
        result<image> got = co_await c.get(id);
        a.got = std::move(got);
        a.stats = c.stats();
        co_await c.close();
    };
    asio::co_spawn(context, work(), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    context.run();
    return a;
}

client_options options_for(const sandbox::server& server) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem()).max_attempts(1);
    return options.credentials("sandbox-key", secret("sandbox-secret"));
}

client_options options_for(const tls_peer& peer, const test_ca& authority) {
    client_options options;
    options.base_url(peer.url("localhost")).ca_pem(authority.pem()).max_attempts(1);
    return options.token(secret("a-token")).auth(auth_scheme::bearer);
}

bool can_tunnel() { return can_run(tinyproxy::available(), "tinyproxy"); }

/// The error of a lookup through a proxy that gives this answer.
error error_behind(std::string reply, canned_proxy::afterwards then = canned_proxy::afterwards::hold) {
    const test_ca authority;
    const certificate c = authority.issue();
    const tls_peer origin(c.chain_pem, c.key_pem);
    canned_proxy proxy(std::move(reply), then);
    const answer a = ask(options_for(origin, authority)
                             .proxy(proxy.address())
                             .proxy_credentials("proxy-user", secret("hunter2!pw"))
                             .connect_timeout(2s));
    CHECK(origin.connections() == 0);
    REQUIRE(a.got);
    REQUIRE_FALSE(a.got->has_value());
    CHECK(a.got->error().stage() == stage::connect);
    const std::string where = "the proxy " + proxy.address().substr(7) + " ";
    CAPTURE(a.got->error().describe());
    CHECK(a.got->error().describe().find(where) != std::string::npos);
    return a.got->error();
}

bool says(const error& e, std::string_view part) { return e.describe().find(part) != std::string::npos; }

}  // namespace

TEST_CASE("P17: tinyproxy tunnels every connection, the token's and the lookups'") {
    if (!can_tunnel()) return;
    sandbox::background_server origin;
    const tinyproxy proxy;
    const fault_gate counted(proxy.port());
    const answer a = ask(options_for(*origin).proxy("http://localhost:" + std::to_string(counted.port())));
    CAPTURE(proxy.logs());
    REQUIRE(a.got);
    CHECK(a.got->has_value());
    CHECK(counted.snapshot().accepted == a.stats.connections_opened);
    CHECK(origin->snapshot().connections == a.stats.connections_opened);
    CHECK(proxy.logs().find("CONNECT localhost:" + std::to_string(origin->port())) != std::string::npos);
}

TEST_CASE("P17: the answer of the proxy may come byte by byte") {
    if (!can_tunnel()) return;
    sandbox::background_server origin;
    const tinyproxy proxy;
    const fault_gate slicing(proxy.port(), [](std::size_t) {
        fault f;
        f.to_client.slice_bytes = 1;
        f.to_origin.slice_bytes = 1;
        return f;
    });
    const answer a = ask(options_for(*origin).proxy("http://127.0.0.1:" + std::to_string(slicing.port())));
    REQUIRE(a.got);
    CHECK(a.got->has_value());
}

TEST_CASE("P20: interim answers of the proxy, whole or byte by byte, do not keep the tunnel from opening") {
    if (!can_tunnel()) return;
    for (const std::size_t slice : {std::size_t{1}, std::size_t{64 * 1024}}) {
        sandbox::background_server origin;
        const tinyproxy proxy;
        const fault_gate talking(proxy.port(), [slice](std::size_t) {
            fault f;
            f.to_client.slice_bytes = slice;
            f.to_client.surplus_at = 0;
            f.to_client.surplus =
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
            return f;
        });
        const answer a =
            ask(options_for(*origin).proxy("http://127.0.0.1:" + std::to_string(talking.port())));
        REQUIRE(a.got);
        CHECK_MESSAGE(a.got->has_value(), a.got->error().describe());
    }
    const error switched = error_behind("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    CHECK(switched.value() == errc::proxy_refused);
    CHECK(says(switched, "answered 101 Switching Protocols"));
}

TEST_CASE(
    "P17: tinyproxy with an account: the right one passes, a wrong one and none are told apart from the "
    "service's") {
    if (!can_tunnel()) return;
    sandbox::background_server origin;
    const tinyproxy proxy(tinyproxy_options().account("me", "hunter2"));
    const answer good =
        ask(options_for(*origin).proxy(proxy.address()).proxy_credentials("me", secret("hunter2")));
    REQUIRE(good.got);
    CHECK(good.got->has_value());

    for (const bool with_wrong : {false, true}) {
        client_options options = options_for(*origin).proxy(proxy.address()).max_attempts(4);
        if (with_wrong) options.proxy_credentials("me", secret("hunter3"));
        const answer bad = ask(std::move(options));
        REQUIRE_FALSE(bad.got->has_value());
        const error& why = bad.got->error();
        CAPTURE(why.describe());
        CHECK(why.value() == errc::proxy_refused);
        CHECK(says(why, with_wrong ? "answered 401" : "answered 407"));
        CHECK_FALSE(says(why, "hunter"));
        CHECK(bad.stats.connections_failed == 1);  // the same answer would come again
    }
}

TEST_CASE(
    "P17: tinyproxy that opens no tunnel to this port is a clear error, and nothing is sent to the origin") {
    if (!can_tunnel()) return;
    sandbox::background_server origin;
    const tinyproxy proxy(tinyproxy_options().connect_port(443));
    const answer a = ask(options_for(*origin).proxy(proxy.address()));
    REQUIRE_FALSE(a.got->has_value());
    CAPTURE(a.got->error().describe());
    CHECK(a.got->error().value() == errc::proxy_refused);
    CHECK(says(a.got->error(), "answered 403"));
    CHECK(origin->snapshot().connections == 0);
}

TEST_CASE("P17: what tinyproxy never answers: 407 with its scheme, 2000, an early end, garbage, silence") {
    const error asks = error_behind("HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=\"p\"\r\n\r\n");
    CHECK(asks.value() == errc::proxy_refused);
    CHECK(says(asks, "answered 407 No, asking for Digest realm=\"p\""));

    const error odd = error_behind("HTTP/1.1 2000 OK\r\n\r\n");
    CHECK(odd.value() == errc::proxy_refused);
    CHECK(says(odd, "did not answer with an HTTP/1 status line"));

    const error eof = error_behind("HTTP/1.1 200 OK\r\n", canned_proxy::afterwards::close);
    CHECK(eof.value() == errc::connect_failed);
    CHECK(says(eof, "in the middle of its answer"));

    const error none = error_behind("", canned_proxy::afterwards::close);
    CHECK(none.value() == errc::connect_failed);
    CHECK(says(none, "without an answer"));

    const error early = error_behind("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}");
    CHECK(early.value() == errc::proxy_refused);
    CHECK(says(early, "sent more than its answer"));

    const error busy = error_behind("HTTP/1.1 503 Later\r\n\r\n");
    CHECK(busy.value() == errc::connect_failed);
    CHECK(says(busy, "answered 503 Later"));
}

TEST_CASE("P17: a proxy that quotes its credentials does not bring them into an error") {
    // python3: base64.b64encode(b"proxy-user:hunter2!pw")
    const error quotes = error_behind("HTTP/1.1 407 Not cHJveHktdXNlcjpodW50ZXIyIXB3 nor hunter2!pw\r\n\r\n");
    CHECK(quotes.value() == errc::proxy_refused);
    CHECK(says(quotes, "answered 407 Not [hidden] nor [hidden]"));
}

TEST_CASE("P17: a proxy that never answers costs the time to connect, no more") {
    const test_ca authority;
    const certificate c = authority.issue();
    const tls_peer origin(c.chain_pem, c.key_pem);
    const canned_proxy silent("", canned_proxy::afterwards::hold);
    const auto began = std::chrono::steady_clock::now();
    const answer a = ask(options_for(origin, authority).proxy(silent.address()).connect_timeout(200ms));
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    REQUIRE_FALSE(a.got->has_value());
    CHECK(a.got->error().value() == errc::connect_timeout);
    CHECK(a.got->error().stage() == stage::connect);
}

TEST_CASE("P17: the proxy is shown the way and its own credentials, the origin sees nothing of them") {
    const test_ca authority;
    const certificate c = authority.issue();
    tls_peer origin(c.chain_pem, c.key_pem);
    const std::string host = origin.url("localhost").substr(8, origin.url("localhost").find("/api") - 8);
    {
        canned_proxy proxy("HTTP/1.1 403 no\r\n\r\n", canned_proxy::afterwards::close);
        ask(options_for(origin, authority)
                .proxy(proxy.address())
                .proxy_credentials("Aladdin", secret("open sesame")));
        CHECK(proxy.request() == "CONNECT " + host + " HTTP/1.1\r\nHost: " + host +
                                     "\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    }
    if (!can_tunnel()) return;
    const tinyproxy proxy(tinyproxy_options().account("me", "hunter2"));
    const answer a =
        ask(options_for(origin, authority).proxy(proxy.address()).proxy_credentials("me", secret("hunter2")));
    CHECK(a.got->has_value());
    CHECK(origin.last_request().find("GET /api/images/83454800 ") == 0);
    CHECK(origin.last_request().find("roxy") == std::string::npos);
    CHECK(origin.server_name() == "localhost");
}

TEST_CASE("P17: the proxy resolves the origin's name, the client only the proxy's") {
    if (!can_tunnel()) return;
    sandbox::background_server origin;
    const tinyproxy proxy;
    std::vector<std::string> asked;
    const answer a = ask(options_for(*origin)
                             .proxy("http://proxy.test:" + std::to_string(proxy.port()))
                             .resolver([&](const std::string& host) {
                                 asked.push_back(host);
                                 return std::vector{asio::ip::make_address("127.0.0.1")};
                             }));
    CHECK(a.got->has_value());
    CHECK(asked == std::vector<std::string>{"proxy.test"});
}

TEST_CASE("P17: hosts of no_proxy are reached directly, others fail where nobody listens") {
    sandbox::background_server origin;
    std::uint16_t closed_port = 0;
    {
        asio::io_context context;
        const asio::ip::tcp::acceptor gone(context, {asio::ip::address_v4::loopback(), 0});
        closed_port = gone.local_endpoint().port();
    }
    const std::string dead = "http://127.0.0.1:" + std::to_string(closed_port);
    const answer direct = ask(options_for(*origin).proxy(dead).no_proxy("example.com,localhost"));
    CHECK(direct.got->has_value());
    const answer lost = ask(options_for(*origin).proxy(dead).no_proxy("example.com"));
    REQUIRE_FALSE(lost.got->has_value());
    CHECK(lost.got->error().value() == errc::connect_failed);
    CHECK(origin->snapshot().connections == direct.stats.connections_opened);
}

TEST_CASE("P17: a certificate is verified through the tunnel as well") {
    if (!can_tunnel()) return;
    sandbox::background_server origin;
    sandbox::background_server other;
    const tinyproxy proxy;
    const answer a = ask(options_for(*origin).ca_pem(other->ca_pem()).proxy(proxy.address()));
    REQUIRE_FALSE(a.got->has_value());
    CHECK(a.got->error().value() == errc::certificate_rejected);
}
