// The client against servers that were not written here.
#include "support/foreign/apache.hpp"
#include "support/foreign/http_auth.hpp"
#include "support/foreign/mhd.hpp"
#include "support/foreign/nginx.hpp"

#include <getty/connect.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int image_count = 200;

std::string id_of(int n) { return std::to_string(83'454'800 + n); }

void put_images(foreign_server& server) {
    for (int i = 0; i < image_count; ++i) {
        server.put_image(id_of(i), R"({"CoordinationId":"c","Images":[{"ImageId":")" + id_of(i) +
                                       R"(","Title":"No. )" + std::to_string(i) + R"("}]})");
    }
}

struct totals {
    int good = 0;
    int bad = 0;
    std::string first_error;
    client_stats stats;
};

/// Fetches all images `rounds` times.
totals fetch_all(client_options options, int rounds, std::chrono::milliseconds pace = 0ms,
                 std::size_t at_a_time = 16) {
    asio::io_context context;
    client c(context.get_executor(), std::move(options));
    totals t;
    const auto work = [&]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        for (int round = 0; round < rounds; ++round) {
            int next = 0;
            auto ids = [&]() -> std::optional<std::string> {
                if (next == image_count) return std::nullopt;
                return id_of(next++);
            };
            auto stream = c.fetch(ids, fetch_options().max_in_flight(at_a_time));
            for (;;) {
                std::optional<outcome> o = stream.try_next();
                if (!o) o = co_await stream.next();
                if (!o) break;
                const bool good = o->value && o->value->image.image_id() == o->id;
                ++(good ? t.good : t.bad);
                if (!good && t.first_error.empty())
                    t.first_error = o->value ? "wrong image" : o->value.error().describe();
            }
            if (pace > 0ms) {
                asio::steady_timer timer(executor, pace);
                co_await timer.async_wait(asio::use_awaitable);
            }
        }
        co_await c.close();
    };
    asio::co_spawn(context, work(), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    context.run();
    t.stats = c.stats();
    return t;
}

client_options options_for(const foreign_server& server) {
    client_options options;
    options.base_url(server.url("/api")).ca_file(server.ca_file());
    options.credentials("key", secret("unused")).token(secret("token"));
    return options;
}

client_options piped(const foreign_server& server) {
    return options_for(server).max_connections(2).pipeline_depth(8).threading(threading::single_thread);
}

}  // namespace

TEST_CASE("S5: nginx as TLS origin: every image, connections reused") {
    if (!can_run(nginx_origin::available(), "nginx")) return;
    nginx_origin server;
    put_images(server);
    for (const auth_scheme scheme : {auth_scheme::bearer, auth_scheme::digest}) {
        const totals t = fetch_all(options_for(server).auth(scheme), 5);
        INFO(t.first_error, server.logs());
        CHECK(t.good == 5 * image_count);
        CHECK(t.bad == 0);
        CHECK(t.stats.connections_opened <= 16);
    }
}

TEST_CASE("S5: nginx that closes each connection after 10 requests, or after each: no id is lost") {
    if (!can_run(nginx_origin::available(), "nginx")) return;
    for (const unsigned requests : {1U, 10U}) {
        nginx_origin server(nginx_options().keepalive_requests(requests));
        put_images(server);
        const totals t = fetch_all(options_for(server).auth(auth_scheme::bearer), 2);
        INFO(t.first_error, server.logs());
        CHECK(t.good == 2 * image_count);
        CHECK(t.stats.connections_opened >= 2 * image_count / requests);
    }
}

TEST_CASE("P18: nginx answers pipelined requests in order, and its close after so many costs no id") {
    if (!can_run(nginx_origin::available(), "nginx")) return;
    for (const unsigned requests : {1'000'000U, 50U, 1U}) {
        CAPTURE(requests);
        nginx_origin server(nginx_options().keepalive_requests(requests));
        put_images(server);
        const totals t = fetch_all(piped(server).auth(auth_scheme::bearer), 5);
        INFO(t.first_error, server.logs());
        CHECK(t.good == 5 * image_count);
        CHECK(t.stats.pipelining_stopped == 0);
        if (requests > 1) CHECK(t.stats.requests_pipelined > 300);
        if (requests == 1) CHECK(t.stats.requests_pipelined == 0);
        CHECK(t.stats.retries == 0);
    }
}

