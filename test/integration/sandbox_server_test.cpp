// The sandbox as a server: framing, limits, life and death, asked over a raw TLS stream.
#include "support/raw_tls_client.hpp"

#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::auth;
using sandbox::options;
using test::endpoint_of;
using test::eventually;
using test::get;
using test::raw_client;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

options open_to_all() { return options().scheme(auth::none); }

}  // namespace

TEST_CASE("sandbox server: pipelined requests are answered in order, with and without latency") {
    for (const auto latency : {0ms, 1ms}) {
        const sandbox::background_server server(open_to_all().latency(latency));
        raw_client client(*server);
        std::string all;
        for (int i = 0; i < 50; ++i) {
            // every third is unknown: short and long answers mix
            const std::string id = std::to_string(1000 + i) + (i % 3 == 0 ? "404" : "");
            all += get("/api/images/" + id + "?coordination_id=c" + std::to_string(i) + "_");
        }
        client.send(all);
        for (int i = 0; i < 50; ++i) {
            const std::string response = client.read_response();
            if (i % 3 == 0) {
                CHECK(response.starts_with("HTTP/1.1 404 "));
            } else {
                CHECK(response.starts_with("HTTP/1.1 200 "));
                CHECK(response.find("\"CoordinationId\":\"c" + std::to_string(i) + "_\"") != response.npos);
            }
        }
        CHECK(server->snapshot().requests == 50);
        CHECK(server->snapshot().connections == 1);
        CHECK(eventually([&] { return server->snapshot().in_flight == 0; }));
    }
}

