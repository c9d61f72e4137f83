#include "policy/nonce_state.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace core = getty::connect::core;
using getty::connect::policy::nonce_state;
using verdict = nonce_state::verdict;
using answer = nonce_state::answer;
using place = nonce_state::place;
using use = nonce_state::use;

namespace {

constexpr std::uint64_t many = 1'000'000;

use shared(std::uint64_t generation) { return {generation, false}; }
use own(std::uint64_t generation = 0) { return {generation, true}; }

/// Asks on behalf of somebody who goes away when told to wait.
verdict acquire(nonce_state& s) {
    place nobody;
    return s.acquire(nobody);
}

nonce_state& known(nonce_state& s) {
    REQUIRE(acquire(s) == verdict::probe);
    REQUIRE(s.challenged({}, false) == answer::adopt);
    REQUIRE(s.known());
    return s;
}

/// `n` requests with the nonce held are answered one after the other, and taken.
void serve(nonce_state& s, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        REQUIRE(acquire(s) == verdict::use);
        REQUIRE(s.next_count() != 0);
        s.accepted(shared(s.generation()));
        s.end_turn();
    }
}

/// `n` requests are under way with the nonce held, and all of them turn out stale; none is tried again.
void all_stale(nonce_state& s, std::uint32_t n) {
    const std::uint64_t generation = s.generation();
    for (std::uint32_t i = 0; i < n; ++i) REQUIRE(acquire(s) == verdict::use);
    for (std::uint32_t i = 0; i < n; ++i) {
        (void)s.challenged(shared(generation), true);
        s.end_turn();
    }
}

}  // namespace

TEST_CASE("nonce: one request fetches the challenge while all others wait") {
    nonce_state s;
    CHECK(acquire(s) == verdict::probe);
    for (int i = 0; i < 100; ++i) CHECK(acquire(s) == verdict::wait);
    CHECK(s.generation() == 0);
    CHECK(s.challenged({}, false) == answer::adopt);
    CHECK(s.generation() == 1);
    CHECK(acquire(s) == verdict::use);
}

TEST_CASE("nonce: a failed probe is followed by another one") {
    nonce_state s;
    CHECK(acquire(s) == verdict::probe);
    s.probe_failed();
    CHECK(acquire(s) == verdict::probe);
    CHECK(acquire(s) == verdict::wait);
}

TEST_CASE("nonce: a service that does not challenge gets plain requests until it does") {
    nonce_state s;
    CHECK(acquire(s) == verdict::probe);
    place waits;
    CHECK(s.acquire(waits) == verdict::wait);
    s.probe_answered_without_challenge();
    CHECK(s.who_may_go() == &waits);
    CHECK(s.acquire(waits) == verdict::send_plain);
    CHECK_FALSE(waits.in_line());
    CHECK(acquire(s) == verdict::send_plain);
    CHECK(s.next_count() == 0);
    CHECK(s.challenged({}, false) == answer::adopt);
    CHECK(acquire(s) == verdict::use);
    // the second plain request was challenged as well, later
    CHECK(s.challenged({}, false) == answer::own);
    CHECK(s.generation() == 1);
}

TEST_CASE("D4: counts of a nonce run from 1 without gaps, the first for whoever brought it") {
    nonce_state s;
    known(s);
    for (std::uint32_t i = 2; i <= 1000; ++i) CHECK(s.next_count() == i);
    CHECK(s.challenged(shared(1), true) == answer::adopt);
    CHECK(s.next_count() == 2);
    s.adopted_next_nonce();
    CHECK(s.next_count() == 1);  // that answer's request is over
    CHECK(s.next_count() == 2);
}

TEST_CASE("D4: when the counts of a nonce are used up, a new challenge is fetched") {
    nonce_state s(nonce_state::order::any, 3);
    known(s);
    for (std::uint32_t i = 2; i <= 3; ++i) {
        CHECK(acquire(s) == verdict::use);
        CHECK(s.next_count() == i);
    }
    CHECK(acquire(s) == verdict::use);
    CHECK(acquire(s) == verdict::use);
    CHECK(s.next_count() == 0);
    CHECK(s.next_count() == 0);  // whoever was told to use it meanwhile asks again, too
    CHECK(acquire(s) == verdict::probe);
    CHECK(acquire(s) == verdict::wait);
    CHECK(s.next_count() == 0);
    CHECK(s.challenged({}, false) == answer::adopt);
    CHECK(s.next_count() == 2);
}

