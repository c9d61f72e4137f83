// The calls of a client with completion tokens of every kind.
#include "support/client_and_service.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

// Not every Boost that this is built with has it: cmake/boost looks at what is included by name.
#define GETTY_CONNECT_CANCEL_AFTER <boost/asio/cancel_after.hpp>
#if __has_include(GETTY_CONNECT_CANCEL_AFTER)
#include GETTY_CONNECT_CANCEL_AFTER
#endif

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr threading both[] = {threading::single_thread, threading::strand};

std::string id_of(const result<image>& got) { return std::string(got.value().image_id().value_or("")); }

}  // namespace

TEST_CASE("E1: a callback gets the image, on the client's executor, never within the call") {
    for (const auto how : both) {
        client_and_service s(how);
        std::promise<result<image>> got;
        std::thread::id where;
        bool within = true;
        s.c.async_get(known, [&](result<image> one) {
            if (!s.elsewhere) CHECK(!within);
            where = std::this_thread::get_id();
            got.set_value(std::move(one));
        });
        within = false;
        auto future = got.get_future();
        s.run_until([&] { return future.wait_for(s.elsewhere ? 1h : 0s) == std::future_status::ready; });
        CHECK(id_of(future.get()) == known);
        CHECK(where == (s.elsewhere ? s.thread.get_id() : std::this_thread::get_id()));
    }
}

TEST_CASE("E1: a plain thread waits for futures, of images and of errors") {
    client_and_service s(threading::strand);
    std::future<result<image>> one = s.c.async_get(known, asio::use_future);
    std::future<result<image>> none = s.c.async_get(absent, lookup_options(), asio::use_future);
    std::future<result<document>> raw =
        s.c.async_lookup(known, lookup_options().decode(decode::raw), asio::use_future);
    CHECK(id_of(one.get()) == known);
    CHECK(none.get().error() == errc::not_found);
    CHECK(raw.get().value().raw.starts_with('{'));
    CHECK(s.c.async_lookup(known, asio::use_future).get().has_value());
    CHECK(s.c.async_authenticate(asio::use_future).get().value().remaining > 0s);
    outcome_stream stream = s.c.fetch({known, absent});
    std::size_t outcomes = 0;
    while (stream.async_next(asio::use_future).get().value()) ++outcomes;
    CHECK(outcomes == 2);
}

TEST_CASE("E1: every call is deferred by default and begins when it is awaited") {
    client_and_service s;
    const auto use = [](client& c) -> asio::awaitable<int> {
        const result<image> one = co_await c.async_get(known);
        CHECK(one->image_id() == known);
        const result<image> none = co_await c.async_get(absent, lookup_options());
        CHECK(none.error() == errc::not_found);
        const result<document> whole = co_await c.async_lookup(known);
        CHECK(whole->image.image_id() == known);
        lookup_options raw;
        raw.decode(decode::raw);
        const result<document> text = co_await c.async_lookup(known, raw);
        CHECK(text->raw.starts_with('{'));
        const result<token_info> token = co_await c.async_authenticate();
        CHECK(token->remaining > 0s);
        outcome_stream stream = c.fetch({known, absent});
        int outcomes = 0;
        for (;;) {
            const result<std::optional<outcome>> next = co_await stream.async_next();
            if (!next.value()) break;
            ++outcomes;
        }
        auto later = c.async_get(known);
        const auto before = c.stats().lookups_started;
        const result<image> now = co_await std::move(later);
        CHECK(now.has_value());
        CHECK(c.stats().lookups_started == before + 1);
        co_await c.async_close();
        co_return outcomes;
    };
    CHECK(s.run(use(s.c)) == 2);
}

TEST_CASE("E1: a deferred call that is never made leaves nothing and asks nothing") {
    client_and_service s;
    {
        auto never = s.c.async_get(known);
        (void)never;
    }
    CHECK(s.c.stats().lookups_started == 0);
}

