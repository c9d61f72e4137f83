// The client against a service that misbehaves in every way the sandbox knows.
#include "support/fault_names.hpp"
#include "support/known_images.hpp"
#include "support/run_client.hpp"
#include "support/tally.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

using namespace getty::connect;
using namespace getty::connect::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

client_options options_for(const sandbox::server& server) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem());
    options.credentials("sandbox-key", secret("sandbox-secret")).threading(threading::single_thread);
    return options;
}

/// Tries until it has an answer.
client_options stubborn(const sandbox::server& server) {
    return options_for(server)
        .max_connections(16)
        .max_attempts(100)
        .retry_budget(1, 100'000)
        .backoff(1ms, 20ms)
        .redirects(redirects::same_origin)
        .timeout(60s);
}

fetch_options both(std::size_t in_flight) {
    return fetch_options().max_in_flight(in_flight).decode(decode::both);
}

void check_every_id_once(const tally& t, std::size_t count) {
    CHECK(t.ids.size() == count);
    CHECK(std::set<std::string>(t.ids.begin(), t.ids.end()).size() == count);
}

std::string listed(const std::map<std::string, std::size_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts) text += name + " " + std::to_string(count) + ", ";
    return text;
}

/// All that a client which tries again can live with.
const std::string_view passing[] = {
    "status-503:rate=0.02,body=html",
    "status-502:rate=0.01",
    "status-504:rate=0.01,body=html",
    "redirect:rate=0.02",
    "json-duplicate:rate=0.02",
    "slow-start:rate=0.01,wait=20ms",
    "drip:rate=0.01,bytes=200,wait=1ms",
    "length-long:rate=0.02",
    "surplus:rate=0.02",
    "chunked:rate=0.02",
    "chunk-unfinished:rate=0.02",
    "connection-close:rate=0.02",
    "close:rate=0.02",
    "close:rate=0.02,at=half",
    "reset:rate=0.02",
    "reset:rate=0.02,at=half",
};

/// Why pipelining ended.
struct watcher final : observer {
    void pipelining_stopped(std::string_view, std::string_view reason) noexcept override { why = reason; }
    std::string why;
};

