// P9, B5: a fault or a cancellation at every single step of a request for several ids, and of its parts.
#include "support/groups_world.hpp"

#include <boost/asio/awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

constexpr std::size_t id_count = 8;

/// Two groups of three and one of two, over two connections; one id is refused, one is passed over by the
/// answers for several, and one does not exist.
struct scene {
    explicit scene(delivery order)
        : world(client_options().max_connections(2).retry_budget(1.0, 100).backoff(1ms, 5ms)), eater(world) {
        world.on_lookup = [](scripted_stream& s, id_list ids) {
            const auto has = [&](const char* id) {
                return std::find(ids.begin(), ids.end(), id) != ids.end();
            };
            if (has("4")) {
                s.deliver(http_response(400, R"({"ErrorCode":"InvalidParameterValue"})"));
                return true;
            }
            if (ids.size() > 1) std::erase(ids, "1");
            const bool missing = std::erase(ids, "6") > 0;
            s.deliver(v3_response(ids, missing ? id_list{"6"} : id_list{}));
            return true;
        };
        auto ids = [this]() -> std::optional<std::string> {
            if (pulled == id_count) return std::nullopt;
            return std::to_string(pulled++);
        };
        eater.open(ids, fetch_options().max_in_flight(2).ids_per_request(3).max_buffered(2).delivery(order));
    }

    /// Lets at most so many handlers run, time included; true when nothing is left to do before that.
    bool run(std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i) {
            if (eater.finished) return true;
            if (!eater.waiting) eater.begin();
            world.context.restart();
            if (world.context.poll_one() == 0) {
                world.scheduler->set(world.scheduler->armed());
                world.scheduler->ring();
            }
        }
        return eater.finished;
    }

    groups_world world;
    consumer eater;
    std::size_t pulled = 0;
};

constexpr delivery orders[] = {delivery::as_completed, delivery::in_input_order};

}  // namespace

TEST_CASE(
    "P9: whichever operation of a group goes wrong, every id has what is its own, and nothing is left") {
    for (const delivery order : orders) {
        std::size_t n = 0;
        for (bool reached = true; reached; ++n) {
            CAPTURE(n);
            scene s(order);
            std::size_t step = 0;
            s.world.dialer->disturb = [&](scripted_stream& stream, net::direction) {
                if (step++ == n) stream.reset();
                return std::optional<net::transfer>();
            };
            s.world.dialer->refuse = [&]() -> std::optional<error> {
                if (step++ != n) return std::nullopt;
                return error(errc::connect_failed, stage::connect, "Connection refused");
            };
            while (!s.run(1)) {
            }
            check_all_answered(s.eater.taken, id_count);
            for (const outcome& o : s.eater.taken) {
                CAPTURE(o.id);
                if (o.id == "4") {
                    CHECK(o.value.error().value() == errc::bad_request);
                } else if (o.id == "6") {
                    CHECK(o.value.error().value() == errc::not_found);
                } else {
                    CHECK(o.value.has_value());
                }
            }
            s.world.check_nothing_left();
            reached = step > n;
        }
        CHECK(n > 15);
    }
}

TEST_CASE("B5: whenever a batch of groups is cancelled, every id that was pulled has its outcome at once") {
    for (const delivery order : orders) {
        std::size_t canceled = 0;
        bool cut_short = true;
        for (std::size_t steps = 0; cut_short; ++steps) {
            CAPTURE(steps);
            REQUIRE(steps < 2000);
            scene s(order);
            cut_short = !s.run(steps);
            const core::time_point now = s.world.scheduler->now();
            s.eater.batch->cancel();
            s.world.settle();
            s.eater.drain();
            REQUIRE(s.eater.finished);
            CHECK(s.world.scheduler->now() == now);
            check_all_answered(s.eater.taken, s.pulled);
            for (const outcome& o : s.eater.taken) {
                if (!o.value && o.value.error().value() == errc::canceled) ++canceled;
            }
            s.world.check_nothing_left();
        }
        CHECK(canceled > 10);
    }
}

TEST_CASE(
    "P9: whenever the client is closed, a batch of groups ends, and every id that was pulled has its "
    "outcome") {
    std::size_t steps = 0;
    for (bool cut_short = true; cut_short; ++steps) {
        CAPTURE(steps);
        REQUIRE(steps < 2000);
        scene s(delivery::as_completed);
        cut_short = !s.run(steps);
        const auto closed = s.world.close();
        while (!*closed || !s.eater.finished) {
            s.world.settle();
            bool ended = false;
            if (!s.eater.waiting && !s.eater.finished) {
                // The last `next` tells why the batch ended.
                async::cancel_scope scope(*s.world.scheduler);
                async::spawn(s.world.context.get_executor(), s.eater.batch->next(scope),
                             [&](std::exception_ptr, lookup::batch::delivery brought) {
                                 auto got = brought.accept();
                                 if (!got || !*got) {
                                     ended = true;
                                 } else {
                                     s.eater.taken.push_back(std::move(**got));
                                 }
                             });
                s.world.settle();
            }
            if (ended) break;
            if (s.world.next_event() != core::never) s.world.step();
        }
        check_all_answered(s.eater.taken, s.pulled);
    }
    CHECK(steps > 25);
}

TEST_CASE(
    "B5: whenever a batch whose source is awaited is cancelled, it ends, and every id has its outcome") {
    for (const std::size_t ids_each : {1U, 3U}) {
        bool cut_short = true;
        for (std::size_t steps = 0; cut_short; ++steps) {
            CAPTURE(ids_each);
            CAPTURE(steps);
            REQUIRE(steps < 5000);
            groups_world w;
            std::size_t pulled = 0;
            const auto source = [&pulled]() -> boost::asio::awaitable<std::optional<std::string>> {
                if (pulled == 40) co_return std::nullopt;
                co_return std::to_string(pulled++);
            };
            consumer eater(w);
            eater.open(id_source([source]() -> boost::asio::awaitable<std::optional<std::string>> {
                           return source();
                       }),
                       fetch_options().max_in_flight(2).ids_per_request(ids_each).max_buffered(2));
            for (std::size_t i = 0; i < steps && !eater.finished; ++i) {
                if (!eater.waiting) eater.begin();
                w.context.restart();
                if (w.context.poll_one() == 0) break;
            }
            cut_short = !eater.finished;
            eater.batch->cancel();
            for (int turns = 0; !eater.finished && turns < 10'000; ++turns) {
                if (!eater.waiting) eater.begin();
                w.context.restart();
                (void)w.context.poll_one();
            }
            REQUIRE(eater.finished);
            check_all_answered(eater.taken, pulled);
            w.check_nothing_left();
        }
    }
}