TEST_CASE("E1: as_tuple, and codes for redirect_error and for throwing") {
    for (const auto how : both) {
        client_and_service s(how);
        const auto use = [](client& c) -> asio::awaitable<int> {
            auto [one] = co_await c.async_get(known, asio::as_tuple(asio::use_awaitable));
            CHECK(one->image_id() == known);
            error_code failed = make_error_code(errc::internal_failure);
            auto token = as_error_code(asio::redirect_error(asio::use_awaitable, failed));
            const image found = co_await c.async_get(known, token);
            CHECK(!failed);
            CHECK(found.image_id() == known);
            const image nothing = co_await c.async_get(absent, token);
            CHECK(failed == errc::not_found);
            CHECK(!nothing.image_id());
            auto tuple = as_error_code(asio::as_tuple(asio::deferred));
            auto [code, second] = co_await c.async_lookup(absent, tuple);
            CHECK(code == condition::not_found);
            CHECK(second.raw.empty());
            bool thrown = false;
            try {
                (void)co_await c.async_get(absent, as_error_code(asio::use_awaitable));
            } catch (const boost::system::system_error& e) {
                thrown = e.code() == errc::not_found;
            }
            CHECK(thrown);
            auto closing = asio::redirect_error(asio::use_awaitable, failed);
            co_await c.async_close(closing);
            CHECK(!failed);
            co_return 1;
        };
        CHECK(s.run(use(s.c)) == 1);
    }
}

TEST_CASE("E1: a handler runs on the executor it is bound to, which has work until then") {
    for (const auto how : both) {
        client_and_service s(how);
        asio::io_context other;
        std::optional<result<image>> got;
        std::thread::id where;
        const auto handler = [&](result<image> one) {
            where = std::this_thread::get_id();
            got = std::move(one);
        };
        s.c.async_get(known, asio::bind_executor(other, handler));
        // Nothing but the call keeps `other` from running out of work.
        std::thread there([&] { other.run(); });
        const auto id = there.get_id();
        if (!s.elsewhere) s.run_until([&] { return s.c.stats().lookups_succeeded == 1; });
        there.join();
        REQUIRE(got);
        CHECK(got->value().image_id() == known);
        CHECK(where == id);
    }
}

TEST_CASE("E1: through a bound slot every type of cancellation ends a call, and no other") {
    for (const auto how : both) {
        client_and_service s(how);
        s.server->add_fault("slow-start:wait=1m");
        for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                                asio::cancellation_type::total}) {
            asio::cancellation_signal signal;
            std::optional<result<image>> got;
            const auto handler = [&](result<image> one) { got = std::move(one); };
            s.c.async_get(
                known, asio::bind_executor(s.callers, asio::bind_cancellation_slot(signal.slot(), handler)));
            asio::post(s.callers, [&] { signal.emit(type); });
            s.run_until([&] { return got.has_value(); });
            CHECK(got->error() == errc::canceled);
        }
        s.server->clear_faults();
        asio::cancellation_signal none;
        std::optional<result<image>> found;
        const auto image_handler = [&](result<image> one) { found = std::move(one); };
        s.c.async_get(
            known, asio::bind_executor(s.callers, asio::bind_cancellation_slot(none.slot(), image_handler)));
        asio::post(s.callers, [&] { none.emit(asio::cancellation_type::none); });
        s.run_until([&] { return found.has_value(); });
        CHECK(found->has_value());
        s.server->add_fault("slow-start:wait=1m");
        outcome_stream stream = s.c.fetch({known});
        asio::cancellation_signal signal;
        std::optional<result<std::optional<outcome>>> next;
        const auto handler = [&](result<std::optional<outcome>> one) { next = std::move(one); };
        stream.async_next(
            asio::bind_executor(s.callers, asio::bind_cancellation_slot(signal.slot(), handler)));
        asio::post(s.callers, [&] { signal.emit(asio::cancellation_type::partial); });
        s.run_until([&] { return next.has_value(); });
        CHECK(next->error() == errc::canceled);
        CHECK(s.c.stats().lookups_canceled == 3);  // the batch goes on
        stream.cancel();
    }
}

TEST_CASE("E1: in a parallel group the first success wins and the others end") {
    for (const auto how : both) {
        client_and_service s(how);
        s.server->add_fault("slow-start:wait=1m,id=2222");
        const auto use = [](client& c) -> asio::awaitable<std::vector<std::size_t>> {
            auto group =
                asio::experimental::make_parallel_group(c.async_get("2222", as_error_code(asio::deferred)),
                                                        c.async_get("", as_error_code(asio::deferred)),
                                                        c.async_get(known, as_error_code(asio::deferred)));
            auto waiting = group.async_wait(asio::experimental::wait_for_one_success(), asio::use_awaitable);
            auto [order, hung, nothing, missing, no_image, well, found] = co_await std::move(waiting);
            CHECK(hung == errc::canceled);
            CHECK(missing == errc::invalid_id);
            CHECK(!well);
            CHECK(found.image_id() == known);
            co_return std::vector<std::size_t>(order.begin(), order.end());
        };
        CHECK(s.run(use(s.c)).back() == 0);
    }
}

