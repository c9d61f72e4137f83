// What a program gets wrong about lifetimes: contexts that go first, clients that were moved from, streams
// that stay.
#include "support/raw_tls_client.hpp"
#include "support/run_client.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <csignal>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace getty::connect;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::run;

namespace {

client_options options_for(const sandbox::server& server, threading how = threading::strand) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem()).threading(how);
    options.credentials("sandbox-key", secret("sandbox-secret"));
    return options;
}

sandbox::background_server& service() {
    static sandbox::background_server server;
    return server;
}

constexpr const char* known = "10000001";

auto ids(std::size_t count) {
    return [n = std::size_t{0}, count]() mutable -> std::optional<std::string> {
        if (n == count) return std::nullopt;
        return std::to_string(10'000'001 + 1'000 * n++);
    };
}

asio::awaitable<bool> found(client& c) {
    const result<image> one = co_await c.get(known);
    co_return one.has_value();
}

asio::awaitable<bool> found_closed(client& c) {
    const result<image> one = co_await c.get(known);
    co_return !one && one.error().value() == errc::client_closed;
}

asio::awaitable<bool> closed_stream(outcome_stream& stream) {
    try {
        for (;;) {
            const std::optional<outcome> one = co_await stream.next();
            if (!one) co_return false;
        }
    } catch (const failure& why) {
        co_return why.error().value() == errc::client_closed;
    }
}

asio::awaitable<void> take_all(outcome_stream& stream) {
    for (;;) {
        const std::optional<outcome> one = co_await stream.next();
        if (!one) co_return;
    }
}

/// Starts something that nobody waits for.
template <class T>
void begin(asio::io_context& context, asio::awaitable<T> what) {
    asio::co_spawn(context, std::move(what), asio::detached);
}

/// Runs until a request is on its way, or for a number of handlers.
void run_some(asio::io_context& context, std::size_t handlers) {
    while (handlers-- > 0 && context.run_one_for(20ms) > 0) {
    }
}

/// Whether `act` ends a child process with an assertion; in a library that has none, it returns.
bool asserts(const std::function<void()>& act) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        ::signal(SIGABRT, SIG_DFL);
        ::close(STDERR_FILENO);
        act();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("S8: a client may outlive its execution context, whatever it was doing") {
    for (const auto how : {threading::strand, threading::single_thread}) {
        for (std::size_t handlers : {0U, 1U, 2U, 3U, 5U, 8U, 12U, 20U, 40U, 80U, 200U}) {
            CAPTURE(handlers);
            std::optional<client> c;
            std::optional<outcome_stream> stream;
            std::optional<outcome_stream> untouched;
            {
                asio::io_context context;
                c.emplace(context.get_executor(), options_for(*service(), how));
                stream.emplace(c->fetch(ids(100'000), fetch_options().max_in_flight(8)));
                untouched.emplace(c->fetch(ids(5)));
                begin(context, c->get(known));
                begin(context, take_all(*stream));
                begin(context, c->authenticate());
                run_some(context, handlers);
            }
            (void)c->stats();
            stream->cancel();
            CHECK_FALSE(stream->try_next());
            asio::io_context other;
            CHECK(run(other, found_closed(*c)));
            CHECK(run(other, closed_stream(*stream)));
            CHECK(run(other, closed_stream(*untouched)));
            CHECK(run(other, test::closed(*c)));
            if (handlers % 2 == 0) c.reset();  // before its streams, or after them
            stream.reset();
        }
    }
}

TEST_CASE("S8: a stream whose client is destroyed before its source has ended says so") {
    asio::io_context context;
    std::optional<client> c(std::in_place, context.get_executor(), options_for(*service()));
    outcome_stream stream = c->fetch(ids(1'000));
    outcome_stream whole = c->fetch(ids(0));
    CHECK(run(context, stream.next()).has_value());
    CHECK_FALSE(run(context, whole.next()).has_value());
    c.reset();
    CHECK(run(context, closed_stream(stream)));
    CHECK_FALSE(run(context, closed_stream(whole)));
}

TEST_CASE("S8: a deferred call may outlive the context of its client, made or not") {
    for (const bool made : {false, true}) {
        std::optional<client> c;
        asio::io_context other;
        std::optional<result<image>> got;
        {
            asio::io_context context;
            c.emplace(context.get_executor(), options_for(*service()));
            auto later = c->async_get(known, asio::deferred);
            std::optional<decltype(later)> kept(std::move(later));
            asio::post(other, [&, k = std::move(kept)]() mutable {
                if (made)
                    std::move (*k)(asio::bind_executor(other, [&](result<image> r) { got = std::move(r); }));
            });
        }
        other.run();
        CHECK(got.has_value() == made);
        if (made) CHECK(got->error() == errc::client_closed);
    }
}

TEST_CASE("S8: a client that has idle connections, or is closing, may outlive its execution context") {
    for (const bool closing : {false, true}) {
        std::optional<client> c;
        {
            asio::io_context context;
            c.emplace(context.get_executor(), options_for(*service()));
            REQUIRE(run(context, found(*c)));
            if (closing) {
                begin(context, c->get(known));
                begin(context, c->close());
                run_some(context, 2);
            }
        }
        asio::io_context other;
        CHECK(run(other, found_closed(*c)));
    }
}

TEST_CASE("S8: the context may go while a name is looked up or a connection is opened") {
    for (const char* url : {"https://name.invalid/api", "https://192.0.2.1:9/api"}) {
        for (std::size_t handlers = 0; handlers <= 16; ++handlers) {
            CAPTURE(handlers);
            std::optional<client> c;
            {
                asio::io_context context;
                client_options options = options_for(*service());
                options.base_url(url);
                c.emplace(context.get_executor(), std::move(options));
                begin(context, c->get(known));
                run_some(context, handlers);
            }
            CHECK(c->stats().connections_opened == 0);
            asio::io_context other;
            CHECK(run(other, found_closed(*c)));
            CHECK(run(other, test::closed(*c)));
        }
    }
}

TEST_CASE("S8: shards, and calls from another context, may outlive the context of their client") {
    asio::io_context callers;
    std::optional<sharded_client> shards;
    {
        asio::io_context a, b;
        shards.emplace(std::vector<asio::any_io_executor>{a.get_executor(), b.get_executor()},
                       options_for(*service()));
        begin(callers, shards->get(known));
        begin(callers, shards->get(known));
        begin(callers, shards->close());
        callers.poll();
        run_some(a, 5);
    }
    callers.restart();
    callers.run();  // what waited for the shards is gone
    CHECK(run(callers, found_closed(shards->shard(0))));
}

TEST_CASE("T2, S8: whenever the context of one shard goes, the others go on, its token request included") {
    for (std::size_t steps = 0; steps < 24; ++steps) {
        CAPTURE(steps);
        auto a = std::make_unique<asio::io_context>(1);
        asio::io_context b(1);
        sharded_client shards({a->get_executor(), b.get_executor()}, options_for(*service()).timeout(10s));
        begin(*a, shards.shard(0).get(known));
        auto first = asio::co_spawn(b, found(shards.shard(1)), asio::use_future);
        for (std::size_t i = 0; i < steps; ++i) {
            a->run_one_for(20ms);
            b.poll();
        }
        a.reset();
        while (first.wait_for(0s) != std::future_status::ready) b.run_one();
        CHECK(first.get());
        CHECK(run(b, found(shards.shard(1))));
        CHECK(run(b, test::closed(shards.shard(1))));
    }
}

TEST_CASE("S8: a client destroyed with work under way leaves the context in order") {
    for (std::size_t handlers : {0U, 3U, 10U, 50U}) {
        asio::io_context context;
        {
            client c(context.get_executor(), options_for(*service()));
            outcome_stream stream = c.fetch(ids(1'000));
            begin(context, c.get(known));
            run_some(context, handlers);
        }
        context.run();
        CHECK(context.stopped());
    }
}

namespace {

asio::awaitable<bool> destroy_within(std::unique_ptr<client>& c) {
    const result<image> one = co_await c->get(known);
    c.reset();
    co_return one.has_value();
}

asio::awaitable<std::size_t> drop_within(client& c) {
    auto stream = std::make_unique<outcome_stream>(c.fetch(ids(100)));
    std::size_t taken = 0;
    const auto drop = [&](outcome&&) {
        if (++taken == 3) stream.reset();
    };
    co_await stream->for_each(drop);
    co_return taken;
}

}  // namespace

TEST_CASE("S8: a client or a stream may go within what it has called") {
    for (const auto how : {threading::strand, threading::single_thread}) {
        asio::io_context context;
        auto c = std::make_unique<client>(context.get_executor(), options_for(*service(), how));
        const std::size_t taken = run(context, drop_within(*c));
        CHECK(taken >= 3);  // what was pulled before it was cancelled still comes
        CHECK(taken <= 100);
        CHECK(run(context, destroy_within(c)));
        context.run();
    }
}

TEST_CASE("S8: calls that are never awaited, or destroyed before they end, do nothing") {
    asio::io_context context;
    client c(context.get_executor(), options_for(*service()));
    outcome_stream stream = c.fetch(ids(5));
    {
        auto a = c.get(known);
        auto b = c.close();
        auto d = stream.next();
        auto e = stream.for_each([](outcome&&) {});
    }
    CHECK(run(context, found(c)));
    CHECK(run(context, test::closed(c)));
    CHECK(run(context, test::closed(c)));
    CHECK(run(context, found_closed(c)));
    context.run();
}

TEST_CASE("S8: a context that was stopped goes on where it was") {
    asio::io_context context;
    client c(context.get_executor(), options_for(*service()));
    for (int i = 0; i < 5; ++i) {
        asio::post(context, [&] { context.stop(); });
        begin(context, c.get(known));
        context.restart();
        context.run();
    }
    CHECK(run(context, found(c)));
    CHECK(run(context, test::closed(c)));
}

TEST_CASE("S8: a thread pool that was joined may leave its client behind") {
    const sandbox::background_server server;
    {
        std::optional<client> c;
        asio::thread_pool pool(2);
        c.emplace(pool.get_executor(), options_for(*server));
        CHECK(asio::co_spawn(pool, found(*c), asio::use_future).get());
        pool.stop();
        pool.join();
        CHECK(c->stats().connections_idle == 1);
        c.reset();
    }
    CHECK(test::eventually([&] { return server->snapshot().open_connections == 0; }));
}

TEST_CASE("S8: two clients on one context do not touch each other") {
    asio::io_context context;
    auto a = std::make_unique<client>(context.get_executor(), options_for(*service()));
    client b(context.get_executor(), options_for(*service()));
    CHECK(run(context, found(*a)));
    CHECK(run(context, found(b)));
    begin(context, a->get(known));
    a.reset();
    CHECK(run(context, found(b)));
    CHECK(run(context, test::closed(b)));
}

TEST_CASE("S8: a client is moved with its work under way, and a move onto itself changes nothing") {
    asio::io_context context;
    client first(context.get_executor(), options_for(*service()));
    client spare(context.get_executor(), options_for(*service()));
    auto under_way = asio::co_spawn(context, first.get(known), asio::use_future);
    client c(std::move(first));
    client& alias = c;
    c = std::move(alias);
    CHECK(run(context, found(c)));
    while (under_way.wait_for(0s) != std::future_status::ready) context.run_one();
    CHECK(under_way.get().has_value());
    outcome_stream stream = c.fetch(ids(3));
    outcome_stream& same = stream;
    stream = std::move(same);
    CHECK(run(context, stream.next()).has_value());
    spare = std::move(c);
    CHECK(run(context, found(spare)));
    CHECK(run(context, stream.next()).has_value());
    sharded_client shards({context.get_executor()}, options_for(*service()));
    sharded_client& mirror = shards;
    shards = std::move(mirror);
    CHECK(shards.size() == 1);
    CHECK(run(context, test::closed(spare)));
}

TEST_CASE("S8: what was moved from is caught by an assertion, or answers that the client is closed") {
    asio::io_context context;
    client from(context.get_executor(), options_for(*service()));
    client to(std::move(from));
    outcome_stream lost = to.fetch(ids(3));
    outcome_stream kept(std::move(lost));
    sharded_client shards({context.get_executor()}, options_for(*service()));
    sharded_client moved(std::move(shards));
    const std::vector<std::function<void()>> uses{
        [&] { (void)from.get(known); },    [&] { (void)from.lookup(known); },
        [&] { (void)from.fetch(ids(1)); }, [&] { (void)from.authenticate(); },
        [&] { (void)from.close(); },       [&] { (void)from.stats(); },
        [&] { (void)lost.next(); },        [&] { (void)lost.next_some(3); },
        [&] { (void)lost.try_next(); },    [&] { (void)lost.for_each([](outcome&&) {}); },
        [&] { (void)shards.get(known); },  [&] { (void)shards.fetch(ids(1)); },
        [&] { (void)shards.close(); },     [&] { (void)shards.stats(); },
    };
    const bool debug = asserts([&] { (void)from.stats(); });
    if (debug) {
        for (const auto& use : uses) CHECK(asserts(use));
    } else {
        CHECK(run(context, found_closed(from)));
        CHECK(run(context, test::closed(from)));
        CHECK(from.stats().requests == 0);
        CHECK_THROWS_AS((void)from.fetch(ids(1)), failure);
        CHECK(run(context, closed_stream(lost)));
        CHECK_FALSE(lost.try_next());
        CHECK_THROWS_AS((void)shards.fetch(ids(1)), failure);
        CHECK(shards.size() == 0);
        CHECK(shards.stats().requests == 0);
    }
    lost.cancel();  // nothing to cancel
    CHECK(run(context, found(to)));
}

TEST_CASE("S8: a server may outlive its execution context") {
    for (std::size_t handlers : {0U, 1U, 5U, 30U}) {
        std::optional<sandbox::server> server;
        std::optional<client> c;
        asio::io_context callers;
        {
            asio::io_context context;
            server.emplace(context.get_executor());
            c.emplace(callers.get_executor(), options_for(*server));
            begin(callers, c->get(known));
            for (std::size_t i = 0; i < handlers; ++i) {
                callers.poll_one();
                context.poll_one();
            }
        }
        CHECK(server->port() != 0);
        (void)server->snapshot();
        asio::io_context other;
        bool stopped = false;
        asio::co_spawn(other, server->stop(), [&](const std::exception_ptr& failed) { stopped = !failed; });
        other.run();
        CHECK(stopped);
        CHECK(server->snapshot().open_connections == 0);
    }
}