TEST_CASE("D5: a stale nonce is replaced once, however many requests it had") {
    nonce_state s;
    known(s);
    CHECK(s.challenged(shared(1), true) == answer::adopt);
    for (int i = 0; i < 63; ++i) CHECK(s.challenged(shared(1), true) == answer::own);
    CHECK(s.generation() == 2);
    CHECK(s.challenged(shared(2), true) == answer::adopt);
    CHECK(s.generation() == 3);
}

TEST_CASE("D5: a 401 that does not call the nonce stale means that the credentials are wrong") {
    nonce_state s;
    known(s);
    CHECK(s.challenged(shared(1), false) == answer::refused);
    CHECK(s.generation() == 2);  // its nonce serves the retry with other credentials
    for (int i = 0; i < 63; ++i) CHECK(s.challenged(shared(1), false) == answer::refused);
    CHECK(s.generation() == 2);
    CHECK(s.challenged(shared(1), true) == answer::own);
    CHECK(acquire(s) == verdict::use);
    CHECK(s.challenged(shared(2), false) == answer::refused);
    CHECK(s.generation() == 3);
    CHECK(s.challenged(own(), false) == answer::refused);
    CHECK(s.challenged(own(1), false) == answer::refused);
    CHECK(s.generation() == 3);
}

TEST_CASE("D5: a refusal of a nonce replaced long ago is no judgement on the credentials") {
    nonce_state s;
    known(s);
    s.adopted_next_nonce();
    s.adopted_next_nonce();
    CHECK(s.challenged(shared(1), false) == answer::own);
    CHECK(s.challenged(shared(2), true) == answer::own);
    CHECK(s.generation() == 3);
}

TEST_CASE("D6: the next nonce is adopted without a round trip") {
    nonce_state s;
    known(s);
    s.adopted_next_nonce();
    CHECK(s.generation() == 2);
    CHECK(acquire(s) == verdict::use);
    CHECK(s.challenged(shared(1), true) == answer::own);
}

TEST_CASE("nonce: a challenge that arrives during a probe ends the wait, and the probe's own is then old") {
    // used up, so that a probe runs while an older request is still under way
    nonce_state s(nonce_state::order::any, 2);
    known(s);
    CHECK(s.next_count() == 2);
    CHECK(s.next_count() == 0);
    CHECK(acquire(s) == verdict::probe);
    CHECK(s.challenged(shared(1), true) == answer::adopt);
    CHECK(acquire(s) == verdict::use);
    SUBCASE("challenged") { CHECK(s.challenged({}, false) == answer::own); }
    SUBCASE("failed") { s.probe_failed(); }
    SUBCASE("not challenged") { s.probe_answered_without_challenge(); }
    CHECK(acquire(s) == verdict::use);
    CHECK(s.generation() == 2);
}