TEST_CASE("E1: a coroutine of an executor type of its own") {
    using executor = asio::io_context::executor_type;
    for (const auto how : both) {
        client_and_service s(how);
        bool ended = false;
        const auto use = [&]() -> asio::awaitable<void, executor> {
            const asio::use_awaitable_t<executor> token;
            const result<image> one = co_await s.c.async_get(known, token);
            CHECK(one->image_id() == known);
            const result<image> deferred = co_await s.c.async_get(known);
            CHECK(deferred->image_id() == known);
            outcome_stream stream = s.c.fetch({known});
            const result<std::optional<outcome>> next = co_await stream.async_next(token);
            CHECK(next.value()->id == known);
            ended = true;
        };
        asio::co_spawn(s.callers.get_executor(), use(), asio::detached);
        s.run_until([&] { return ended; });
        CHECK(ended);
    }
}

#if __has_include(GETTY_CONNECT_CANCEL_AFTER)
TEST_CASE("E1: a call that cancel_after ends, by a timer on the client's executor") {
    for (const auto how : both) {
        client_and_service s(how);
        s.server->add_fault("slow-start:wait=1m");
        const auto use = [](client& c) -> asio::awaitable<int> {
            const result<image> late = co_await c.async_get(known, asio::cancel_after(50ms));
            CHECK(late.error() == errc::canceled);
            error_code failed;
            auto soon = asio::cancel_after(50ms, asio::use_awaitable);
            auto token = as_error_code(asio::redirect_error(soon, failed));
            const image none = co_await c.async_get(known, token);
            CHECK(failed == errc::canceled);
            CHECK(!none.image_id());
            co_return 1;
        };
        CHECK(s.run(use(s.c)) == 1);
    }
}
#endif

TEST_CASE("E1: a handler without its type, whose executor cannot be posted to") {
    for (const auto how : both) {
        client_and_service s(how);
        asio::io_context other;
        std::optional<result<image>> got;
        bool there = false;
        asio::any_completion_handler<void(result<image>)> handler =
            asio::bind_executor(other, [&](result<image> one) {
                there = other.get_executor().running_in_this_thread();
                got = std::move(one);
            });
        auto guard = asio::make_work_guard(other);
        s.c.async_get(known, std::move(handler));
        if (!s.elsewhere) s.run_until([&] { return s.c.stats().lookups_succeeded == 1; });
        while (!got) other.run_one();
        CHECK(got->value().image_id() == known);
        CHECK(there);
        // Without an executor of its own it is called on the client's.
        std::promise<bool> there_too;
        asio::any_completion_handler<void(result<image>)> bare = [&](const result<image>& one) {
            there_too.set_value(one.has_value() && s.c.get_executor() != asio::any_io_executor());
        };
        s.c.async_get(known, std::move(bare));
        auto called = there_too.get_future();
        s.run_until([&] { return called.wait_for(s.elsewhere ? 1h : 0s) == std::future_status::ready; });
        CHECK(called.get());
    }
}

namespace {

/// Counts what is under way, and what there has been.
struct counted {
    std::size_t live = 0;
    std::size_t made = 0;
};

template <class T>
struct counting_allocator {
    using value_type = T;
    explicit counting_allocator(counted& by) noexcept : count(&by) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other) noexcept : count(other.count) {}
    T* allocate(std::size_t n) {
        ++count->live;
        ++count->made;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) noexcept {
        --count->live;
        std::allocator<T>().deallocate(p, n);
    }
    friend bool operator==(const counting_allocator&, const counting_allocator&) = default;
    counted* count;
};

}  // namespace

TEST_CASE("E1: a handler is kept in memory of its allocator, which is free when it is called") {
    client_and_service s;
    counted count;
    bool called = false;
    const auto handler = [&](const result<image>&) {
        CHECK(count.live == 0);
        called = true;
    };
    s.c.async_get(known, asio::bind_allocator(counting_allocator<void>(count), handler));
    CHECK(count.live == 1);
    s.run_until([&] { return called; });
    CHECK(count.made >= 1);
}