TEST_CASE("sandbox server: a request may come byte by byte") {
    const sandbox::background_server server(open_to_all());
    raw_client client(*server);
    for (const char byte : get("/api/images/1")) client.send({&byte, 1});
    CHECK(client.read_response().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("sandbox server: it closes when asked to, and after HTTP/1.0") {
    const sandbox::background_server server(open_to_all());
    for (const std::string& request :
         {get("/api/images/1", "Connection: close\r\n"), std::string("GET /api/images/1 HTTP/1.0\r\n\r\n")}) {
        raw_client client(*server);
        client.send(request + get("/api/images/2"));
        const std::string all = client.read_to_end();
        CHECK(all.starts_with("HTTP/1.1 200 OK\r\n"));
        CHECK(all.find("\r\nConnection: close\r\n") != all.npos);
        CHECK(all.find("HTTP/1.1", 1) == all.npos);
    }
    CHECK(server->requests_for("2") == 0);
}

TEST_CASE("sandbox server: what is not HTTP, ambiguous or too large is refused and the connection closed") {
    const sandbox::background_server server(open_to_all().max_header_bytes(1024).max_body_bytes(100));
    const std::string post = "POST /api/token HTTP/1.1\r\nHost: x\r\n";
    const std::pair<std::string, std::string> cases[] = {
        {"\r\n\r\nnonsense\r\n\r\n", "400"},
        {"GET /api/images/1\r\n\r\n", "400"},
        {"GET /api/images/1 HTTP/2.0\r\nHost: x\r\n\r\n", "400"},
        {"GET  /api/images/1 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        {"GET /api/images/1 HTTP/1.1\r\n\r\n", "400"},
        {"GET /api/images/1 HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "400"},
        {"GET /api/images/1 HTTP/1.1\r\nHost : x\r\n\r\n", "400"},
        {"GET /api/images/1 HTTP/1.1\r\nHost: x\r\nX: a\001b\r\n\r\n", "400"},
        {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400"},
        {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400"},
        {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        {post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", "400"},
        {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
        {post + "Content-Length: -1\r\n\r\n", "400"},
        {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
        {post + "Content-Length: 101\r\n\r\n", "413"},
        {post + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n", "413"},
        {get("/api/images/1", "X: " + std::string(1024, 'x') + "\r\n"), "431"},
        {"GET /" + std::string(1100, 'x'), "431"},
    };
    std::uint64_t refused = 0;
    for (const auto& [bytes, status] : cases) {
        CAPTURE(bytes);
        raw_client client(*server);
        client.send(bytes);
        const std::string all = client.read_to_end();
        CHECK(all.starts_with("HTTP/1.1 " + status + " "));
        CHECK(all.find("\r\nConnection: close\r\n") != all.npos);
        CHECK(all.find("HTTP/1.1", 1) == all.npos);
        CHECK(server->snapshot().protocol_errors == ++refused);
    }
    CHECK(server->snapshot().requests == 0);
}

TEST_CASE("sandbox server: bodies up to the limit are read, by length and in chunks") {
    const sandbox::background_server server(open_to_all().max_body_bytes(100));
    raw_client client(*server);
    const std::string post =
        "POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    const std::string form =
        "application_key=sandbox-key&application_secret=sandbox-secret&pad=" + std::string(34, 'x');
    REQUIRE(form.size() == 100);
    client.send(post + "Content-Length: 100\r\n\r\n" + form);
    CHECK(client.read_response().starts_with("HTTP/1.1 200 "));
    client.send(post + "Transfer-Encoding: Chunked\r\n\r\n1\r\n" + form.substr(0, 1) + "\r\n63;ext=1\r\n" +
                form.substr(1) + "\r\n0\r\nTrailer: x\r\n\r\n" + get("/api/images/1"));
    CHECK(client.read_response().starts_with("HTTP/1.1 200 "));
    CHECK(client.read_response().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("sandbox server: a client that waits for 100 Continue gets it before the body") {
    const sandbox::background_server server(open_to_all());
    raw_client client(*server);
    client.send(
        "POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-Continue\r\n"
        "Content-Length: 2\r\n\r\n");
    CHECK(client.read_head() == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("{}");
    CHECK(client.read_response().starts_with("HTTP/1.1 400 "));
    // a body that is here already needs no leave
    client.send(
        "POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\n{}");
    CHECK(client.read_response().starts_with("HTTP/1.1 400 "));
}

TEST_CASE("sandbox server: an idle connection and a stalled handshake are closed") {
    const sandbox::background_server server(open_to_all().idle_timeout(20ms));
    raw_client idle(*server);
    CHECK_THROWS(idle.read_to_end());  // no close_notify: it is simply gone
    raw_client half(*server);
    half.send("GET /api/ima");
    CHECK_THROWS(half.read_to_end());

    asio::io_context context;
    tcp::socket silent(context);
    silent.connect(endpoint_of(*server));
    char byte = 0;
    boost::system::error_code ec;
    silent.read_some(asio::buffer(&byte, 1), ec);
    CHECK(ec == asio::error::eof);
    CHECK(eventually([&] { return server->snapshot().open_connections == 0; }));
}

TEST_CASE("sandbox server: connections beyond the limit wait for their turn") {
    const sandbox::background_server server(open_to_all().max_connections(2));
    auto first = std::make_unique<raw_client>(*server);
    raw_client second(*server);
    std::thread third([&] {
        raw_client client(*server);
        client.send(get("/api/images/3", "Connection: close\r\n"));
        CHECK(client.read_to_end().starts_with("HTTP/1.1 200 "));
    });
    second.send(get("/api/images/2"));
    CHECK(second.read_response().starts_with("HTTP/1.1 200 "));
    CHECK(server->snapshot().connections == 2);
    first.reset();
    third.join();
    CHECK(server->snapshot().connections == 3);
    CHECK(server->snapshot().max_open_connections == 2);
}

TEST_CASE("sandbox server: latency holds back answers of the API and not of the admin pages") {
    const sandbox::background_server server(open_to_all().latency(30ms));
    raw_client client(*server);
    const auto start = std::chrono::steady_clock::now();
    client.send(get("/api/images/1"));
    (void)client.read_response();
    CHECK(std::chrono::steady_clock::now() - start >= 30ms);

    const sandbox::background_server slow(open_to_all().latency(10min));
    raw_client other(*slow);
    other.send(get("/admin/counters"));
    CHECK(other.read_response().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("sandbox server: it stops at once while answers are held back and connections idle") {
    const auto server = std::make_unique<sandbox::background_server>(open_to_all().latency(10min));
    raw_client waiting(**server);
    raw_client idle(**server);
    waiting.send(get("/api/images/1"));
    CHECK(eventually([&] { return (*server)->snapshot().in_flight == 1; }));
    CHECK((*server)->snapshot().open_connections == 2);
}

TEST_CASE("sandbox server: after stop nothing is left, and stopping again is fine") {
    asio::io_context context;
    sandbox::server server(context.get_executor(), open_to_all().latency(10min));
    const sandbox::server& same = server;
    std::thread client([&] {
        raw_client one(same);
        one.send(get("/api/images/1"));
        CHECK_THROWS(one.read_to_end());
    });
    while (server.snapshot().in_flight == 0) context.run_one();
    int stopped = 0;
    const auto count = [&](const std::exception_ptr& failed) { stopped += failed ? 100 : 1; };
    asio::co_spawn(context, server.stop(), count);
    asio::co_spawn(context, server.stop(), count);
    context.run();  // returns: no work is left
    CHECK(stopped == 2);
    client.join();
    CHECK(server.snapshot().open_connections == 0);
    CHECK(server.snapshot().in_flight == 0);
    context.restart();
    asio::co_spawn(context, server.stop(), count);
    context.run();
    CHECK(stopped == 3);
    asio::io_context elsewhere;
    tcp::socket refused(elsewhere);
    boost::system::error_code ec;
    refused.connect(endpoint_of(server), ec);
    CHECK(ec == asio::error::connection_refused);
}

TEST_CASE("sandbox server: letting go of it ends it, a move takes it along") {
    asio::io_context context;
    {
        sandbox::server first(context.get_executor(), open_to_all());
        const std::uint16_t port = first.port();
        sandbox::server second(std::move(first));
        CHECK(second.port() == port);
        sandbox::server third(context.get_executor(), open_to_all());
        third = std::move(second);
        CHECK(third.port() == port);
    }
    context.run();  // returns: no work is left
}

TEST_CASE("sandbox server: the context may be destroyed after any number of steps") {
    for (int steps = 0; steps < 60; ++steps) {
        CAPTURE(steps);
        // outlives the context, as a kernel buffer would: the peer's side of the connection
        asio::io_context elsewhere;
        tcp::socket peer(elsewhere);
        {
            asio::io_context context;
            sandbox::server server(context.get_executor(), open_to_all());
            peer.connect(endpoint_of(server));
            // the start of a ClientHello: the handshake begins and waits
            asio::write(peer, asio::buffer("\x16\x03\x01\x02\x00\x01", 6));
            if (steps % 2 == 1) asio::co_spawn(context, server.stop(), [](const std::exception_ptr&) {});
            for (int i = 0; i < steps; ++i) context.poll_one();
        }
        const timeval limit{5, 0};
        REQUIRE(::setsockopt(peer.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
        char byte = 0;
        const ssize_t got = ::recv(peer.native_handle(), &byte, 1, 0);
        CHECK((got == 0 || (got == -1 && errno == ECONNRESET)));  // its socket is gone
    }
}

TEST_CASE("sandbox server: an executor with several threads is as good as one") {
    asio::thread_pool pool(3);
    {
        const sandbox::server server(pool.get_executor(), open_to_all());
        std::vector<std::thread> clients;
        for (int c = 0; c < 8; ++c) {
            clients.emplace_back([&, c] {
                raw_client client(server);
                for (int i = 0; i < 50; ++i) {
                    const std::string mark = "\"c" + std::to_string(c) + "i" + std::to_string(i) + "\"";
                    client.send(get("/api/images/" + std::to_string(c) +
                                    "?coordination_id=" + mark.substr(1, mark.size() - 2)));
                    const std::string response = client.read_response();
                    if (response.find(mark) == response.npos)
                        throw std::logic_error("another request's answer");
                    (void)server.snapshot();
                }
            });
        }
        for (std::thread& client : clients) client.join();
        CHECK(server.snapshot().images == 400);
        CHECK(server.requests_for("3") == 50);
        CHECK(server.snapshot().max_in_flight <= 8);
    }
    pool.join();
}

TEST_CASE("sandbox server: 64 connections at once get each its own images") {
    const sandbox::background_server server(open_to_all());
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 64; ++i) clients.push_back(std::make_unique<raw_client>(*server));
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 64; ++i)
            clients[static_cast<std::size_t>(i)]->send(get("/api/images/" + std::to_string(1000 + i)));
        for (int i = 0; i < 64; ++i) {
            const std::string response = clients[static_cast<std::size_t>(i)]->read_response();
            CHECK(response.find("\"ImageId\":\"" + std::to_string(1000 + i) + "\"") != response.npos);
        }
    }
    CHECK(server->snapshot().open_connections == 64);
    CHECK(server->snapshot().images == 320);
}

TEST_CASE("sandbox server: settings that cannot work and a taken port say so, with the mend") {
    const sandbox::background_server server(open_to_all());
    try {
        const sandbox::background_server second(open_to_all().port(server->port()));
        FAIL("two servers on one port");
    } catch (const failure& f) {
        CHECK(f.code() == errc::invalid_option);
        CHECK(f.error().message() ==
              "cannot listen on 127.0.0.1 port " + std::to_string(server->port()) +
                  " (Address already in use); choose another address or port, or port 0 for any "
                  "free one");
    }
    CHECK_THROWS_AS(sandbox::background_server(options().address("0.0.0.0")), const failure&);
    CHECK_THROWS_AS(sandbox::background_server(options().catalogue_file("/nonexistent")), const failure&);
}

TEST_CASE("sandbox server: it listens on IPv6 too") {
    try {
        const sandbox::background_server server(open_to_all().address("::1"));
        CHECK(server->base_url() == "https://localhost:" + std::to_string(server->port()) + "/api");
        asio::io_context context;
        tcp::socket socket(context);
        CHECK_NOTHROW(socket.connect({asio::ip::make_address("::1"), server->port()}));
    } catch (const failure& f) {
        MESSAGE("skipped, this machine has no IPv6: " << f.what());
    }
    const sandbox::background_server any(open_to_all().address("0.0.0.0").allow_remote_clients());
    CHECK(any->base_url() == "https://0.0.0.0:" + std::to_string(any->port()) + "/api");
}
