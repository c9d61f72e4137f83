// P14: host names over real sockets, with a resolver of the test's own.
#include "support/run_client.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <vector>

using namespace getty::connect;
using getty::connect::test::closed;
using getty::connect::test::run;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

using addresses = std::vector<asio::ip::address>;
using tcp = asio::ip::tcp;

const asio::ip::address one = asio::ip::make_address("127.0.0.1");
const asio::ip::address two = asio::ip::make_address("127.0.0.2");

sandbox::options named() { return sandbox::options().server_names({"images.test"}); }

client_options options_for(const sandbox::server& server, address_lookup how) {
    client_options options;
    options.base_url("https://images.test:" + std::to_string(server.port()) + "/api").ca_pem(server.ca_pem());
    options.credentials("sandbox-key", secret("sandbox-secret")).threading(threading::single_thread);
    return options.resolver(std::move(how)).max_attempts(1).timeout(5s);
}

/// A lookup that hangs until the test ends.
struct stuck {
    ~stuck() { release(); }
    void release() {
        const std::lock_guard hold(s->lock);
        s->over = true;
        s->changed.notify_all();
    }
    [[nodiscard]] address_lookup lookup() const {
        return [s = s](const std::string&) {
            std::unique_lock hold(s->lock);
            s->changed.wait(hold, [&] { return s->over; });
            return addresses{one};
        };
    }
    struct state {
        std::mutex lock;
        std::condition_variable changed;
        bool over = false;
    };
    std::shared_ptr<state> s = std::make_shared<state>();
};

}  // namespace

TEST_CASE("P14: the client's own resolver is asked, once for many connections") {
    sandbox::background_server server(named());
    std::atomic<int> calls{0};
    asio::io_context context;
    client c(context.get_executor(), options_for(*server, [&](const std::string& host) {
                                         ++calls;
                                         return host == "images.test" ? addresses{one} : addresses{};
                                     }).max_connections(16));
    std::vector<std::future<result<image>>> all;
    for (int i = 0; i < 16; ++i) {
        all.push_back(asio::co_spawn(context, c.get(std::to_string(83'454'800 + i)), asio::use_future));
    }
    context.run_for(5s);
    for (auto& r : all) CHECK(r.get().has_value());
    CHECK(calls == 1);
    CHECK(c.stats().connections_opened > 1);
    CHECK(run(context, closed(c)));
}

TEST_CASE("P14: when a name moves, new connections follow") {
    sandbox::background_server first(named());
    // The same port at another address.
    sandbox::background_server second(named().address("127.0.0.2").port(first->port()));
    std::atomic<bool> moved{false};
    asio::io_context context;
    const auto where = [&](const std::string&) { return addresses{moved ? two : one}; };
    client c(context.get_executor(), options_for(*first, where)
                                         .ca_pem(first->ca_pem() + second->ca_pem())
                                         .dns_lifetime(0ms)
                                         .idle_ttl(0ms));
    CHECK(run(context, c.get("83454800")).has_value());
    CHECK(first->snapshot().images == 1);
    moved = true;
    // The token of the first is none at the second: that costs a round, not the lookup.
    CHECK(run(context, c.get("83454800")).has_value());
    CHECK(second->snapshot().images == 1);
    CHECK(run(context, closed(c)));
}

TEST_CASE(
    "P14: a resolver that hangs outlives neither its deadline nor the client, and holds up no other origin") {
    stuck names;
    sandbox::background_server server(named());
    asio::io_context context;
    client hung(context.get_executor(), options_for(*server, names.lookup()).connect_timeout(300ms));
    client well(context.get_executor(),
                options_for(*server, [](const std::string&) { return addresses{one}; }));
    auto waiting = asio::co_spawn(context, hung.get("83454800"), asio::use_future);
    const auto began = std::chrono::steady_clock::now();
    CHECK(run(context, well.get("83454800")).has_value());
    CHECK(waiting.wait_for(0s) == std::future_status::timeout);
    context.restart();
    while (waiting.wait_for(0s) != std::future_status::ready) context.run_one();
    const result<image> r = waiting.get();
    CHECK(std::chrono::steady_clock::now() - began < 2s);
    REQUIRE_FALSE(r.has_value());
    CAPTURE(r.error().describe());
    CHECK(r.error().kind() == condition::timeout);
    CHECK(run(context, closed(hung)));
    CHECK(run(context, closed(well)));
    context.restart();
    context.run();  // nothing is left to wait for
}

TEST_CASE("P14: threads of a resolver that hangs are bounded") {
    stuck names;
    sandbox::background_server server(named());
    asio::io_context context;
    std::atomic<int> calls{0};
    const address_lookup counted = [&, hang = names.lookup()](const std::string& host) {
        ++calls;
        return hang(host);
    };
    client c(context.get_executor(),
             options_for(*server, counted).token(secret("t")).connect_timeout(20ms).timeout(100ms));
    std::string last;
    for (int i = 0; i < 8; ++i) {
        const result<image> r = run(context, c.get("83454800"));
        REQUIRE_FALSE(r.has_value());
        last = r.error().describe();
    }
    CHECK(last.find("earlier lookups of the name have not ended yet") != std::string::npos);
    CHECK(calls == 4);
    names.release();
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    bool recovered = false;
    while (!recovered && std::chrono::steady_clock::now() < deadline) {
        const result<image> r = run(context, c.get("83454800"));
        recovered = !r && r.error().http_status() == 401;  // it has been there
    }
    CHECK(recovered);
    CHECK(run(context, closed(c)));
}

TEST_CASE("P14: what a resolver throws is the reason that is told") {
    sandbox::background_server server(named());
    asio::io_context context;
    client c(context.get_executor(), options_for(*server, [](const std::string& host) -> addresses {
                 throw std::runtime_error("the zone of " + host + " is gone");
             }));
    const result<image> r = run(context, c.get("83454800"));
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().describe().find("the zone of images.test is gone") != std::string::npos);
    CHECK(r.error().code() == condition::unreachable);
    CHECK(run(context, closed(c)));
}

TEST_CASE("P14: a first address where nobody listens, or that swallows all, costs less than 300 ms") {
    sandbox::background_server server(named());
    asio::io_context context;
    // A full queue of connections swallows further ones.
    tcp::acceptor full(context);
    full.open(tcp::v4());
    full.set_option(tcp::acceptor::reuse_address(true));
    full.bind({two, server->port()});
    full.listen(0);
    std::vector<tcp::socket> filling;
    for (int i = 0; i < 4; ++i) {
        filling.emplace_back(context, tcp::v4());
        filling.back().native_non_blocking(true);
        // Asio's own connect would wait.
        const tcp::endpoint to = full.local_endpoint();
        (void)::connect(filling.back().native_handle(), to.data(), static_cast<socklen_t>(to.size()));
    }
    for (const char* dead : {"127.0.0.2", "127.0.0.3"}) {
        CAPTURE(dead);
        const addresses both{asio::ip::make_address(dead), one};
        client c(context.get_executor(), options_for(*server, [both](const std::string&) { return both; }));
        const auto began = std::chrono::steady_clock::now();
        CHECK(run(context, c.authenticate()).has_value());
        const auto took = std::chrono::steady_clock::now() - began;
        const bool swallowed = std::string(dead) == "127.0.0.2";
        CHECK(took < (swallowed ? 300ms : 100ms));
        if (swallowed) CHECK(took >= 250ms);
        CHECK(run(context, closed(c)));
    }
}
