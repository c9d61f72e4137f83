#include "policy/pool_state.hpp"

#include "core/random.hpp"
#include "unit/policy/allocations.hpp"
#include "unit/policy/moment.hpp"
#include "unit/policy/pool_world.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <numeric>
#include <string>

using namespace std::chrono_literals;
using namespace getty::connect;
using policy::pool_limits;
using policy::pool_state;
using kind = pool_state::action::kind;
using actions = pool_state::actions;

namespace {

pool_limits small(std::size_t connections, std::size_t dials, std::size_t waiters = 100) {
    return {.max_connections = connections,
            .max_waiters = waiters,
            .max_dials = dials,
            .idle_ttl = 30s,
            .max_lifetime = 600s};
}

/// Actions in words, so that an expectation is one line.
std::string words(const actions& list) {
    std::string out;
    for (const auto& a : list) {
        if (!out.empty()) out += ", ";
        switch (a.what) {
            case kind::grant:
                out += (a.reused ? "reuse " : "fresh ") + std::to_string(a.connection) + " for " +
                       std::to_string(a.waiter);
                break;
            case kind::dial:
                out += "dial " + std::to_string(a.connection);
                break;
            case kind::close:
                out += "close " + std::to_string(a.connection);
                break;
            case kind::fail:
                out += "fail " + std::to_string(a.waiter) + ": " + std::string(to_string(a.reason));
                break;
        }
    }
    return out;
}

/// Of events that bring none.
actions none;

/// Runs one event and puts its actions into words.
template <class Event>
std::string after(Event event) {
    actions out;
    event(out);
    return words(out);
}

constexpr auto place = pool_state::sharing::shared;
constexpr auto whole = pool_state::sharing::exclusive;
const auto t0 = moment(0s);
const auto old_age = moment(600s);

/// A pool whose connections 0 .. n-1 are idle, n-1 the newest, each since `moment(its number in seconds)`.
pool_state with_idle(std::size_t n, const pool_limits& limits) {
    pool_state pool(limits);
    actions out;
    for (std::uint32_t i = 0; i < n; ++i) pool.enqueue(i, place, t0, out);
    for (std::uint32_t i = 0; i < n; ++i) pool.dialled(i, t0, old_age, out);
    for (std::uint32_t i = 0; i < n; ++i) pool.released(i, true, moment(i * 1s), out);
    REQUIRE(pool.idle() == n);
    return pool;
}

}  // namespace

TEST_CASE("pool: the first waiter causes a dial and gets its connection as fresh") {
    pool_state pool(small(2, 2));
    CHECK(after([&](auto& o) { CHECK_FALSE(pool.try_acquire(place, t0, o)); }).empty());
    CHECK(after([&](auto& o) { pool.enqueue(7, place, t0, o); }) == "dial 0");
    CHECK(after([&](auto& o) { pool.dialled(0, t0, old_age, o); }) == "fresh 0 for 7");
    CHECK(pool.leased() == 1);
}

TEST_CASE("pool: a connection given back goes to the oldest waiter as reused, else idle") {
    pool_state pool(small(1, 1));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    after([&](auto& o) { pool.enqueue(3, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "reuse 0 for 2");
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "reuse 0 for 3");
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }).empty());
    CHECK(pool.idle() == 1);
}

TEST_CASE(
    "P4: a connection that may not be reused is closed, and its slot dials only when the socket is gone") {
    pool_state pool(small(1, 1));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    CHECK(after([&](auto& o) { pool.released(0, false, t0, o); }) == "close 0");
    CHECK(pool.dialling() == 0);
    CHECK(after([&](auto& o) { pool.closed(0, o); }) == "dial 0");
}

TEST_CASE("P8: a thousand waiters are served first come first served") {
    pool_state pool(small(4, 4, 1000));
    actions out;
    for (pool_state::waiter_id i = 0; i < 1000; ++i) pool.enqueue(i, place, t0, out);
    for (pool_state::slot c = 0; c < 4; ++c) pool.dialled(c, t0, old_age, out);
    for (std::uint32_t i = 0; i < 996; ++i) pool.released(i % 4, true, t0, out);
    pool_state::waiter_id expected = 0;
    for (const auto& a : out) {
        if (a.what == kind::grant) CHECK(a.waiter == expected++);
    }
    CHECK(expected == 1000);
}