TEST_CASE("D7: in strict order one request at a time may be signed, whatever comes of it") {
    nonce_state s(nonce_state::order::strict);
    REQUIRE(acquire(s) == verdict::probe);
    CHECK(acquire(s) == verdict::wait);
    REQUIRE(s.challenged({}, false) == answer::adopt);
    CHECK(acquire(s) == verdict::use);
    CHECK(acquire(s) == verdict::wait);
    CHECK(s.next_count() == 2);
    s.adopted_next_nonce();
    CHECK(acquire(s) == verdict::wait);  // the turn ends with the request, not with its nonce
    s.end_turn();
    serve(s, 10'000);
    CHECK(s.limit() == 1);
    CHECK(acquire(s) == verdict::use);
    CHECK(acquire(s) == verdict::wait);
}

TEST_CASE("D7: in any order any number of requests may be signed") {
    nonce_state s;
    known(s);
    for (std::uint32_t i = 2; i <= 100; ++i) {
        CHECK(acquire(s) == verdict::use);
        CHECK(s.next_count() == i);
    }
}

TEST_CASE("D7: in strict order a service that does not challenge is served without turns") {
    nonce_state s(nonce_state::order::strict);
    REQUIRE(acquire(s) == verdict::probe);
    s.probe_answered_without_challenge();
    CHECK(acquire(s) == verdict::send_plain);
    CHECK(acquire(s) == verdict::send_plain);
}

TEST_CASE("S8: a nonce that a parent process goes on with is forgotten, and the next request is a probe") {
    nonce_state s;
    known(s);
    CHECK(s.next_count() == 2);
    s.forget();
    CHECK(s.next_count() == 0);
    CHECK(acquire(s) == verdict::probe);
    s.forget();  // the probe under way is this process's own
    CHECK(acquire(s) == verdict::wait);
    // An answer to a request that the parent's nonce had signed.
    CHECK(s.challenged(shared(1), true) == answer::adopt);
    CHECK(acquire(s) == verdict::use);
    CHECK(s.next_count() == 2);
    nonce_state unused;
    unused.forget();
    CHECK(acquire(unused) == verdict::probe);
}

TEST_CASE("D9: turns go to those who wait in the order in which they came, and nobody gets ahead of them") {
    nonce_state s(nonce_state::order::strict);
    known(s);
    place first, second, third, late;
    CHECK(s.acquire(first) == verdict::use);
    CHECK(s.acquire(second) == verdict::wait);
    CHECK(s.acquire(third) == verdict::wait);
    CHECK(s.who_may_go() == nullptr);
    s.end_turn();
    CHECK(s.acquire(late) == verdict::wait);
    CHECK(s.acquire(third) == verdict::wait);
    CHECK(s.who_may_go() == &second);
    second.leave();  // gives up
    CHECK(s.who_may_go() == &third);
    CHECK(s.acquire(third) == verdict::use);
    CHECK_FALSE(third.in_line());
    s.end_turn();
    {
        place gone;
        CHECK(s.acquire(gone) == verdict::wait);
    }
    CHECK(s.acquire(late) == verdict::use);
    s.end_turn();
    CHECK(s.who_may_go() == nullptr);
}

TEST_CASE(
    "D9: who was told that its nonce is stale goes at once; the second time as soon as there is a turn") {
    nonce_state s(nonce_state::order::strict);
    known(s);
    place at_work, waits, told, told_again;
    CHECK(s.acquire(at_work) == verdict::use);
    CHECK(s.acquire(waits) == verdict::wait);
    CHECK(s.acquire_own(told, false));
    CHECK_FALSE(s.acquire_own(told_again, true));
    s.end_turn();
    CHECK(s.who_may_go() == nullptr);  // a turn too many was out
    s.end_turn();
    CHECK(s.who_may_go() == &told_again);
    CHECK(s.acquire_own(told_again, true));
}

TEST_CASE("D9: nonces that many share and that go stale at once: half of them at a time, and so on") {
    nonce_state s;
    known(s);
    CHECK(s.limit() == nonce_state::unlimited);
    all_stale(s, 64);
    CHECK(s.limit() == 32);
    for (const std::uint32_t next : {16U, 8U, 4U, 2U, 1U}) {
        all_stale(s, s.limit());
        CHECK(s.limit() == next);
        CHECK(s.shared());
    }
    all_stale(s, 1);
    CHECK_FALSE(s.shared());
    CHECK(s.limit() == nonce_state::unlimited);
    CHECK(acquire(s) == verdict::fetch);
    CHECK(s.next_count() == 0);
    const auto generation = s.generation();
    CHECK(s.challenged({}, false) == answer::own);
    CHECK(s.generation() == generation);
}

TEST_CASE("D9: a nonce that has served its time, or a lone request, teaches nothing") {
    nonce_state aged;
    known(aged);
    serve(aged, 4 * 64);
    all_stale(aged, 64);
    CHECK(aged.limit() == nonce_state::unlimited);

    nonce_state alone;
    known(alone);
    for (int i = 0; i < 100; ++i) all_stale(alone, 1);
    CHECK(alone.limit() == nonce_state::unlimited);
    CHECK(alone.shared());
}

TEST_CASE("D9: while all is well the limit grows, slowly") {
    nonce_state s;
    known(s);
    all_stale(s, 32);
    REQUIRE(s.limit() == 16);
    serve(s, 63);
    CHECK(s.limit() == 16);
    serve(s, 1);
    CHECK(s.limit() == 20);
    serve(s, many / 100);
    CHECK(s.limit() > 64);
}

TEST_CASE("D9: where each request fetches its own nonce, sharing is tried again after ever more of them") {
    nonce_state s;
    known(s);
    for (std::uint64_t requests : {1'024U, 2'048U, 4'096U}) {
        while (s.shared()) {
            if (!s.known()) known(s);
            all_stale(s, std::min(s.limit(), 4U));
        }
        std::uint64_t n = 0;
        for (; !s.shared(); ++n) {
            REQUIRE(acquire(s) == verdict::fetch);
            s.accepted(own());
            s.end_turn();
        }
        CHECK(n == requests);
        CHECK(s.limit() == 1);
    }
    known(s);
    serve(s, 1'000);
    CHECK(s.shared());
    CHECK(s.limit() > 1);
}

namespace {

/// A service that judges a nonce, its count and the target it is used for.
class service {
public:
    std::uint32_t window = 0;  ///< 0: any count that is new
    std::uint64_t uses = many;
    std::size_t keeps = many;  ///< nonces
    bool strict = false;
    bool bound = false;  ///< to the target

    std::uint64_t issue(std::size_t target) {
        kept_.push_back(++last_);
        nonces_[last_].target = target;
        if (kept_.size() > keeps) {
            nonces_.erase(kept_.front());
            kept_.pop_front();
        }
        return last_;
    }

    bool takes(std::uint64_t nonce, std::uint32_t count, std::size_t target) {
        const auto found = nonces_.find(nonce);
        if (found == nonces_.end()) return false;
        auto& n = found->second;
        if (bound && n.target != target) return false;
        if (n.seen.size() >= uses) return false;
        if (strict && count != n.highest + 1) return false;
        if (window != 0 && count + window <= n.highest) return false;
        if (std::find(n.seen.begin(), n.seen.end(), count) != n.seen.end()) return false;
        n.highest = std::max(n.highest, count);
        n.seen.push_back(count);
        return true;
    }

private:
    struct record {
        std::size_t target = 0;
        std::uint32_t highest = 0;
        std::vector<std::uint32_t> seen;
    };
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, record> nonces_;
    std::deque<std::uint64_t> kept_;
};

/// Lanes that look up one target after the other, over a network that keeps no order.
class model {
public:
    model(service& at, std::size_t lanes, std::size_t targets, std::uint64_t seed)
        : service_(at), targets_(targets), random_(core::seeded_random(seed)) {
        for (std::size_t i = 0; i < lanes; ++i) lanes_.push_back(std::make_unique<lane>());
    }

    void run() {
        for (auto& l : lanes_) next(*l);
        while (!under_way_.empty()) {
            const std::size_t i = random_->next() % under_way_.size();
            lane& l = *under_way_[i];
            std::swap(under_way_[i], under_way_.back());
            under_way_.pop_back();
            if (l.at_service) {
                arrive(l);
            } else {
                answered(l);
            }
            while (auto* first = state.who_may_go()) {
                REQUIRE(send(static_cast<lane&>(*first)));
            }
        }
    }

    nonce_state state;
    std::size_t done = 0;
    std::size_t requests = 0;
    unsigned most_stale = 0;

private:
    struct lane : place {
        std::size_t target = 0;
        unsigned stale_answers = 0;
        unsigned own_failures = 0;
        std::optional<std::uint64_t> own;
        std::uint64_t own_generation = 0;
        use sent;
        std::uint64_t nonce = 0;  ///< sent; 0: none
        std::uint32_t count = 0;
        bool turn = false;
        bool probe = false;
        bool at_service = false;
        bool taken = false;
        std::uint64_t brought = 0;
    };

    void next(lane& l) {
        if (targets_ == 0) return;
        l.target = targets_--;
        l.stale_answers = l.own_failures = 0;
        (void)send(l);
    }

    bool send(lane& l) {
        l.sent = {};
        l.nonce = 0;
        if (l.own) {
            l.turn = state.acquire_own(l, l.own_failures > 0);
            if (!l.turn) return false;
            l.sent = use(l.own_generation == state.generation() ? l.own_generation : 0, true);
            l.nonce = *std::exchange(l.own, std::nullopt);
            l.count = 1;
        } else {
            const verdict v = state.acquire(l);
            if (v == verdict::wait) return false;
            l.probe = v == verdict::probe;
            l.turn = v == verdict::use || v == verdict::fetch;
            if (v == verdict::use) {
                l.sent = use(state.generation(), false);
                l.nonce = nonce_;
                l.count = state.next_count();
            }
        }
        l.at_service = true;
        under_way_.push_back(&l);
        return true;
    }

    void arrive(lane& l) {
        REQUIRE(++requests < many);
        l.at_service = false;
        l.taken = l.nonce != 0 && service_.takes(l.nonce, l.count, l.target);
        if (!l.taken) l.brought = service_.issue(l.target);
        under_way_.push_back(&l);
    }

    void answered(lane& l) {
        l.probe = false;
        if (l.taken) {
            state.accepted(l.sent);
            end_turn(l);
            ++done;
            return next(l);
        }
        const bool stale = l.nonce != 0;
        const auto before = state.generation();
        const answer what = state.challenged(l.sent, stale);
        REQUIRE(what != answer::refused);
        l.own = l.brought;
        l.own_generation = 0;
        if (state.generation() != before) {
            nonce_ = l.brought;
            l.own_generation = state.generation();
        }
        l.own_failures = l.sent.own ? l.own_failures + 1 : 0;
        l.stale_answers += stale ? 1 : 0;
        most_stale = std::max(most_stale, l.stale_answers);
        end_turn(l);
        (void)send(l);
    }

    void end_turn(lane& l) {
        if (std::exchange(l.turn, false)) state.end_turn();
    }

    service& service_;
    std::size_t targets_;
    std::unique_ptr<core::random_source> random_;
    std::vector<std::unique_ptr<lane>> lanes_;
    std::vector<lane*> under_way_;
    std::uint64_t nonce_ = 0;
};

constexpr std::size_t targets = 6'000;

/// Looks up everything, and hands out how many requests each target took.
double requests_each(service at, std::size_t lanes, std::uint64_t seed) {
    model m(at, lanes, targets, seed);
    m.run();
    CHECK(m.done == targets);
    CHECK(m.most_stale <= 8);
    CAPTURE(m.most_stale);
    const double each = static_cast<double>(m.requests) / static_cast<double>(targets);
    return each;
}

}  // namespace

TEST_CASE("D9: whatever a service does with nonces, each lookup comes to its end within a few rounds") {
    for (const std::size_t lanes : {1U, 2U, 16U, 64U, 256U}) {
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
            CAPTURE(lanes);
            CAPTURE(seed);
            service any;
            CHECK(requests_each(any, lanes, seed) < 1.01);
            service window;
            window.window = 64;
            CHECK(requests_each(window, lanes, seed) < 1.2);
            service strict;
            strict.strict = true;
            CHECK(requests_each(strict, lanes, seed) < 2.2);
            service once;
            once.uses = 1;
            CHECK(requests_each(once, lanes, seed) < 2.2);
            service bound;
            bound.bound = true;
            CHECK(requests_each(bound, lanes, seed) < 2.2);
            service few_uses;
            few_uses.uses = 10;
            CHECK(requests_each(few_uses, lanes, seed) < 2.2);
            service forgetful;
            forgetful.bound = true;
            forgetful.keeps = 4;
            CHECK(requests_each(forgetful, lanes, seed) < 3.0);
        }
    }
}