TEST_CASE("E1: a client that goes with its context under a call lets go of the handler uncalled") {
    sandbox::background_server server(sandbox::options().scheme(sandbox::auth::bearer));
    const auto alive = std::make_shared<int>(0);
    std::optional<client> c;
    {
        asio::io_context context;
        c.emplace(context, client_options()
                               .base_url(server->base_url())
                               .ca_pem(server->ca_pem())
                               .credentials("sandbox-key", secret("sandbox-secret")));
        c->async_get(known, [alive](const result<image>&) { FAIL("nobody runs this"); });
        context.run_one();
        CHECK(alive.use_count() == 2);
    }
    CHECK(alive.use_count() == 1);
    // Without a context of its own there is only the system's to tell of it.
    CHECK(c->async_get(known, asio::use_future).get().error() == errc::client_closed);
    CHECK_NOTHROW(c->async_close(asio::use_future).get());
}

TEST_CASE("E1: callbacks on many threads get each its own image") {
    sandbox::background_server server(sandbox::options().scheme(sandbox::auth::bearer));
    asio::thread_pool pool(3);
    std::vector<asio::any_io_executor> executors;
    for (int i = 0; i < 2; ++i) executors.push_back(asio::make_strand(pool));
    sharded_client shards(executors, client_options()
                                         .base_url(server->base_url())
                                         .ca_pem(server->ca_pem())
                                         .credentials("sandbox-key", secret("sandbox-secret"))
                                         .auth(auth_scheme::bearer));
    std::vector<std::string> wanted;
    auto next = ids(400);
    for (auto id = next(); id; id = next()) wanted.push_back(*id);
    std::vector<std::future<result<image>>> images;
    for (const std::string& id : wanted) images.push_back(shards.async_get(id, asio::use_future));
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(id_of(images[i].get()) == wanted[i]);
    CHECK(shards.async_lookup(known, asio::use_future).get().has_value());
    CHECK(shards.async_authenticate(asio::use_future).get().has_value());
    shards.async_close(asio::use_future).get();
    CHECK(shards.stats().connections_opened == shards.stats().connections_closed);
    CHECK(shards.async_get(known, asio::use_future).get().error() == errc::client_closed);
}

TEST_CASE("E1: a handler that throws disturbs nobody else, and what it throws leaves run()") {
    client_and_service s;
    constexpr std::size_t count = 60;
    std::size_t called = 0;
    auto next = ids(count);
    for (auto id = next(); id; id = next()) {
        s.c.async_get(*id, [&](const result<image>& got) {
            CHECK(got.has_value());
            ++called;
            throw std::runtime_error("mine");
        });
    }
    std::size_t thrown = 0;
    while (called < count) {
        s.callers.restart();
        try {
            if (s.callers.run_one_for(10s) == 0) break;
        } catch (const std::exception&) {  // several of one turn are Asio's multiple_exceptions
            ++thrown;
        }
    }
    CHECK(called == count);
    CHECK(thrown > 0);
    CHECK(s.run(test::closed(s.c)));
    CHECK(s.c.stats().connections_leased == 0);
}

TEST_CASE("E1: a handler may end the client, and the stream that it was called for") {
    for (const bool whole : {false, true}) {
        CAPTURE(whole);
        sandbox::background_server server(sandbox::options().scheme(sandbox::auth::bearer));
        asio::io_context context;
        std::optional<client> c;
        c.emplace(context, client_options()
                               .base_url(server->base_url())
                               .ca_pem(server->ca_pem())
                               .credentials("sandbox-key", secret("sandbox-secret"))
                               .auth(auth_scheme::bearer)
                               .threading(threading::single_thread));
        std::optional<outcome_stream> stream(c->fetch(ids(50)));
        std::size_t ended = 0;
        for (int i = 0; i < 3; ++i) {
            c->async_get(known, [&](const result<image>&) {
                stream.reset();
                if (whole) c.reset();
                ++ended;
            });
            stream->async_next([&](const result<std::optional<outcome>>&) {
                stream.reset();
                if (whole) c.reset();
                ++ended;
            });
        }
        while (ended < 6 && context.run_one_for(10s) > 0) {
        }
        CHECK(ended == 6);
        if (!whole) {
            c->async_close(asio::detached);
        }
        context.run_for(10s);
        CHECK(context.stopped());
    }
}

TEST_CASE("E1: handlers that call again pile up no stack, and need not be copied") {
    client_and_service s;
    struct chain {
        client& c;
        std::size_t left;
        void operator()() {
            auto own = std::make_unique<int>(1);  // neither can the handler be copied
            c.async_get("", [this, o = std::move(own)](const result<image>& got) {
                CHECK(got.error() == errc::invalid_id);
                if (--left > 0) (*this)();
            });
        }
    } next{s.c, 20'000};
    next();
    s.run_until([&] { return next.left == 0; });
    CHECK(next.left == 0);
}