TEST_CASE("P8: idle connections are taken newest first") {
    pool_state pool = with_idle(3, small(3, 3));
    actions out;
    for (pool_state::slot expected : {2U, 1U, 0U})
        CHECK(pool.try_acquire(place, t0, out)->connection == expected);
    CHECK(out.empty());
}

TEST_CASE("P8: nobody overtakes those who wait") {
    pool_state pool(small(1, 1));
    actions out;
    pool.enqueue(1, place, t0, out);
    CHECK_FALSE(pool.try_acquire(place, t0, out));
    pool.dialled(0, t0, old_age, out);
    pool.released(0, true, t0, out);
    CHECK(after([&](auto& o) { pool.enqueue(2, place, t0, o); }) == "reuse 0 for 2");
}

TEST_CASE("P6: an idle connection is closed by the sweep at its time to live, not before") {
    pool_state pool = with_idle(2, small(2, 2));  // idle since 0 s and 1 s, for 30 s
    CHECK(pool.next_sweep() == moment(30s));
    CHECK(after([&](auto& o) { pool.sweep(moment(30s) - 1ns, o); }).empty());
    CHECK(after([&](auto& o) { pool.sweep(moment(30s), o); }) == "close 0");
    CHECK(pool.next_sweep() == moment(31s));
    CHECK(after([&](auto& o) { pool.sweep(moment(31s), o); }) == "close 1");
    CHECK(pool.next_sweep() == core::never);
}

TEST_CASE(
    "P6: a sweep that comes early because its connection was leased closes nothing and plans the next") {
    pool_state pool = with_idle(2, small(2, 2));
    actions out;
    REQUIRE(pool.try_acquire(place, t0, out));
    REQUIRE(pool.try_acquire(place, t0, out));
    pool.released(1, true, moment(10s), out);
    pool.released(0, true, moment(20s), out);
    REQUIRE(pool.try_acquire(place, moment(25s), out)->connection == 0);
    pool.idle_died(1, out);
    pool.released(0, true, moment(25s), out);
    out.clear();
    CHECK(pool.next_sweep() <= moment(55s));
    pool.sweep(moment(40s), out);
    CHECK(out.empty());
    CHECK(pool.next_sweep() == moment(55s));
}

TEST_CASE("P6: an expired idle connection is closed and never leased, even before the sweep") {
    pool_state pool = with_idle(3, small(3, 3));  // expire at 30, 31 and 32 s
    actions out;
    CHECK_FALSE(pool.try_acquire(place, moment(32s), out));
    CHECK(words(out) == "close 2, close 1, close 0");
    pool = with_idle(3, small(3, 3));
    CHECK(after([&](auto& o) { pool.enqueue(9, place, moment(31s), o); }) == "reuse 2 for 9");
}

TEST_CASE("P6: a connection past its retirement finishes its lookup first and is then closed") {
    pool_state pool(small(1, 1));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, moment(10s), o); });
    CHECK(after([&](auto& o) { pool.sweep(moment(20s), o); }).empty());
    CHECK(after([&](auto& o) { pool.released(0, true, moment(20s), o); }) == "close 0");
}

TEST_CASE("P6: an idle connection is closed at its retirement when that comes before the idle limit") {
    pool_state pool(small(1, 1));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, moment(10s), o); });
    after([&](auto& o) { pool.released(0, true, moment(9s), o); });
    CHECK(pool.next_sweep() == moment(10s));
    CHECK(after([&](auto& o) { pool.sweep(moment(10s), o); }) == "close 0");
}

TEST_CASE("P6: retirements of connections opened together spread over a fifth of the lifetime") {
    const pool_state pool(small(1, 1));
    CHECK(pool.retirement(t0, 0.0) == moment(600s));
    CHECK(pool.retirement(t0, 0.5) == moment(540s));
    CHECK(pool.retirement(t0, 0.999999) >= moment(480s));
    CHECK(pool.retirement(t0, 0.999999) < moment(481s));
    pool_limits for_ever = small(1, 1);
    for_ever.max_lifetime = core::duration::max();
    CHECK(pool_state(for_ever).retirement(t0, 0.0) == core::never);
}

