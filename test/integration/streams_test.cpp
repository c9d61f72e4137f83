// Streams in a program's hands: raced with timers, cancelled by signals, taken from by many.
#include "support/client_and_service.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
using namespace boost::asio::experimental::awaitable_operators;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

client_options options_for(const sandbox::server& server) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem());
    options.credentials("sandbox-key", secret("sandbox-secret")).auth(auth_scheme::bearer);
    return options;
}

#if defined(__SANITIZE_THREAD__)
constexpr std::size_t fewer = 20;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr std::size_t fewer = 20;
#else
constexpr std::size_t fewer = 1;
#endif
#else
constexpr std::size_t fewer = 1;
#endif

struct seen {
    std::set<std::uint64_t> indexes;
    std::size_t twice = 0;
    std::size_t failed = 0;
    std::size_t given_up = 0;

    void add(const outcome& one) {
        twice += indexes.insert(one.index).second ? 0 : 1;
        failed += one.value ? 0 : 1;
    }
};

/// Goes to where both sides of a race come at the same time, however fast the machine is.
class patience {
public:
    std::chrono::microseconds operator()() const { return now_; }
    void gave_up() { now_ = now_ * 5 / 4 + 1us; }
    void got_one() { now_ = now_ * 3 / 4; }

private:
    std::chrono::microseconds now_{100};
};

asio::awaitable<seen> race_with_or(outcome_stream stream) {
    seen all;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    patience wait;
    for (;;) {
        timer.expires_after(wait());
        auto either = co_await (stream.next() || timer.async_wait(asio::use_awaitable));
        if (either.index() == 1) {
            ++all.given_up;
            wait.gave_up();
            continue;
        }
        const std::optional<outcome>& one = std::get<0>(either);
        if (!one) co_return all;
        wait.got_one();
        all.add(*one);
    }
}

asio::awaitable<seen> race_in_group(outcome_stream stream) {
    seen all;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    patience wait;
    for (;;) {
        timer.expires_after(wait());
        auto group = asio::experimental::make_parallel_group(
            asio::co_spawn(executor, stream.next(), asio::deferred), timer.async_wait(asio::deferred));
        auto waiting = group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        auto [order, thrown, one, timed] = co_await std::move(waiting);
        if (thrown) {
            ++all.given_up;
            wait.gave_up();
        } else if (!one) {
            co_return all;
        } else {
            wait.got_one();
            all.add(*one);
        }
    }
}

asio::awaitable<seen> cancel_by_signal(outcome_stream stream) {
    seen all;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    patience wait;
    for (;;) {
        asio::cancellation_signal signal;
        timer.expires_after(wait());
        timer.async_wait([&signal](const boost::system::error_code& ec) {
            if (!ec) signal.emit(asio::cancellation_type::terminal);
        });
        std::optional<outcome> one;
        bool thrown = false;
        asio::steady_timer done(executor, asio::steady_timer::time_point::max());
        auto arrived = [&](const std::exception_ptr& e, std::optional<outcome> got) {
            thrown = e != nullptr;
            one = std::move(got);
            done.cancel();
        };
        asio::co_spawn(executor, stream.next(), asio::bind_cancellation_slot(signal.slot(), arrived));
        boost::system::error_code ignored;
        co_await done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        timer.cancel();
        co_await asio::post(executor, asio::use_awaitable);  // the timer's handler is gone with its signal
        if (thrown) {
            ++all.given_up;
            wait.gave_up();
        } else if (!one) {
            co_return all;
        } else {
            wait.got_one();
            all.add(*one);
        }
    }
}

}  // namespace

