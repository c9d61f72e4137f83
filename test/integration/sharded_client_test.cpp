// A client on several threads, a shard on each.
#include "support/threads.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace getty::connect;
using getty::connect::test::threads;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

client_options options_for(const sandbox::server& server) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem());
    options.credentials("sandbox-key", secret("sandbox-secret")).threading(threading::single_thread);
    return options;
}

auto known_ids(std::size_t count) {
    return [count, next = std::size_t{0}]() mutable -> std::optional<std::string> {
        if (next == count) return std::nullopt;
        return std::to_string(10'000'001 + 1'000 * next++);
    };
}

asio::awaitable<std::vector<outcome>> take_all(outcome_stream stream) {
    std::vector<outcome> taken;
    while (auto o = co_await stream.next()) taken.push_back(std::move(*o));
    co_return taken;
}

/// Ids that came out of all streams, each taken on its shard's thread; images that are not the id's are left
/// out.
std::multiset<std::string> fetch_on_all(threads& on, sharded_client& client, id_source ids,
                                        const fetch_options& options) {
    std::vector<std::future<std::vector<outcome>>> all;
    std::vector<outcome_stream> streams = client.fetch(std::move(ids), options);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        all.push_back(asio::co_spawn(*on.contexts[i], take_all(std::move(streams[i])), asio::use_future));
    }
    std::multiset<std::string> good;
    for (auto& one : all) {
        for (const outcome& o : one.get()) {
            if (o.value && o.value->image.image_id() == o.id) good.insert(o.id);
        }
    }
    return good;
}

}  // namespace