TEST_CASE("P5: the server's keep-alive limit counts from the release and never prolongs ours") {
    pool_state pool(small(1, 1));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
    pool.limit_idle(0, 4s);
    after([&](auto& o) { pool.released(0, true, moment(1s), o); });
    CHECK(pool.next_sweep() == moment(5s));
    actions out;
    REQUIRE(pool.try_acquire(place, moment(2s), out));
    pool.limit_idle(0, 3600s);
    pool.released(0, true, moment(2s), out);
    CHECK(pool.next_sweep() == moment(32s));
    CHECK(out.empty());
    pool.limit_idle(0, -5s);
    REQUIRE(pool.try_acquire(place, moment(6s), out));
    pool.released(0, true, moment(7s), out);
    CHECK_FALSE(pool.try_acquire(place, moment(7s), out));
    CHECK(words(out) == "close 0");
}

TEST_CASE("P7: dialling and closing connections count against the maximum") {
    pool_state pool(small(2, 2));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
    after([&](auto& o) { pool.released(0, false, t0, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    CHECK(pool.closing() == 1);
    CHECK(pool.dialling() == 1);
    CHECK(after([&](auto& o) { pool.enqueue(3, place, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.closed(0, o); }) == "dial 0");
}

TEST_CASE("P7: dials are capped and follow one another") {
    pool_state pool(small(10, 2));
    CHECK(after([&](auto& o) {
              for (pool_state::waiter_id i = 0; i < 5; ++i) pool.enqueue(i, place, t0, o);
          }) == "dial 0, dial 1");
    CHECK(after([&](auto& o) { pool.dialled(1, t0, old_age, o); }) == "fresh 1 for 0, dial 2");
}

TEST_CASE("pool: a failed dial fails the oldest waiter only, and the next dial starts on another slot") {
    pool_state pool(small(2, 1));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    CHECK(after([&](auto& o) { pool.dial_failed(0, errc::tls_failed, o); }) ==
          "fail 1: the TLS handshake failed, dial 1");
    CHECK(pool.closing() == 1);
    CHECK(pool.waiting() == 1);
}

TEST_CASE("pool: a dial whose waiter was served otherwise goes on, and its failure hurts nobody") {
    enum class way { served, cancelled };
    enum class end { arrives, fails };
    for (const way w : {way::served, way::cancelled}) {
        for (const end e : {end::arrives, end::fails}) {
            pool_state pool(small(2, 2));
            after([&](auto& o) { pool.enqueue(1, place, t0, o); });
            after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
            CHECK(after([&](auto& o) { pool.enqueue(2, place, t0, o); }) == "dial 1");
            if (w == way::served) {
                CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "reuse 0 for 2");
            } else {
                CHECK(pool.cancel(2, none));
            }
            CHECK(pool.dialling() == 1);
            if (e == end::arrives) {
                CHECK(after([&](auto& o) { pool.dialled(1, t0, old_age, o); }).empty());
                CHECK(pool.idle() == 1);
                actions out;
                const auto lease = pool.try_acquire(place, t0, out);
                REQUIRE(lease);
                CHECK(lease->reused);  // its peer may have closed it while it was idle
            } else {
                CHECK(after([&](auto& o) { pool.dial_failed(1, errc::connect_failed, o); }).empty());
                CHECK(pool.closing() == 1);
            }
        }
    }
}

TEST_CASE("pool: with more dials than waiters, a failed dial leaves the waiter to the other dial") {
    pool_state pool(small(3, 2));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    CHECK(pool.cancel(1, none));
    CHECK(after([&](auto& o) { pool.dial_failed(0, errc::connect_failed, o); }).empty());
    CHECK(after([&](auto& o) { pool.dial_failed(1, errc::connect_failed, o); }) ==
          "fail 2: no connection to the service");
}

TEST_CASE("P10: cancelling takes out the waiter alone, once, wherever it stands") {
    for (pool_state::waiter_id victim : {1U, 2U, 3U}) {
        pool_state pool(small(1, 1));
        actions out;
        for (pool_state::waiter_id i : {1U, 2U, 3U}) pool.enqueue(i, place, t0, out);
        CHECK(pool.cancel(victim, none));
        CHECK_FALSE(pool.cancel(victim, none));
        CHECK_FALSE(pool.cancel(99, none));
        out.clear();
        pool.dialled(0, t0, old_age, out);
        pool.released(0, true, t0, out);
        std::string expected;
        for (pool_state::waiter_id i : {1U, 2U, 3U}) {
            if (i == victim) continue;
            expected += (expected.empty() ? "fresh 0 for " : ", reuse 0 for ") + std::to_string(i);
        }
        CHECK(words(out) == expected);
        CHECK_FALSE(pool.cancel(1, none));  // granted by now, or cancelled before
    }
}

TEST_CASE("P11: the waiter beyond the limit fails at once and alone") {
    pool_state pool(small(1, 1, 2));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    CHECK(after([&](auto& o) { pool.enqueue(3, place, t0, o); }) ==
          "fail 3: too many lookups wait for a connection");
    CHECK(pool.waiting() == 2);
    CHECK(pool.cancel(1, none));
    CHECK(after([&](auto& o) { pool.enqueue(4, place, t0, o); }).empty());
}

TEST_CASE("P1: an idle connection that the peer closed is never leased") {
    pool_state pool = with_idle(3, small(3, 3));
    CHECK(after([&](auto& o) { pool.idle_died(1, o); }) == "close 1");
    actions out;
    CHECK(pool.try_acquire(place, t0, out)->connection == 2);
    CHECK(after([&](auto& o) { pool.idle_died(2, o); }).empty());  // leased by now
    CHECK(pool.try_acquire(place, t0, out)->connection == 0);
    CHECK_FALSE(pool.try_acquire(place, t0, out));
}

TEST_CASE("P12: closing fails the waiters, closes what is idle at once and the rest as it comes back") {
    pool_state pool(small(4, 2));
    for (pool_state::waiter_id i = 0; i < 4; ++i) after([&](auto& o) { pool.enqueue(i, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
    CHECK(after([&](auto& o) { pool.dialled(1, t0, old_age, o); }) == "fresh 1 for 1, dial 3");
    // those for whom 2 and 3 are dialled go away
    CHECK(pool.cancel(2, none));
    CHECK(pool.cancel(3, none));
    after([&](auto& o) { pool.released(0, true, t0, o); });
    CHECK(after([&](auto& o) { pool.close(o); }) == "close 0");
    CHECK(after([&](auto& o) { pool.close(o); }).empty());
    CHECK(after([&](auto& o) { pool.enqueue(5, place, t0, o); }) == "fail 5: the client is closed");
    CHECK(after([&](auto& o) { pool.released(1, true, t0, o); }) == "close 1");
    CHECK(after([&](auto& o) { pool.dialled(2, t0, old_age, o); }) == "close 2");
    CHECK(after([&](auto& o) { pool.dial_failed(3, errc::connect_failed, o); }).empty());
    for (pool_state::slot c = 0; c < 4; ++c) {
        CHECK_FALSE(pool.quiescent());
        CHECK(after([&](auto& o) { pool.closed(c, o); }).empty());
    }
    CHECK(pool.quiescent());
}

TEST_CASE("P12: waiters of a closed pool fail in the order in which they came") {
    pool_state pool(small(1, 1));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    CHECK(after([&](auto& o) { pool.close(o); }) ==
          "fail 1: the client is closed, fail 2: the client is closed");
    CHECK(after([&](auto& o) { pool.dialled(0, t0, old_age, o); }) == "close 0");
}

namespace {

pool_limits shared(std::size_t connections, std::size_t depth) {
    pool_limits limits = small(connections, connections);
    limits.depth = depth;
    return limits;
}

/// A pool of which every connection is leased once, and has been answered on before.
pool_state all_in_use(std::size_t connections, std::size_t depth) {
    pool_state pool(shared(connections, depth));
    actions out;
    for (std::uint32_t c = 0; c < connections; ++c) pool.enqueue(c, place, t0, out);
    for (std::uint32_t c = 0; c < connections; ++c) pool.dialled(c, t0, old_age, out);
    REQUIRE(pool.leased() == connections);
    for (std::uint32_t c = 0; c < connections; ++c) pool.proved(c);
    return pool;
}

}  // namespace

TEST_CASE("P18: a connection is shared only when all are in use, and the one of least load first") {
    pool_state pool = all_in_use(2, 3);
    actions out;
    for (int load = 2; load <= 3; ++load) {
        const auto one = pool.try_acquire(place, t0, out);
        const auto other = pool.try_acquire(place, t0, out);
        REQUIRE(one);
        REQUIRE(other);
        CHECK(one->reused);
        CHECK(one->connection != other->connection);
    }
    CHECK_FALSE(pool.try_acquire(place, t0, out));
    CHECK(out.empty());
    CHECK(pool.leased() == 2);
    for (int i = 0; i < 3; ++i) pool.released(0, true, t0, out);
    CHECK(pool.idle() == 1);
    CHECK(pool.try_acquire(place, t0, out)->connection == 0);
}

TEST_CASE("P18: while a dial is under way or possible, nobody shares for whom it is") {
    pool_state pool(shared(2, 8));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
    pool.proved(0);
    CHECK(after([&](auto& o) { CHECK_FALSE(pool.try_acquire(place, t0, o)); }).empty());
    CHECK(after([&](auto& o) { pool.enqueue(2, place, t0, o); }) == "dial 1");
    CHECK(after([&](auto& o) { pool.enqueue(3, place, t0, o); }) == "reuse 0 for 2");
    CHECK(pool.waiting() == 1);
    CHECK(after([&](auto& o) { pool.dial_failed(1, errc::connect_failed, o); }) ==
          "fail 3: no connection to the service");
    CHECK(pool.closing() == 1);
}

TEST_CASE("P18: a connection without an answer in order yet is not shared") {
    pool_state pool(shared(1, 4));
    after([&](auto& o) { pool.enqueue(1, place, t0, o); });
    after([&](auto& o) { pool.dialled(0, t0, old_age, o); });
    CHECK(after([&](auto& o) { pool.enqueue(2, place, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.enqueue(3, place, t0, o); }).empty());
    pool.proved(0);
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "reuse 0 for 2, reuse 0 for 3");
}

TEST_CASE("P18: who wants a connection whole gets it empty, holds up those behind, and shares with nobody") {
    pool_state pool = all_in_use(1, 4);
    actions out;
    REQUIRE(pool.try_acquire(place, t0, out));
    CHECK_FALSE(pool.try_acquire(whole, t0, out));
    CHECK(after([&](auto& o) { pool.enqueue(1, whole, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.enqueue(2, place, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.enqueue(3, place, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "reuse 0 for 1");
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "reuse 0 for 2, reuse 0 for 3");
}

TEST_CASE("P18: when the one who wants a connection whole gives up, those behind share") {
    pool_state pool = all_in_use(1, 4);
    after([&](auto& o) { pool.enqueue(1, whole, t0, o); });
    after([&](auto& o) { pool.enqueue(2, place, t0, o); });
    CHECK(after([&](auto& o) { CHECK(pool.cancel(1, o)); }) == "reuse 0 for 2");
}

TEST_CASE("P18: a shared connection that may not be reused takes nobody, and closes with its last lookup") {
    enum class why { broken, retired, pool_closed };
    for (const why w : {why::broken, why::retired, why::pool_closed}) {
        pool_state pool = all_in_use(1, 4);
        actions out;
        REQUIRE(pool.try_acquire(place, t0, out));
        REQUIRE(pool.try_acquire(place, t0, out));
        if (w == why::pool_closed) pool.close(out);
        CHECK(after([&](auto& o) {
                  pool.released(0, w != why::broken, w == why::retired ? old_age : t0, o);
              }).empty());
        CHECK_FALSE(pool.try_acquire(place, t0, out));
        CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }).empty());
        CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "close 0");
        CHECK(pool.closing() == 1);
    }
}

TEST_CASE("P18: a connection whose last answer may have been another's closes with its last lookup") {
    for (const bool proved_later : {false, true}) {
        pool_state pool = all_in_use(1, 4);
        actions out;
        REQUIRE(pool.try_acquire(place, t0, out));
        pool.doubted(0);
        CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }).empty());
        REQUIRE(pool.try_acquire(place, t0, out));  // it goes on to be shared meanwhile
        CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }).empty());
        if (proved_later) pool.proved(0);
        CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == (proved_later ? "" : "close 0"));
    }
}