TEST_CASE("B11: of 100,000 outcomes whose `next` was raced with a timer or cancelled, each arrives once") {
    using taking = asio::awaitable<seen> (*)(outcome_stream);
    struct part {
        taking how;
        std::size_t count;
    };
    for (const auto how : {threading::single_thread, threading::strand}) {
        client_and_service s(how);
        for (const auto& [take, count] :
             {part{race_with_or, 30'000 / fewer}, part{race_in_group, 10'000 / fewer},
              part{cancel_by_signal, 10'000 / fewer}}) {
            // One at a time, so that the consumer has to wait for each.
            const seen all =
                s.run(take(s.c.fetch(ids(count), fetch_options().max_in_flight(1).max_buffered(1))));
            CHECK(all.indexes.size() == count);
            CHECK(all.twice == 0);
            CHECK(all.failed == 0);
            CHECK(all.given_up > 10);
        }
    }
}

TEST_CASE("B11: many coroutines on many threads take from one stream, and each outcome goes to one of them") {
    constexpr std::size_t count = 20'000;
    sandbox::background_server server(sandbox::options().scheme(sandbox::auth::bearer));
    asio::thread_pool pool(4);
    client c(pool.get_executor(), options_for(*server));
    outcome_stream stream = c.fetch(ids(count));
    std::mutex mutex;
    seen all;
    const auto add = [&](const outcome& one) {
        const std::lock_guard hold(mutex);
        all.add(one);
    };
    const auto by_next = [&]() -> asio::awaitable<void> {
        for (;;) {
            const std::optional<outcome> one = co_await stream.next();
            if (!one) co_return;
            add(*one);
        }
    };
    const auto by_some = [&]() -> asio::awaitable<void> {
        for (;;) {
            const std::vector<outcome> some = co_await stream.next_some(7);
            if (some.empty()) co_return;
            CHECK(some.size() <= 7);
            for (const outcome& one : some) add(one);
        }
    };
    const auto by_each = [&]() -> asio::awaitable<void> {
        return stream.for_each([&](outcome&& one) { add(one); });
    };
    std::vector<std::future<void>> takers;
    for (int i = 0; i < 3; ++i) {
        takers.push_back(asio::co_spawn(asio::make_strand(pool), by_next, asio::use_future));
        takers.push_back(asio::co_spawn(asio::make_strand(pool), by_some, asio::use_future));
        takers.push_back(asio::co_spawn(asio::make_strand(pool), by_each, asio::use_future));
    }
    for (auto& one : takers) one.get();
    CHECK(all.indexes.size() == count);
    CHECK(all.twice == 0);
    CHECK(all.failed == 0);
    asio::co_spawn(pool, c.close(), asio::use_future).get();
    pool.join();
}

namespace {

asio::awaitable<std::size_t> taken_without_waiting(client& c, std::size_t count) {
    outcome_stream stream = c.fetch(ids(count), fetch_options().max_in_flight(8).max_buffered(8));
    std::size_t without = 0;
    seen all;
    for (;;) {
        std::optional<outcome> one = stream.try_next();
        if (one) {
            ++without;
        } else {
            one = co_await stream.next();
        }
        if (!one) break;
        all.add(*one);
    }
    CHECK(all.indexes.size() == count);
    CHECK_FALSE(stream.try_next());
    co_return without;
}

}  // namespace

TEST_CASE("B11: what is ready is taken without waiting, whichever threading") {
    for (const auto how : {threading::single_thread, threading::strand}) {
        client_and_service s(how);
        const std::size_t without = s.run(taken_without_waiting(s.c, 3'000));
        CHECK(without > 100);
    }
}

namespace {

asio::awaitable<std::vector<std::string>> each_in_order(client& c, std::size_t fail_at) {
    std::vector<std::string> got;
    outcome_stream stream =
        c.fetch(ids(20), fetch_options().delivery(delivery::in_input_order).max_in_flight(4));
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const auto slow = [&](outcome&& one) -> asio::awaitable<void> {
        timer.expires_after(100us);
        co_await timer.async_wait(asio::use_awaitable);
        got.push_back(one.id);
        if (got.size() == fail_at) throw std::runtime_error("enough");
    };
    std::string why;
    try {
        co_await stream.for_each(slow);
    } catch (const std::runtime_error& e) {
        why = e.what();
    }
    CHECK(why == (fail_at == 0 ? "" : "enough"));
    // What was not taken is still there.
    const auto rest = [&](outcome&& one) { got.push_back(one.id); };
    co_await stream.for_each(rest);
    co_return got;
}

}  // namespace

TEST_CASE("B11: for_each awaits what it calls, and what that throws loses nothing") {
    for (const auto how : {threading::single_thread, threading::strand}) {
        client_and_service s(how);
        for (const std::size_t fail_at : {0U, 1U, 7U}) {
            const std::vector<std::string> got = s.run(each_in_order(s.c, fail_at));
            std::vector<std::string> wanted;
            auto next = ids(20);
            while (const auto id = next()) wanted.push_back(*id);
            CHECK(got == wanted);
        }
    }
}

namespace {

/// Which side of `||` was the first to end well, when `next` has nothing but an error to tell.
asio::awaitable<std::size_t> race_with_an_error(outcome_stream& stream) {
    asio::steady_timer timer(co_await asio::this_coro::executor, 50ms);
    auto either = co_await (stream.next() || timer.async_wait(asio::use_awaitable));
    co_return either.index();
}

asio::awaitable<errc> error_of(outcome_stream& stream) {
    try {
        (void)co_await stream.next();
    } catch (const failure& f) {
        co_return f.error().value();
    }
    co_return errc{};
}

asio::awaitable<bool> group_with_an_error(outcome_stream& stream) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, std::chrono::hours(1));
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, stream.next(), asio::deferred), timer.async_wait(asio::deferred));
    auto waiting = group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    auto [order, thrown, one, timed] = co_await std::move(waiting);
    co_return order[0] == 0 && thrown != nullptr;
}

}  // namespace

