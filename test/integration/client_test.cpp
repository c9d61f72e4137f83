// The client over real sockets against the bundled stand-in service.
#include "support/run_client.hpp"
#include "support/tally.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

client_options options_for(const sandbox::server& server) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem());
    options.credentials("sandbox-key", secret("sandbox-secret"));
    return options;
}

/// All outcomes of a batch; the client is closed after it.
asio::awaitable<tally> collect_all(client& c, id_source ids, fetch_options options) {
    auto collecting = collect(c, std::move(ids), std::move(options));
    tally t = co_await std::move(collecting);
    co_await c.close();
    co_return t;
}

}  // namespace

TEST_CASE(
    "100,000 ids with digest on each request: every image is the one asked for, one token, one challenge") {
    sandbox::background_server server;
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).threading(threading::single_thread));
    const tally t = run(context, collect_all(c, known_ids(100'000), fetch_options().max_in_flight(64)));
    CAPTURE(t.first_error);
    CHECK(t.good == 100'000);
    CHECK(t.wrong == 0);
    CHECK(t.failed == 0);
    CHECK(t.indexes.size() == 100'000);
    const auto counters = server->snapshot();
    CHECK(counters.tokens_issued == 1);
    CHECK(counters.max_open_connections <= 64);
    CHECK(counters.unauthorized == 1 + counters.stale);
    CHECK(counters.image_requests == 100'001 + counters.stale);
    CHECK(counters.max_in_flight <= 64);
}

TEST_CASE("P18: 20,000 pipelined ids, some unknown: each has its own image or its own error") {
    for (const auto scheme : {auth_scheme::bearer, auth_scheme::digest}) {
        sandbox::background_server server(sandbox::options().scheme(
            scheme == auth_scheme::digest ? sandbox::auth::digest : sandbox::auth::bearer));
        asio::io_context context;
        client c(context.get_executor(),
                 options_for(*server).auth(scheme).max_connections(4).pipeline_depth(16).threading(
                     threading::single_thread));
        constexpr std::size_t count = 20'000, every = 50;
        auto ids = [n = std::size_t{0}]() mutable -> std::optional<std::string> {
            if (n == count) return std::nullopt;
            const std::string id = std::to_string(10'000'001 + 1'000 * n++);
            return n % every == 0 ? id + "404" : id;
        };
        const tally t = run(context, collect_all(c, std::move(ids), fetch_options().max_in_flight(64)));
        CAPTURE(t.first_error);
        CHECK(t.good == count - count / every);
        CHECK(t.failed == count / every);
        CHECK(t.wrong == 0);
        CHECK(t.indexes.size() == count);
        CHECK(c.stats().pipelining_stopped == 0);
        CHECK(c.stats().requests_pipelined > count / 2);
        const auto counters = server->snapshot();
        CHECK(c.stats().connections_opened < count / every);  // not one for each that is unknown
        CHECK(counters.image_requests >= count + c.stats().confirmations);
    }
}

TEST_CASE("a client is made from its context, takes ids as views, and says where it runs") {
    sandbox::background_server server;
    std::optional<client> c;
    {
        asio::io_context context;
        c.emplace(context, options_for(*server));
        CHECK(c->get_executor() != client::executor_type());
        CHECK(&asio::query(c->get_executor(), asio::execution::context) == &context);
        auto id = std::make_unique<std::string>("83454800");
        auto looking = c->get(std::string_view(*id));
        id.reset();  // read within the call
        const result<image> got = run(context, std::move(looking));
        REQUIRE(got.has_value());
        CHECK(got->image_id() == "83454800");
        const tally t = run(context, collect_all(*c, {"83454801", "83454802"}, fetch_options()));
        CHECK(t.good == 2);
    }
    CHECK(c->get_executor() == client::executor_type());
}

TEST_CASE("D7: 64 digest lookups at a time against a service that takes counts within a window of 64") {
    sandbox::background_server server(sandbox::options().nc_window(64));
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).max_connections(64));
    const tally t = run(context, collect_all(c, known_ids(5000), fetch_options().max_in_flight(64)));
    CAPTURE(t.first_error);
    CHECK(t.good == 5000);
    CHECK(t.indexes.size() == 5000);
}

TEST_CASE("D7: a service that demands strict order never sees a count out of order, with the option for it") {
    sandbox::background_server server(sandbox::options().strict_nc());
    asio::io_context context;
    client c(context.get_executor(),
             options_for(*server).max_connections(64).digest_order(digest_order::strict));
    const tally t = run(context, collect_all(c, known_ids(1000), fetch_options().max_in_flight(64)));
    CAPTURE(t.first_error);
    CHECK(t.good == 1000);
    CHECK(server->snapshot().unauthorized == 1);  // the challenge
}

TEST_CASE("each authentication scheme, digest algorithm and protection works against the stand-in service") {
    using sandbox::digest_algorithm;
    struct {
        auth_scheme client;
        sandbox::auth server;
        digest_algorithm algorithm;
        sandbox::digest_qop qop;
    } const cases[] = {
        {auth_scheme::digest, sandbox::auth::digest, digest_algorithm::md5, sandbox::digest_qop::auth},
        {auth_scheme::digest, sandbox::auth::digest, digest_algorithm::sha256, sandbox::digest_qop::auth},
        {auth_scheme::digest, sandbox::auth::digest, digest_algorithm::sha512_256, sandbox::digest_qop::both},
        {auth_scheme::digest, sandbox::auth::digest, digest_algorithm::md5_sess, sandbox::digest_qop::auth},
        {auth_scheme::digest, sandbox::auth::digest, digest_algorithm::sha256_sess,
         sandbox::digest_qop::auth_int},
        {auth_scheme::digest, sandbox::auth::digest, digest_algorithm::sha512_256_sess,
         sandbox::digest_qop::auth},
        {auth_scheme::digest, sandbox::auth::digest, digest_algorithm::md5, sandbox::digest_qop::none},
        {auth_scheme::digest_token_endpoint, sandbox::auth::digest_token_endpoint, digest_algorithm::sha256,
         sandbox::digest_qop::auth},
        {auth_scheme::digest_token_endpoint, sandbox::auth::digest_token_endpoint, digest_algorithm::md5,
         sandbox::digest_qop::auth_int},
        {auth_scheme::bearer, sandbox::auth::bearer, digest_algorithm::md5, sandbox::digest_qop::auth},
        {auth_scheme::digest, sandbox::auth::none, digest_algorithm::md5, sandbox::digest_qop::auth},
    };
    for (const auto& one : cases) {
        CAPTURE(static_cast<int>(one.algorithm));
        CAPTURE(static_cast<int>(one.qop));
        CAPTURE(static_cast<int>(one.server));
        const auto digest = {one.algorithm};
        sandbox::background_server server(sandbox::options()
                                              .scheme(one.server)
                                              .digest_algorithms(digest)
                                              .qop(one.qop)
                                              .send_rspauth()
                                              .offer_userhash()
                                              .next_nonce_every(10));
        asio::io_context context;
        auto options = options_for(*server).auth(one.client);
        if (one.qop == sandbox::digest_qop::none) {
            options.digest_without_qop(digest_without_qop::allow);
        } else if (one.server == sandbox::auth::digest) {
            options.mutual_authentication(mutual_authentication::required);
        }
        client c(context.get_executor(), options);
        const tally t = run(context, collect_all(c, known_ids(50), fetch_options().max_in_flight(1)));
        CAPTURE(t.first_error);
        CHECK(t.good == 50);
        CHECK(server->snapshot().unauthorized ==
              (one.server == sandbox::auth::bearer || one.server == sandbox::auth::none ? 0 : 1));
        CHECK(server->snapshot().tokens_issued == 1);
    }
}

TEST_CASE(
    "D7: many requests at once against a window of counts, and nonces that age while they run: none is "
    "lost") {
    sandbox::background_server server(sandbox::options().nonce_uses(500));
    asio::io_context context;
    client c(context.get_executor(), options_for(*server));
    const tally t = run(context, collect_all(c, known_ids(5'000), fetch_options().max_in_flight(64)));
    CAPTURE(t.first_error);
    CHECK(t.good == 5'000);
    CHECK(server->snapshot().stale >= 9);
    CHECK(c.stats().retries == 0);
}

TEST_CASE(
    "D9: more digest lookups at a time than a service's window holds, or that it takes no gap: none is "
    "lost") {
    const struct {
        sandbox::options service;
        std::size_t at_a_time;
        std::uint64_t requests;
    } rows[] = {
        {sandbox::options().nc_window(64), 256, 6'000},   // narrower than what is under way
        {sandbox::options().nc_window(8), 64, 7'500},     //
        {sandbox::options().strict_nc(), 64, 11'000},     // without the option for it
        {sandbox::options().nonce_uses(1), 64, 11'000},   // a one-time nonce
        {sandbox::options().nonce_uses(10), 64, 11'000},  //
        {sandbox::options().nonce_uses(1).next_nonce_every(1), 64, 11'000},
    };
    for (const auto& row : rows) {
        CAPTURE(&row - rows);
        sandbox::background_server server(row.service);
        asio::io_context context;
        client c(context.get_executor(), options_for(*server).max_connections(row.at_a_time));
        const tally t =
            run(context, collect_all(c, known_ids(5'000), fetch_options().max_in_flight(row.at_a_time)));
        CAPTURE(t.first_error);
        CHECK(t.good == 5'000);
        CHECK(c.stats().requests <= row.requests);
        CHECK(c.stats().retries == 0);
        CHECK(server->snapshot().tokens_issued == 1);
    }
}

TEST_CASE("T3: tokens of 2 s under load: refreshed ahead, no id fails, no request is refused") {
    sandbox::background_server server(sandbox::options().token_lifetime(2s).scheme(sandbox::auth::bearer));
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).auth(auth_scheme::bearer));
    const auto begin = std::chrono::steady_clock::now();
    std::size_t n = 0;
    // Ids as long as three token lives last.
    const auto ids = [&]() -> std::optional<std::string> {
        if (std::chrono::steady_clock::now() - begin > 6500ms) return std::nullopt;
        return std::to_string(10'000'001 + 1'000 * n++);
    };
    const tally t = run(context, collect_all(c, ids, fetch_options().max_in_flight(16)));
    CAPTURE(t.first_error);
    CHECK(t.good == n);
    CHECK(t.failed == 0);
    CHECK(server->snapshot().unauthorized == 0);
    CHECK(server->snapshot().tokens_issued >= 4);
    CHECK(server->snapshot().tokens_issued <= 6);
}

TEST_CASE("P16: later connections resume the TLS session of an earlier one") {
    sandbox::background_server server;
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).max_dials(1));
    const tally t = run(context, collect_all(c, known_ids(500), fetch_options().max_in_flight(16)));
    CHECK(t.good == 500);
    CHECK(server->snapshot().resumptions >= 1);
    CHECK(c.stats().connections_resumed == server->snapshot().resumptions);
}

TEST_CASE("P16: more connections at a time than there are tickets resume all the same") {
    sandbox::background_server server;
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).max_connections(32).max_dials(32));
    const result<image> first = run(context, c.get("10000001"));
    REQUIRE(first.has_value());
    const std::uint64_t opened = c.stats().connections_opened;
    const tally t = run(context, collect_all(c, known_ids(200), fetch_options().max_in_flight(32)));
    CHECK(t.good == 200);
    const std::uint64_t later = c.stats().connections_opened - opened;
    CHECK(later > 4);
    CHECK(c.stats().connections_resumed == later);
}

TEST_CASE("B1: ids without end, a consumer that stops: nothing is pulled beyond the bound") {
    sandbox::background_server server;
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).threading(threading::single_thread));
    std::atomic<std::size_t> pulled = 0;
    auto endless = [&]() -> std::optional<std::string> {
        return std::to_string(10'000'001 + 1'000 * pulled++);
    };
    auto stream = c.fetch(endless, fetch_options().max_in_flight(8).max_buffered(8));
    const auto consume = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 10; ++i) {
            auto o = co_await stream.next();
            REQUIRE(o);
        }
    };
    asio::co_spawn(context, consume(), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    // Everything that was pulled gets its answer; then nothing more happens, though the source could go on.
    while (server->snapshot().images < 26) context.run_one_for(10s);
    context.poll();
    CHECK(pulled == 26);
    stream.cancel();
    asio::co_spawn(context, c.close(), asio::use_future);
    context.restart();
    context.run();
}

TEST_CASE("S1: one client used from many threads of a pool") {
    sandbox::background_server server;
    asio::thread_pool pool(4);
    {
        client c(pool.get_executor(), options_for(*server).max_connections(8));
        std::vector<std::future<bool>> singles;
        for (int i = 0; i < 200; ++i) {
            const std::string id = std::to_string(10'000'001 + 1'000 * i);
            auto look = [](client& with, std::string wanted) -> asio::awaitable<bool> {
                const result<image> found = co_await with.get(wanted);
                co_return found && found->image_id() == wanted;
            };
            singles.push_back(asio::co_spawn(pool, look(c, id), asio::use_future));
        }
        auto batch = [](client& with) -> asio::awaitable<std::size_t> {
            auto stream = with.fetch(known_ids(500), fetch_options().max_in_flight(8));
            std::size_t good = 0;
            while (auto o = co_await stream.next())
                good += o->value && o->value->image.image_id() == o->id ? 1 : 0;
            co_return good;
        };
        auto one = asio::co_spawn(pool, batch(c), asio::use_future);
        auto two = asio::co_spawn(pool, batch(c), asio::use_future);
        for (auto& s : singles) CHECK(s.get());
        CHECK(one.get() == 500);
        CHECK(two.get() == 500);
        CHECK(server->snapshot().tokens_issued == 1);
        CHECK(server->snapshot().max_open_connections <= 8);
        asio::co_spawn(pool, c.close(), asio::use_future).get();
        CHECK(c.stats().connections_idle == 0);
    }
    pool.join();
}

TEST_CASE("S1: calls that end on other threads than the client's leave its deadlines alone") {
    sandbox::background_server server;
    asio::thread_pool pool(4);
    client c(pool.get_executor(), options_for(*server));
    const auto many = [](client& of, int first) -> asio::awaitable<int> {
        int good = 0;
        for (int i = 0; i < 150; ++i) {
            const result<image> one = co_await of.get(std::to_string(10'000'001 + 1'000 * (first + i)));
            good += one ? 1 : 0;
        }
        co_return good;
    };
    std::vector<std::future<int>> all;
    for (int i = 0; i < 8; ++i) all.push_back(asio::co_spawn(pool, many(c, 150 * i), asio::use_future));
    int good = 0;
    for (auto& one : all) good += one.get();
    CHECK(good == 1'200);
    asio::co_spawn(pool, c.close(), asio::use_future).get();
    pool.join();
}

namespace {

asio::awaitable<std::size_t> take_what_is_ready(client& c, bool& early, std::size_t& ready) {
    auto stream = c.fetch(known_ids(300), fetch_options().delivery(delivery::in_input_order));
    early = stream.try_next().has_value();  // nothing has begun
    std::size_t taken = 0;
    for (;;) {
        std::optional<outcome> one = stream.try_next();
        if (one) ++ready;
        if (!one) one = co_await stream.next();
        if (!one) break;
        if (one->index == taken && one->value) ++taken;
    }
    co_await c.close();
    co_return taken;
}

}  // namespace

TEST_CASE("what is ready is taken without waiting, in its order; with a strand nothing is") {
    sandbox::background_server server;
    for (const auto kind : {threading::single_thread, threading::strand}) {
        asio::io_context context;
        client c(context.get_executor(), options_for(*server).threading(kind));
        bool early = true;
        std::size_t ready = 0;
        const std::size_t taken = run(context, take_what_is_ready(c, early, ready));
        CHECK(taken == 300);
        CHECK_FALSE(early);
        CHECK((ready > 0) == (kind == threading::single_thread));
    }
}

namespace {

/// Knows on which threads it was called, and whether two calls overlapped.
struct attendance final : observer {
    void connection_established(const connection_event&) noexcept override { come(); }
    void token_issued(std::chrono::seconds) noexcept override { come(); }
    void connection_closed(std::string_view) noexcept override { come(); }
    void attempt_finished(const attempt_event&) noexcept override { come(); }
    void lookup_completed(const lookup_event&) noexcept override { come(); }
    void come() {
        overlapped = overlapped || inside.fetch_add(1) != 0;
        if (std::this_thread::get_id() == callers) elsewhere = true;
        ++calls;
        std::this_thread::yield();
        inside.fetch_sub(1);
    }
    const std::thread::id callers = std::this_thread::get_id();
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    std::atomic<bool> elsewhere{false};
    std::atomic<std::size_t> calls{0};
};

}  // namespace

TEST_CASE("S1: an observer is called on the client's executor, one call at a time") {
    sandbox::background_server server;
    asio::thread_pool pool(4);
    const auto seen = std::make_shared<attendance>();
    client c(pool.get_executor(), options_for(*server).observer(seen).max_connections(16));
    asio::io_context callers;
    std::vector<std::future<result<image>>> all;
    for (int i = 0; i < 500; ++i)
        all.push_back(
            asio::co_spawn(callers, c.get(std::to_string(10'000'001 + 1'000 * i)), asio::use_future));
    callers.run();
    for (auto& one : all) CHECK(one.get().has_value());
    (void)run(callers, c.get("no such image"));
    callers.restart();
    asio::co_spawn(callers, c.close(), asio::detached);
    callers.run();
    CHECK(seen->calls >= 500 + 1 + 2 + 1);
    CHECK_FALSE(seen->overlapped);
    CHECK_FALSE(seen->elsewhere);
    pool.join();
}

namespace {

struct openings final : observer {
    void connection_established(const connection_event& e) noexcept override { seen.push_back(e); }
    void attempt_finished(const attempt_event& e) noexcept override { attempts.push_back(e.phases); }
    std::vector<connection_event> seen;
    std::vector<attempt_phases> attempts;
};

}  // namespace

TEST_CASE("E3: a new connection tells what its opening took, and who waited for it that it was that") {
    sandbox::background_server server(sandbox::options().scheme(sandbox::auth::bearer));
    const auto seen = std::make_shared<openings>();
    asio::io_context context;
    const auto began = std::chrono::steady_clock::now();
    client c(context, options_for(*server).observer(seen).auth(auth_scheme::bearer));
    CHECK(run(context, c.get("83454800")).has_value());
    const auto took = std::chrono::steady_clock::now() - began;
    REQUIRE(seen->seen.size() == 1);
    const connection_event& e = seen->seen.front();
    CHECK(e.tcp > 0ns);
    CHECK(e.tls > 0ns);
    CHECK(e.tls_version == "TLSv1.3");
    CHECK(e.cipher.starts_with("TLS_"));
    CHECK(e.name + e.tcp + e.tls < took);
    REQUIRE(seen->attempts.size() == 1);
    const attempt_phases& p = seen->attempts.front();
    CHECK(p.credentials >= e.tcp + e.tls);  // the token's request opened it
    CHECK(p.first_byte > 0ns);
    CHECK(p.decode > 0ns);
    CHECK(p.credentials + p.rate + p.connection + p.first_byte + p.body + p.decode < took);
    (void)run(context, test::closed(c));
}

TEST_CASE("S1: cancelling lookups from other threads harms nobody else") {
    sandbox::background_server server(sandbox::options().latency(20ms));
    asio::thread_pool pool(3);
    {
        client c(pool.get_executor(), options_for(*server).max_connections(4));
        std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
        std::vector<std::future<result<image>>> all;
        for (int i = 0; i < 60; ++i) {
            signals.push_back(std::make_unique<asio::cancellation_signal>());
            auto done = std::make_shared<std::promise<result<image>>>();
            all.push_back(done->get_future());
            auto on_strand = asio::make_strand(pool);
            asio::co_spawn(on_strand, c.get(std::to_string(10'000'001 + 1'000 * i)),
                           asio::bind_cancellation_slot(signals.back()->slot(),
                                                        [done](std::exception_ptr, result<image> r) {
                                                            done->set_value(std::move(r));
                                                        }));
            if (i % 3 == 0) {
                auto* signal = signals.back().get();
                asio::post(on_strand, [signal] { signal->emit(asio::cancellation_type::terminal); });
            }
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            const result<image> r = all[i].get();
            if (i % 3 != 0) {
                CHECK(r.has_value());
            } else if (!r) {
                CHECK(r.error().value() == errc::canceled);
            }
        }
        asio::co_spawn(pool, c.close(), asio::use_future).get();
    }
    pool.join();
}

TEST_CASE("a service that refuses the credentials is told in its words") {
    sandbox::background_server server;
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).credentials("sandbox-key", secret("wrong")));
    const auto work = [&]() -> asio::awaitable<result<image>> {
        auto found = co_await c.get("83454800");
        co_await c.close();
        co_return found;
    };
    const result<image> r = run(context, work());
    REQUIRE(r.has_error());
    CHECK(r.error().value() == errc::credentials_rejected);
    CHECK(r.error().http_status() == 401);
    CHECK(r.error().describe().find("wrong") == std::string::npos);
    CHECK(server->snapshot().token_requests == 1);
}

TEST_CASE(
    "P15: an authority that is not trusted, and a name that is not in the certificate, each have their "
    "message") {
    sandbox::background_server server;
    sandbox::background_server other;
    const auto fail = [](client_options options) {
        asio::io_context context;
        client c(context.get_executor(), options.max_attempts(1));
        const auto work = [&]() -> asio::awaitable<result<image>> {
            auto found = co_await c.get("83454800");
            co_await c.close();
            co_return found;
        };
        const result<image> r = run(context, work());
        REQUIRE(r.has_error());
        return r.error();
    };
    const error unknown = fail(options_for(*server).ca_pem(other->ca_pem()));
    CHECK(unknown.value() == errc::certificate_rejected);
    CHECK(unknown.processed() == processed::no);
    const std::string port = std::to_string(server->port());
    const error name = fail(options_for(*server).base_url("https://127.0.0.2:" + port + "/api"));
    CHECK(name.code() == condition::unreachable);
    CHECK(server->snapshot().requests == 0);
}

TEST_CASE("the language and the coordination id reach the service") {
    sandbox::background_server server;
    asio::io_context context;
    client c(context.get_executor(), options_for(*server).language("de"));
    const auto work = [&]() -> asio::awaitable<void> {
        const auto german = co_await c.lookup("10000001", lookup_options().coordination_id("trace-7"));
        const auto english = co_await c.lookup("10000001", lookup_options().language("en-us"));
        REQUIRE(german.has_value());
        REQUIRE(english.has_value());
        CHECK(german->coordination_id == "trace-7");
        REQUIRE_FALSE(german->image.keywords().empty());
        CHECK(german->image.keywords().front().text != english->image.keywords().front().text);
        co_await c.close();
    };
    const auto wrapped = [&]() -> asio::awaitable<bool> {
        co_await work();
        co_return true;
    };
    CHECK(run(context, wrapped()));
}

TEST_CASE("a file of authorities that is missing or holds none is told with its name and the reason") {
    asio::io_context context;
    const auto refused = [&](client_options options) -> std::string {
        try {
            const client c(context.get_executor(), options.credentials("k", secret("s")));
        } catch (const failure& f) {
            CHECK(f.error().value() == errc::invalid_option);
            return f.error().message();
        }
        return "accepted";
    };
    const std::string missing = refused(client_options().ca_file("/nowhere/ca.pem"));
    CHECK(missing.find("ca_file \"/nowhere/ca.pem\": No such file or directory") == 0);
    CHECK(refused(client_options().ca_pem("not a certificate")).find("ca_pem") == 0);
    CHECK(refused(client_options().client_certificate("/nowhere/c.pem", "/nowhere/k.pem"))
              .find("/nowhere/c.pem") != std::string::npos);
}

TEST_CASE("a lookup that is awaited after its client has gone says so") {
    sandbox::background_server server;
    asio::io_context context;
    auto c = std::make_unique<client>(context.get_executor(), options_for(*server));
    auto found = c->get("83454800");
    auto closed = c->close();
    c.reset();
    const result<image> r = run(context, std::move(found));
    REQUIRE(r.has_error());
    CHECK(r.error().value() == errc::client_closed);
    asio::co_spawn(context, std::move(closed), asio::detached);
    context.restart();
    context.run();
}

namespace {

asio::awaitable<std::vector<std::string>> bodies_of(client& c, std::size_t count) {
    std::vector<std::string> bodies;
    fetch_options in_order;
    in_order.decode(decode::raw).delivery(delivery::in_input_order);
    auto stream = c.fetch(known_ids(count), in_order);
    while (auto o = co_await stream.next()) {
        bodies.push_back(o->value ? o->value->raw : o->value.error().describe());
    }
    co_await c.close();
    co_return bodies;
}

}  // namespace

TEST_CASE("gzip: images that came packed are the images that come plain") {
    sandbox::background_server server(sandbox::options().qop(sandbox::digest_qop::auth_int).send_rspauth());
    asio::io_context context;
    const auto fetched = [&](compression how) {
        client c(context.get_executor(), options_for(*server).compression(how).mutual_authentication(
                                             mutual_authentication::required));
        std::vector<std::string> bodies = run(context, bodies_of(c, 200));
        return std::pair(std::move(bodies), c.stats().bytes_received);
    };
    const auto plain = fetched(compression::off);
    const auto packed = fetched(compression::gzip);
    CHECK(plain.first.size() == 200);
    CHECK(plain.first.front().starts_with("{"));
    CHECK(plain.first == packed.first);
    CHECK(packed.second * 2 < plain.second);
}
