// P9, B5: a fault or a cancellation at every single step of a batch, of `next` and of `authenticate`.
#include "support/client_world.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

constexpr std::size_t id_count = 5;

/// A batch of five lookups, two of them for the same id, over two connections.
struct scene {
    explicit scene(delivery order)
        : world(client_options().max_connections(2).acquire_timeout(20s).retry_budget(1.0, 100)),
          eater(world) {
        auto ids = [this]() -> std::optional<std::string> {
            constexpr std::string_view all[id_count] = {"0", "1", "2", "1", "3"};
            if (pulled == id_count) return std::nullopt;
            return std::string(all[pulled++]);
        };
        eater.open(ids, fetch_options().max_in_flight(3).max_buffered(2).delivery(order));
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

    /// Nobody is left without an outcome, nor with two.
    void check_outcomes(std::size_t expected) {
        std::set<std::uint64_t> seen;
        for (const outcome& o : eater.taken) {
            seen.insert(o.index);
            if (o.value) CHECK(o.value->image.image_id() == o.id);
        }
        CHECK(eater.taken.size() == expected);
        CHECK(seen.size() == expected);
    }

    client_world world;
    consumer eater;
    std::size_t pulled = 0;
};

constexpr delivery orders[] = {delivery::as_completed, delivery::in_input_order};

}  // namespace

TEST_CASE("P9: whichever operation of a batch goes wrong, every id has its image and nothing is left") {
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
            s.check_outcomes(id_count);
            for (const outcome& o : s.eater.taken) CHECK(o.value.has_value());
            s.world.check_nothing_left();
            reached = step > n;
        }
        CHECK(n > 10);
    }
}

TEST_CASE("B5: whenever a batch is cancelled, every id that was pulled has its outcome at once") {
    for (const delivery order : orders) {
        std::size_t canceled = 0;
        bool cut_short = true;
        for (std::size_t steps = 0; cut_short; ++steps) {
            CAPTURE(steps);
            REQUIRE(steps < 1000);
            scene s(order);
            cut_short = !s.run(steps);
            const core::time_point now = s.world.scheduler->now();
            s.eater.batch->cancel();
            s.world.settle();
            s.eater.drain();
            REQUIRE(s.eater.finished);
            CHECK(s.world.scheduler->now() == now);  // without a nanosecond passing
            s.check_outcomes(s.pulled);
            for (const outcome& o : s.eater.taken) {
                if (o.value) continue;
                CHECK(o.value.error().value() == errc::canceled);
                ++canceled;
            }
            s.world.check_nothing_left();
        }
        CHECK(canceled > 2);
    }
}

TEST_CASE("P9: whenever `next` is cancelled, the outcome it waited for comes with the following one") {
    for (const delivery order : orders) {
        std::size_t interrupted = 0;
        bool cut_short = true;
        for (std::size_t steps = 0; cut_short; ++steps) {
            CAPTURE(steps);
            REQUIRE(steps < 1000);
            scene s(order);
            cut_short = !s.run(steps);
            bool canceled = false;
            if (!s.eater.finished && !s.eater.waiting) {
                // One more `next`, by a scope of its own that is cancelled before anything runs.
                async::cancel_scope scope(*s.world.scheduler);
                bool over = false;
                std::optional<outcome> got;
                async::spawn(s.world.context.get_executor(), s.eater.batch->next(scope),
                             [&](std::exception_ptr, lookup::batch::delivery brought) {
                                 over = true;
                                 auto accepted = brought.accept();
                                 canceled = accepted.has_error() && accepted.error() == errc::canceled;
                                 if (accepted) got = std::move(*accepted);
                             });
                scope.cancel();
                s.world.settle();
                REQUIRE(over);
                if (got) s.eater.taken.push_back(std::move(*got));
                if (!canceled && !got) s.eater.finished = true;
            }
            interrupted += canceled ? 1 : 0;
            while (!s.run(1)) {
            }
            s.check_outcomes(id_count);
            s.world.check_nothing_left();
        }
        CHECK(interrupted > 0);
    }
}

TEST_CASE(
    "P9: whichever operation of `authenticate` goes wrong, or whenever it is cancelled, nothing is left") {
    for (const bool cancel : {false, true}) {
        std::size_t n = 0;
        for (bool reached = true; reached; ++n) {
            CAPTURE(n);
            REQUIRE(n < 1000);
            client_world w;
            std::size_t step = 0;
            if (!cancel) {
                w.dialer->disturb = [&](scripted_stream& stream, net::direction) {
                    if (step++ == n) stream.reset();
                    return std::optional<net::transfer>();
                };
            }
            async::cancel_scope scope(*w.scheduler);
            std::optional<result<token_info>> done;
            w.spawn<result<token_info>>(w.core->authenticate(scope), [&](result<token_info> r) {
                scope.expires_at(core::never);
                done = std::move(r);
            });
            if (cancel) {
                for (std::size_t i = 0; i < n && !done; ++i) {
                    w.context.restart();
                    w.context.poll_one();
                }
                reached = !done;
                scope.cancel();
                w.settle();
            } else {
                w.advance(60s);
                reached = step > n;
            }
            REQUIRE(done);
            if (!done->has_value()) {
                CHECK(cancel);
                CHECK(done->error().value() == errc::canceled);
            }
            // The flight belongs to nobody in particular: its token serves who comes next.
            const auto next = w.get("1");
            w.advance(60s);
            REQUIRE(next->done);
            CHECK(next->done->has_value());
            CHECK(w.token_posts <= 2);
            w.check_nothing_left();
        }
        CHECK(n > 2);
    }
}