void survive_all_faults(const std::function<client_options(const sandbox::server&)>& setting) {
    sandbox::options options;
    for (const std::string_view spec : passing) options.fault(spec);
    // Each of these holds up everybody for a second or more.
    options.fault("status-429:every=2000,retry-after=0").fault("over-qps:every=2500");
    options.fault("nonce-stale:rate=0.005")
        .fault("token-expired:every=1300")
        .fault("token-rotated:every=1700");
    options.fault("status-503:on=token,every=2").fault("reset:on=token,every=2,at=half");
    sandbox::background_server server(options);
    asio::io_context context;
    client c(context.get_executor(), setting(*server));
    const tally t = run(context, collect(c, known_ids(5'000), both(32)));
    CAPTURE(listed(t.failures));
    CHECK(t.good == 5'000);
    CHECK(t.wrong == 0);
    check_every_id_once(t, 5'000);
    const auto seen = server->snapshot();
    std::uint64_t on_images = 0;
    for (const char* name :
         {"status-429", "status-503", "status-502", "status-504", "over-qps", "redirect", "json-duplicate",
          "slow-start", "drip", "length-long", "surplus", "chunked", "chunk-unfinished", "connection-close",
          "close", "reset", "nonce-stale", "token-expired", "token-rotated"}) {
        CAPTURE(name);
        CHECK(seen.faults.count(name) == 1);
        if (seen.faults.count(name) == 1) on_images += seen.faults.at(name);
    }
    CHECK(on_images > 1'000);
    CHECK(run(context, closed(c)));
    CHECK(c.stats().connections_leased + c.stats().connections_idle + c.stats().waiters == 0);
}

}  // namespace

TEST_CASE("S2: all faults that pass, at once and under load, cost no id and no image") {
    survive_all_faults(stubborn);
}

TEST_CASE("P18: the same faults cost no id and no image where requests are pipelined") {
    survive_all_faults(
        [](const sandbox::server& server) { return stubborn(server).max_connections(4).pipeline_depth(8); });
}

TEST_CASE("P18: faults that break neither order nor framing leave pipelining as it is") {
    sandbox::options options;
    for (const char* spec :
         {"status-503:rate=0.02,body=html", "redirect:rate=0.02", "json-duplicate:rate=0.02",
          "slow-start:rate=0.01,wait=5ms", "drip:rate=0.01,bytes=200,wait=1ms", "chunked:rate=0.05",
          "connection-close:rate=0.01", "nonce-stale:rate=0.005"})
        options.fault(spec);
    sandbox::background_server server(options);
    asio::io_context context;
    const auto watch = std::make_shared<watcher>();
    client c(context.get_executor(), stubborn(*server).max_connections(4).pipeline_depth(8).observer(watch));
    const tally t = run(context, collect(c, known_ids(5'000), both(32)));
    CAPTURE(listed(t.failures));
    CHECK(t.good == 5'000);
    check_every_id_once(t, 5'000);
    CHECK(watch->why == "");
    // Fewer than without nonces that go stale early: how many may share one is learned from that.
    CHECK(c.stats().requests_pipelined > 1'500);
    CHECK(run(context, closed(c)));
}

TEST_CASE("P18: a service that mixes up answers gives no id another's image, and is not pipelined any more") {
    for (const char* spec : {"wrong-image:rate=0.01", "surplus:rate=0.01", "length-short:rate=0.01"}) {
        CAPTURE(spec);
        sandbox::background_server server(sandbox::options().fault(spec));
        asio::io_context context;
        client c(context.get_executor(), stubborn(*server).max_connections(4).pipeline_depth(8));
        const tally t = run(context, collect(c, known_ids(2'000), both(32)));
        CAPTURE(listed(t.failures));
        CHECK(t.wrong == 0);
        CHECK(t.good > 1'900);
        check_every_id_once(t, 2'000);
        CHECK(c.stats().pipelining_stopped == 1);
        CHECK(c.stats().requests_pipelined > 0);
        CHECK(run(context, closed(c)));
    }
}

TEST_CASE("S2: faults drawn by chance hit the same requests, whatever order these arrive in") {
    const auto counted = [](std::size_t in_flight, std::uint64_t seed) {
        sandbox::options options;
        options.seed(seed);
        for (const std::string_view spec : passing) {
            if (spec.find("every") == spec.npos) options.fault(spec);
        }
        sandbox::background_server server(options);
        asio::io_context context;
        client c(context.get_executor(), stubborn(*server));
        const tally t = run(context, collect(c, known_ids(1'000), both(in_flight)));
        CAPTURE(listed(t.failures));
        CHECK(t.good == 1'000);
        CHECK(run(context, closed(c)));
        return server->snapshot().faults;
    };
    const auto alone = counted(1, 7);
    CHECK(alone == counted(48, 7));
    CHECK(alone != counted(48, 8));
}

TEST_CASE("each fault that does not pass has its own error, and the next lookup is as good as ever") {
    struct row {
        const char* spec;
        errc code;
        int status;
    };
    constexpr row table[] = {
        {"status-400", errc::bad_request, 400},
        {"status-401", errc::unauthorized, 401},
        {"status-403", errc::forbidden, 403},
        {"status-404", errc::not_found, 404},
        {"status-418:body=html", errc::unexpected_status, 418},
        {"status-429", errc::throttled, 429},
        {"status-500", errc::server_error, 500},
        {"status-503:body=html", errc::server_error, 503},
        {"throttle", errc::throttled, 429},
        {"throttle:text=old", errc::throttled, 429},
        {"uri-too-long:bytes=10", errc::unexpected_status, 414},
        {"over-qps", errc::throttled, 403},
        {"over-qps:header=x-mashery-error-code", errc::throttled, 403},
        {"over-quota", errc::quota_exhausted, 403},
        {"over-quota:header=x-mashery-error-code", errc::quota_exhausted, 403},
        {"redirect:to=other", errc::unexpected_status, 302},
        {"redirect:to=loop", errc::unexpected_status, 302},
        {"html", errc::malformed_body, 200},
        {"empty", errc::malformed_body, 200},
        {"token-expired", errc::unauthorized, 401},
        {"token-rotated", errc::unauthorized, 401},
        {"nonce-stale", errc::throttled, 401},
        {"wrong-image", errc::wrong_image, 200},
        {"json-mistyped", errc::malformed_body, 200},
        {"json-truncated", errc::malformed_body, 200},
        {"gzip-unasked", errc::malformed_response, 0},
        {"gzip-broken", errc::malformed_response, 0},
        {"slow-start:wait=1m", errc::attempt_timeout, 0},
        {"drip:wait=1m", errc::attempt_timeout, 0},
        {"interim:status=101", errc::malformed_response, 0},
        {"interim:answers=17", errc::malformed_response, 0},
        {"length-long", errc::peer_closed, 0},
        {"length-short", errc::malformed_body, 200},
        {"chunk-broken", errc::malformed_response, 0},
        {"chunk-unfinished", errc::peer_closed, 0},
        {"close", errc::peer_closed, 0},
        {"close:at=half", errc::peer_closed, 0},
        {"reset", errc::peer_closed, 0},
        {"reset:at=half", errc::peer_closed, 0},
    };
    std::set<std::string> harmless = {"json-duplicate", "interim", "surplus", "chunked", "connection-close"};
    std::set<std::string> names = harmless;
    sandbox::background_server server;
    asio::io_context context;
    client c(context.get_executor(), options_for(*server)
                                         .max_attempts(2)
                                         .retry_budget(1, 1'000)
                                         .backoff(1ms, 1ms)
                                         .attempt_timeout(250ms)
                                         .redirects(redirects::same_origin)
                                         .timeout(10s));
    std::size_t n = 0;
    for (const row& r : table) {
        CAPTURE(r.spec);
        const std::string spec = r.spec;
        const std::string name = spec.substr(0, spec.find(':'));
        names.insert(name);
        server->add_fault(spec);
        const result<image> got = run(context, c.get(known_id(n++)));
        server->clear_faults();
        REQUIRE_FALSE(got.has_value());
        CAPTURE(got.error().describe());
        CHECK(to_string(got.error().value()) == to_string(r.code));
        CHECK(got.error().http_status() == r.status);
        CHECK(server->snapshot().faults.at(name) >= 1);
        result<image> next = run(context, c.get(known_id(n)));
        // A service that refuses fresh tokens is not asked for more of them at once.
        const auto patience = std::chrono::steady_clock::now() + 10s;
        while (r.code == errc::unauthorized && !next && std::chrono::steady_clock::now() < patience) {
            next = run(context, c.get(known_id(n)));
        }
        REQUIRE_MESSAGE(next.has_value(), next.error().describe());
        CHECK(next->image_id() == known_id(n++));
    }
    for (const std::string& name : harmless) {
        CAPTURE(name);
        server->add_fault(name);
        const result<image> got = run(context, c.get(known_id(n++)));
        server->clear_faults();
        REQUIRE_MESSAGE(got.has_value(), got.error().describe());
        CHECK(got->image_id() == known_id(n - 1));
    }
    // Of a group, which a lookup of Connect is not: see sandbox_faults_test.
    names.insert({"omit", "reorder", "stranger", "duplicate-image", "half-malformed"});
    std::erase_if(
        names, [](const std::string& name) { return name.starts_with("status-") && name != "status-400"; });
    CHECK(names == test::fault_names());
    CHECK(run(context, closed(c)));
}

TEST_CASE(
    "P20: interim answers before every answer, the token's too, cost neither a retry nor a connection") {
    for (const char* answers : {"", ",answers=16,status=100"}) {
        sandbox::background_server server(sandbox::options()
                                              .fault("interim:on=token" + std::string(answers))
                                              .fault("interim:on=images" + std::string(answers)));
        asio::io_context context;
        client c(context.get_executor(), options_for(*server).max_attempts(1).max_connections(1));
        for (std::size_t n = 1; n <= 20; ++n) {
            const result<image> got = run(context, c.get(known_id(n)));
            REQUIRE_MESSAGE(got.has_value(), got.error().describe());
            CHECK(got->image_id() == known_id(n));
        }
        CHECK(c.stats().connections_opened == 1);
        CHECK(server->snapshot().faults.at("interim") >= 21);
        CHECK(run(context, closed(c)));
    }
}

TEST_CASE("a token endpoint with faults is a typed error, and its credentials go nowhere else") {
    struct row {
        const char* spec;
        errc code;
    };
    constexpr row table[] = {
        {"status-503:on=token,body=html", errc::token_unavailable},
        {"status-403:on=token", errc::credentials_rejected},
        {"over-qps:on=token", errc::token_unavailable},
        {"over-quota:on=token", errc::quota_exhausted},
        {"redirect:on=token", errc::token_unavailable},
        {"redirect:on=token,to=other", errc::token_unavailable},
        {"html:on=token", errc::token_unavailable},
        {"empty:on=token", errc::token_unavailable},
        {"json-mistyped:on=token", errc::token_unavailable},
        {"json-truncated:on=token", errc::token_unavailable},
        {"gzip-unasked:on=token", errc::token_unavailable},
        {"interim:on=token,answers=17", errc::token_unavailable},
        {"length-short:on=token", errc::token_unavailable},
        {"chunk-broken:on=token", errc::token_unavailable},
        {"close:on=token", errc::token_unavailable},
        {"reset:on=token,at=half", errc::token_unavailable},
    };
    for (const row& r : table) {
        CAPTURE(r.spec);
        sandbox::background_server server(sandbox::options().fault(r.spec));
        asio::io_context context;
        client c(context.get_executor(),
                 options_for(*server).max_attempts(2).backoff(1ms, 1ms).redirects(redirects::same_origin));
        const result<image> got = run(context, c.get(known_id(1)));
        REQUIRE_FALSE(got.has_value());
        CAPTURE(got.error().describe());
        CHECK(to_string(got.error().value()) == to_string(r.code));
        CHECK(got.error().describe().find("sandbox-secret") == std::string::npos);
        CHECK(server->snapshot().requests <= 2);
        CHECK(run(context, closed(c)));
    }
    // What is duplicated, surplus, chunked or slow is taken all the same.
    for (const char* spec :
         {"json-duplicate:on=token", "surplus:on=token", "chunked:on=token", "connection-close:on=token",
          "slow-start:on=token,wait=5ms", "drip:on=token,bytes=9"}) {
        CAPTURE(spec);
        sandbox::background_server server(sandbox::options().fault(spec));
        asio::io_context context;
        client c(context.get_executor(), options_for(*server));
        const result<image> got = run(context, c.get(known_id(1)));
        CHECK_MESSAGE(got.has_value(), got.error().describe());
        CHECK(server->snapshot().faults.size() == 1);
        CHECK(run(context, closed(c)));
    }
}