TEST_CASE("T1: four shards on four threads share one token, also when it is revoked under load") {
    sandbox::background_server server(sandbox::options().scheme(sandbox::auth::bearer));
    threads on(4);
    sharded_client client(on.executors(), options_for(*server).auth(auth_scheme::bearer).max_connections(32));
    auto first = fetch_on_all(on, client, known_ids(1'000), fetch_options().max_in_flight(16));
    CHECK(first.size() == 1'000);
    CHECK(server->snapshot().tokens_issued == 1);
    CHECK(server->snapshot().max_open_connections <= 32);
    server->expire_tokens();
    CHECK(fetch_on_all(on, client, known_ids(1'000), fetch_options().max_in_flight(16)).size() == 1'000);
    CHECK(server->snapshot().tokens_issued == 2);
    CHECK(client.stats().tokens_issued == 2);
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
    CHECK(client.stats().connections_idle == 0);
    CHECK(client.stats().connections_leased == 0);
}

TEST_CASE("every id of a divided source comes out of exactly one stream") {
    sandbox::background_server server;
    threads on(3);
    sharded_client client(on.executors(), options_for(*server).max_connections(24));
    const auto good = fetch_on_all(on, client, known_ids(3'000), fetch_options().max_in_flight(8));
    CHECK(good.size() == 3'000);
    CHECK(std::set<std::string>(good.begin(), good.end()).size() == 3'000);
    CHECK(server->snapshot().tokens_issued == 1);
    asio::co_spawn(*on.contexts[2], client.close(), asio::use_future).get();
}

TEST_CASE("S1: single lookups from any thread go to the shards in turn") {
    sandbox::background_server server;
    threads on(2);
    sharded_client client(on.executors(),
                          options_for(*server).max_connections(8).threading(threading::strand));
    std::vector<std::future<result<image>>> all;
    for (int i = 0; i < 200; ++i) {
        auto& from = *on.contexts[static_cast<std::size_t>(i / 100)];
        all.push_back(
            asio::co_spawn(from, client.get(std::to_string(10'000'001 + 1'000 * i)), asio::use_future));
    }
    for (auto& one : all) CHECK(one.get().has_value());
    CHECK(client.shard(0).stats().lookups_succeeded == 100);
    CHECK(client.shard(1).stats().lookups_succeeded == 100);
    CHECK(client.stats().lookups_succeeded == 200);
    asio::co_spawn(*on.contexts[1], client.close(), asio::use_future).get();
    const result<image> late =
        asio::co_spawn(*on.contexts[0], client.get("10000001"), asio::use_future).get();
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().value() == errc::client_closed);
}

TEST_CASE("a rate is that of all shards together") {
    sandbox::background_server server;
    threads on(4);
    sharded_client client(on.executors(), options_for(*server).rate(500, 1));
    const auto began = std::chrono::steady_clock::now();
    CHECK(fetch_on_all(on, client, known_ids(500), fetch_options()).size() == 500);
    CHECK(std::chrono::steady_clock::now() - began >= 990ms);
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
}

TEST_CASE("connections, nonces and sessions are each shard's own, and none waits for another's thread") {
    sandbox::background_server server;
    threads on(2);
    sharded_client client(on.executors(), options_for(*server).max_connections(2));
    REQUIRE(
        asio::co_spawn(*on.contexts[0], client.shard(0).get("10000001"), asio::use_future).get().has_value());
    const auto before = server->snapshot();
    CHECK(before.unauthorized == 1);
    std::promise<void> go_on;
    asio::post(*on.contexts[0], [held = go_on.get_future().share()] { held.wait(); });
    auto other = asio::co_spawn(*on.contexts[1], client.shard(1).get("10001001"), asio::use_future);
    const bool done = other.wait_for(20s) == std::future_status::ready;
    go_on.set_value();
    CHECK(done);
    CHECK(other.get().has_value());
    const auto after = server->snapshot();
    CHECK(after.handshakes == before.handshakes + 1);
    CHECK(after.resumptions == 0);
    CHECK(after.unauthorized == 2);  // a challenge for each
    CHECK(after.tokens_issued == 1);
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
}

TEST_CASE("a divided stream that nobody takes from holds back no more ids than its bound") {
    sandbox::background_server server;
    threads on(2);
    sharded_client client(on.executors(), options_for(*server).max_connections(8));
    const auto options = fetch_options().max_in_flight(4).max_buffered(8);
    std::vector<outcome_stream> streams = client.fetch(known_ids(300), options);
    auto idle = std::make_unique<outcome_stream>(std::move(streams[1]));
    REQUIRE(asio::co_spawn(*on.contexts[1], idle->next(), asio::use_future).get().has_value());
    const auto taken =
        asio::co_spawn(*on.contexts[0], take_all(std::move(streams[0])), asio::use_future).get();
    CHECK(taken.size() >= 300 - 1 - (4 + 8));
    const auto rest = asio::co_spawn(*on.contexts[1], take_all(std::move(*idle)), asio::use_future).get();
    CHECK(taken.size() + 1 + rest.size() == 300);
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
}

TEST_CASE("an exception of a divided source ends all streams, and one of them tells of it") {
    sandbox::background_server server;
    threads on(3);
    sharded_client client(on.executors(), options_for(*server));
    int calls = 0;
    auto failing = [&calls]() -> std::optional<std::string> {
        if (++calls > 30) throw std::runtime_error("the file is gone");
        return std::to_string(10'000'001 + 1'000 * calls);
    };
    std::vector<std::future<std::vector<outcome>>> all;
    std::vector<outcome_stream> streams = client.fetch(failing);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        all.push_back(asio::co_spawn(*on.contexts[i], take_all(std::move(streams[i])), asio::use_future));
    }
    int told = 0;
    for (auto& one : all) {
        try {
            (void)one.get();
        } catch (const failure& f) {
            ++told;
            CHECK(f.error().value() == errc::invalid_source);
        }
    }
    CHECK(told == 1);
    CHECK(calls == 31);
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
}

namespace {

/// Ids that have to be waited for; looks whether it is called as was promised.
class waiting_ids {
public:
    waiting_ids(asio::any_io_executor home, std::size_t count)
        : pause_(home), home_(std::move(home)), count_(count) {}

    asio::awaitable<std::optional<std::string>> next() {
        const asio::any_io_executor here = co_await asio::this_coro::executor;
        at_home = at_home && here == home_;
        one_at_a_time = one_at_a_time && !std::exchange(busy_, true);
        pause_.expires_after(std::chrono::microseconds(next_ % 7 == 0 ? 200 : 0));
        boost::system::error_code woken;
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        busy_ = false;
        if (next_ == fails_at) throw std::runtime_error("the queue is down");
        if (next_ == count_) co_return std::nullopt;
        co_return std::to_string(10'000'001 + 1'000 * next_++);
    }

    std::size_t fails_at = static_cast<std::size_t>(-1);
    bool at_home = true;
    bool one_at_a_time = true;

private:
    asio::steady_timer pause_;
    asio::any_io_executor home_;
    std::size_t count_;
    std::size_t next_ = 0;
    bool busy_ = false;
};

auto waiting(waiting_ids& from) {
    return [&from] { return from.next(); };
}

}  // namespace

TEST_CASE(
    "every id of a divided source that is awaited comes out of exactly one stream, and it is asked at home") {
    sandbox::background_server server;
    threads on(3);
    sharded_client client(on.executors(), options_for(*server));
    waiting_ids ids(on.executors().front(), 2'000);
    const auto found = fetch_on_all(on, client, waiting(ids), fetch_options().max_in_flight(8));
    CHECK(found.size() == 2'000);
    CHECK(std::set<std::string>(found.begin(), found.end()).size() == 2'000);
    CHECK(ids.at_home);
    CHECK(ids.one_at_a_time);
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
}

TEST_CASE("a stream that ends while it waits for an id leaves that to another") {
    sandbox::background_server server;
    threads on(2);
    sharded_client client(on.executors(), options_for(*server));
    for (std::size_t round = 0; round < 10; ++round) {
        waiting_ids ids(on.executors().front(), 100);
        std::vector<outcome_stream> streams = client.fetch(waiting(ids), fetch_options().max_in_flight(2));
        auto leaves = [&stream = streams[1], round]() -> asio::awaitable<std::vector<outcome>> {
            std::vector<outcome> all = co_await stream.next_some(1 + round);
            stream.cancel();
            for (;;) {
                std::optional<outcome> one = co_await stream.next();
                if (!one) break;
                all.push_back(std::move(*one));
            }
            co_return all;
        };
        auto left = asio::co_spawn(*on.contexts[1], leaves(), asio::use_future);
        auto stays = asio::co_spawn(*on.contexts[0], take_all(std::move(streams[0])), asio::use_future);
        std::multiset<std::string> heard;
        for (const outcome& one : left.get()) heard.insert(one.id);
        CHECK(heard.size() >= 1);
        for (const outcome& one : stays.get()) heard.insert(one.id);
        CHECK(heard.size() == 100);
        CHECK(std::set<std::string>(heard.begin(), heard.end()).size() == 100);
        CHECK(ids.one_at_a_time);
    }
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
}

TEST_CASE("an exception of an awaited source that is divided ends all streams, and one of them tells of it") {
    sandbox::background_server server;
    threads on(3);
    sharded_client client(on.executors(), options_for(*server));
    waiting_ids ids(on.executors().front(), 1'000);
    ids.fails_at = 100;
    std::vector<std::future<std::vector<outcome>>> all;
    std::vector<outcome_stream> streams = client.fetch(waiting(ids));
    for (std::size_t i = 0; i < streams.size(); ++i) {
        all.push_back(asio::co_spawn(*on.contexts[i], take_all(std::move(streams[i])), asio::use_future));
    }
    int told = 0;
    for (auto& one : all) {
        try {
            (void)one.get();
        } catch (const failure& f) {
            ++told;
            CHECK(f.error().value() == errc::invalid_source);
        }
    }
    CHECK(told == 1);
    asio::co_spawn(*on.contexts[0], client.close(), asio::use_future).get();
}

TEST_CASE("what a sharded client cannot do is told at once") {
    asio::io_context context;
    const client_options good = client_options().credentials("key", secret("secret"));
    const asio::any_io_executor on = context.get_executor();
    const std::vector<asio::any_io_executor> two{on, on};
    CHECK_THROWS_WITH_AS((sharded_client({}, good)),
                         doctest::Contains("executors: there must be at least one"), failure);
    CHECK_THROWS_WITH_AS((sharded_client(two, client_options(good).max_connections(1))),
                         doctest::Contains("max_connections 1: must be at least the number of shards, 2"),
                         failure);
    sharded_client client(two, good);
}

TEST_CASE("G4: shards on several threads ask for many ids at a time, each id by one of them") {
    for (const threading how : {threading::single_thread, threading::strand}) {
        sandbox::background_server server;
        threads on(3);
        sharded_client client(on.executors(), options_for(*server)
                                                  .dialect(dialect::v3)
                                                  .base_url(server->v3_base_url())
                                                  .threading(how)
                                                  .max_connections(24));
        const auto good = fetch_on_all(on, client, known_ids(3'000), fetch_options().ids_per_request(50));
        CHECK(good.size() == 3'000);
        CHECK(std::set<std::string>(good.begin(), good.end()).size() == 3'000);
        // Full, but for the last of each shard.
        CHECK(client.stats().groups_sent <= 3'000 / 50 + 3);
        CHECK(server->snapshot().tokens_issued == 1);
        asio::co_spawn(*on.contexts[2], client.close(), asio::use_future).get();
    }
}