TEST_CASE("P18: when sharing stops, what is shared runs out and nobody joins") {
    pool_state pool = all_in_use(1, 4);
    actions out;
    REQUIRE(pool.try_acquire(place, t0, out));
    pool.stop_sharing();
    CHECK_FALSE(pool.try_acquire(place, t0, out));
    CHECK(after([&](auto& o) { pool.enqueue(1, place, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }).empty());
    CHECK(after([&](auto& o) { pool.released(0, true, t0, o); }) == "reuse 0 for 1");
    CHECK_FALSE(pool.try_acquire(place, t0, out));
}

TEST_CASE("pool: limits of zero count as one") {
    pool_state pool({.max_connections = 0, .max_waiters = 0, .max_dials = 0, .depth = 0});
    CHECK(after([&](auto& o) { pool.enqueue(1, place, t0, o); }) == "dial 0");
    CHECK(after([&](auto& o) { pool.enqueue(2, place, t0, o); }) ==
          "fail 2: too many lookups wait for a connection");
}

TEST_CASE("pool: a steady stream of lookups allocates nothing") {
    pool_state pool(small(8, 4, 64));
    actions out;
    out.reserve(64);
    pool_state::waiter_id next = 0;
    const auto round = [&] {
        out.clear();
        for (int i = 0; i < 20; ++i) pool.enqueue(next++, place, t0, out);
        pool.cancel(next - 5, none);
        // Serve everybody: whatever is asked for succeeds at once.
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto a = out[i];
            if (a.what == kind::dial) pool.dialled(a.connection, t0, old_age, out);
            if (a.what == kind::grant) pool.released(a.connection, true, t0, out);
        }
    };
    for (int i = 0; i < 3; ++i) round();
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i) round();
    CHECK(allocations() == before);
    CHECK(pool.waiting() == 0);
    CHECK(pool.idle() == 8);
}