TEST_CASE("P18: Apache answers pipelined requests in order, with Digest") {
    if (!can_run(apache_origin::available(), "apache2")) return;
    apache_origin server;
    put_images(server);
    const totals t = fetch_all(piped(server), 5);
    INFO(t.first_error, server.logs());
    CHECK(t.good == 5 * image_count);
    CHECK(t.stats.pipelining_stopped == 0);
    CHECK(t.stats.requests_pipelined > 300);
}

TEST_CASE("S5: nginx with TLS 1.2 only resumes sessions as well") {
    if (!can_run(nginx_origin::available(), "nginx")) return;
    nginx_origin server(nginx_options().protocols("TLSv1.2").keepalive_requests(5));
    put_images(server);
    const totals t = fetch_all(options_for(server).auth(auth_scheme::bearer).max_dials(1), 1);
    INFO(t.first_error, server.logs());
    CHECK(t.good == image_count);
    CHECK(t.stats.connections_resumed > 0);
}

TEST_CASE("S5: Apache's mod_auth_digest: signed ahead after one challenge, nextnonce and stale handled") {
    if (!can_run(apache_origin::available(), "apache2")) return;
    SUBCASE("one nonce for long") {
        apache_origin server;
        put_images(server);
        const totals t = fetch_all(options_for(server), 5);
        INFO(t.first_error, server.logs());
        CHECK(t.good == 5 * image_count);
        CHECK(t.stats.auth_challenges == 1);
        CHECK(t.stats.requests == 5 * image_count + 1);
    }
    SUBCASE("a nonce life of 2 s") {
        apache_origin server(apache_options().nonce_lifetime(2s));
        put_images(server);
        const totals t = fetch_all(options_for(server), 10, 500ms);
        INFO(t.first_error, server.logs());
        CHECK(t.good == 10 * image_count);
        CHECK(t.bad == 0);
        CHECK(t.stats.retries == 0);
    }
    SUBCASE("the proof of the server is demanded") {
        apache_origin server;
        put_images(server);
        const totals t =
            fetch_all(options_for(server).mutual_authentication(mutual_authentication::required), 1);
        INFO(t.first_error, server.logs());
        CHECK(t.good == image_count);
    }
    SUBCASE("a wrong token is told as such") {
        apache_origin server;
        put_images(server);
        const totals t = fetch_all(options_for(server).token(secret("other")), 1);
        CHECK(t.good == 0);
        CHECK(t.first_error.find("refuses the token") != std::string::npos);
    }
}

TEST_CASE("D9: libmicrohttpd, whose nonces are good for one target: none is lost, and no token is refused") {
    if (!can_run(mhd_origin::available(), "libmicrohttpd-dev")) return;
    const struct {
        unsigned nonces_kept;
        std::size_t at_a_time;
    } rows[] = {{300, 1}, {300, 32}, {300, 64}, {4, 1}, {4, 16}, {4, 64}};
    for (const auto& row : rows) {
        CAPTURE(row.nonces_kept);
        CAPTURE(row.at_a_time);
        mhd_origin server(row.nonces_kept);
        const totals t = fetch_all(options_for(server).max_connections(row.at_a_time), 5, 0ms, row.at_a_time);
        INFO(t.first_error, server.logs());
        CHECK(t.good == 5 * image_count);
        CHECK(t.bad == 0);
        CHECK(t.stats.requests < 4 * 5 * image_count);
    }
}

TEST_CASE("D9: Node's http-auth, which takes the counts of a nonce in rising order: none is lost") {
    if (!can_run(http_auth_origin::available(), "Node with http-auth")) return;
    http_auth_origin server;
    for (const std::size_t at_a_time : {1U, 16U, 64U}) {
        CAPTURE(at_a_time);
        const totals t = fetch_all(options_for(server).max_connections(at_a_time), 5, 0ms, at_a_time);
        INFO(t.first_error, server.logs());
        CHECK(t.good == 5 * image_count);
        CHECK(t.bad == 0);
        CHECK(t.stats.requests < 3 * 5 * image_count);
    }
}