TEST_CASE("B11: an error of `next` is passed over by `||`, and told by a group and by each later call") {
    for (const auto how : {threading::single_thread, threading::strand}) {
        client_and_service s(how);
        auto stream =
            s.c.fetch([]() -> std::optional<std::string> { throw std::runtime_error("the file is gone"); });
        CHECK(s.run(race_with_an_error(stream)) == 1);
        CHECK(s.run(group_with_an_error(stream)));
        CHECK(s.run(error_of(stream)) == errc::invalid_source);
        CHECK(s.run(error_of(stream)) == errc::invalid_source);
    }
}

namespace {

struct calls {
    std::size_t all = 0;
    std::size_t within = 0;  ///< completed in the turn in which they were made
};

asio::awaitable<calls> call_next(outcome_stream stream, const std::size_t& turn) {
    calls made;
    for (int ends = 0; ends < 2;) {
        const std::size_t before = turn;
        bool more = false;
        try {
            const std::optional<outcome> one = co_await stream.next();
            more = one.has_value();
        } catch (const failure&) {
        }
        ++made.all;
        made.within += turn == before ? 1 : 0;
        ends += more ? 0 : 1;
    }
    co_return made;
}

/// Counts the turns of the caller's executor meanwhile.
calls calls_of(client_and_service& s, outcome_stream stream) {
    std::size_t turn = 0;
    auto done = asio::co_spawn(s.callers, call_next(std::move(stream), turn), asio::use_future);
    s.callers.restart();
    while (done.wait_for(0s) != std::future_status::ready && s.callers.run_one() > 0) ++turn;
    return done.get();
}

}  // namespace

TEST_CASE("B11: `next` never completes within its call, whether it has an outcome, the end or an error") {
    for (const auto how : {threading::single_thread, threading::strand}) {
        CAPTURE(static_cast<int>(how));
        client_and_service s(how);
        const calls whole = calls_of(s, s.c.fetch(ids(200)));
        CHECK(whole.all == 202);
        CHECK(whole.within == 0);
        const auto breaks = [n = 0]() mutable -> std::optional<std::string> {
            if (++n > 50) throw std::runtime_error("the file is gone");
            return std::to_string(10'000'001 + 1'000 * n);
        };
        const calls broken = calls_of(s, s.c.fetch(breaks));
        CHECK(broken.all == 52);
        CHECK(broken.within == 0);
    }
}