namespace {

/// Every event that can happen next in `w`; each waiter comes once, so the tree is finite in width.
std::vector<std::function<void(pool_world&)>> possible(const pool_world& w, pool_world::id next,
                                                       pool_world::id last) {
    std::vector<std::function<void(pool_world&)>> events;
    const auto far = w.now + 1h;
    if (next <= last) {
        // Every other one wants a whole connection, where that makes a difference.
        const auto wanted = w.limits.depth > 1 && next % 2 == 0 ? whole : place;
        events.emplace_back([next, wanted](pool_world& x) { x.enqueue(next, wanted); });
    }
    for (const auto& waiter : w.waiting)
        events.emplace_back([id = waiter.who](pool_world& x) { x.cancel(id); });
    for (const auto c : w.dialling) {
        events.emplace_back([c, far](pool_world& x) { x.dialled(c, far); });
        events.emplace_back([c](pool_world& x) { x.dial_failed(c, errc::connect_failed); });
    }
    for (const auto& l : w.leased) {
        events.emplace_back([c = l.connection](pool_world& x) { x.answered_and_released(c); });
        events.emplace_back([c = l.connection](pool_world& x) { x.released(c, true); });
        if (w.limits.depth > 1)
            events.emplace_back([c = l.connection](pool_world& x) { x.doubted_and_released(c); });
        events.emplace_back([c = l.connection](pool_world& x) { x.released(c, false); });
    }
    if (w.limits.depth > 1) events.emplace_back([](pool_world& x) { x.stop_sharing(); });
    for (const auto& i : w.idle) events.emplace_back([c = i.connection](pool_world& x) { x.idle_died(c); });
    if (!w.idle.empty() || w.limits.depth > 1)
        events.emplace_back([](pool_world& x) { (void)x.try_acquire(place); });
    for (const auto c : w.closing) events.emplace_back([c](pool_world& x) { x.gone(c); });
    if (!w.closed) events.emplace_back([](pool_world& x) { x.close(); });
    return events;
}

std::size_t explore(const pool_world& w, pool_world::id next, int depth) {
    if (depth == 0) {
        pool_world(w).drain();
        return 1;
    }
    std::size_t visited = 0;
    bool first = next <= 3;  // then the first event is the enqueue
    for (const auto& event : possible(w, next, 3)) {
        pool_world after_event = w;
        event(after_event);
        visited += explore(after_event, first ? next + 1 : next, depth - 1);
        first = false;
    }
    if (visited == 0) pool_world(w).drain();
    return visited + 1;
}

}  // namespace

TEST_CASE("P9: every order of up to nine events keeps the pool's promises, two slots and three waiters") {
    for (std::size_t dials : {1U, 2U}) {
        for (std::size_t waiters : {2U, 3U}) {
            std::size_t visited = 0;
            CHECK_NOTHROW(visited = explore(pool_world(small(2, dials, waiters)), 1, 9));
            CHECK(visited > 50'000);
        }
    }
}

TEST_CASE("P9: every order of up to seven events keeps the pool's promises where connections are shared") {
    for (std::size_t connections : {1U, 2U}) {
        pool_limits limits = small(connections, 1, 3);
        limits.depth = 2;
        std::size_t visited = 0;
        CHECK_NOTHROW(visited = explore(pool_world(limits), 1, connections == 1 ? 8 : 7));
        CHECK(visited > 50'000);
    }
}

TEST_CASE("P9: a million random events keep the pool's promises") {
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        CAPTURE(seed);
        const auto random = core::seeded_random(seed);
        const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random->next() % n); };
        pool_limits limits = small(1 + below(8), 1 + below(4), 2 + below(20));
        limits.idle_ttl = 1s + below(20) * 1s;
        if (seed > 4) limits.depth = 2 + below(4);
        pool_world w(limits);
        pool_world::id next = 1;
        std::size_t cancelled = 0;
        const auto pick = [&](const auto& from) {
            return *std::next(from.begin(), static_cast<std::ptrdiff_t>(below(from.size())));
        };
        const auto step = [&] {
            switch (below(10)) {
                case 0:
                case 1:
                    if (!w.try_acquire(place)) w.enqueue(next++, place);
                    break;
                case 2:
                    w.enqueue(next++, below(3) == 0 ? whole : place);
                    break;
                case 3:
                    if (!w.waiting.empty() && below(2) == 0) {
                        w.cancel(pick(w.waiting).who);
                        ++cancelled;
                    } else {
                        w.cancel(next + below(5));
                    }
                    break;
                case 4:
                    if (!w.dialling.empty()) w.dialled(pick(w.dialling), w.now + below(60) * 1s);
                    break;
                case 5:
                    if (!w.dialling.empty() && below(3) == 0) {
                        w.dial_failed(pick(w.dialling), errc::connect_failed);
                    }
                    break;
                case 6:
                    if (w.leased.empty()) break;
                    if (limits.depth > 1 && below(8) == 0) {
                        w.doubted_and_released(pick(w.leased).connection);
                    } else if (below(4) != 0) {
                        w.answered_and_released(pick(w.leased).connection);
                    } else {
                        w.released(pick(w.leased).connection, below(2) == 0);
                    }
                    break;
                case 7:
                    w.idle_died(static_cast<pool_world::slot>(below(limits.max_connections)));
                    break;
                case 8:
                    if (!w.closing.empty()) w.gone(pick(w.closing));
                    break;
                default:
                    w.now += below(3000) * 1ms;
                    if (below(3) == 0) w.sweep();
            }
        };
        CHECK_NOTHROW([&] {
            for (int i = 0; i < 250'000; ++i) step();
            w.drain();
        }());
        CHECK(w.answered > 10'000);
        CHECK(cancelled > 1'000);
        CHECK((w.shared > 1'000) == (seed > 4));
    }
}
