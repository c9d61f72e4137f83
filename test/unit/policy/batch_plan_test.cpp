#include "policy/batch_plan.hpp"

#include "core/random.hpp"
#include "unit/policy/allocations.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace getty::connect::policy;
using entry = batch_plan::entry;

namespace {

batch_limits limits(std::size_t in_flight, std::size_t buffered,
                    delivery_order order = delivery_order::completion) {
    return {.max_in_flight = in_flight, .max_buffered = buffered, .order = order, .merge_duplicates = true};
}

/// Delivers all that may leave and gives their ids, in order.
std::string leaving(batch_plan& plan) {
    std::string out;
    while (const auto at = plan.front()) {
        out += std::string(plan.id(*at)) + ' ';
        plan.delivered(plan.hand_out());
    }
    return out;
}

constexpr std::size_t wide = 1000;  // a window that limits nothing

}  // namespace

TEST_CASE("B1: ids are pulled while lookups and outcomes have room, no further") {
    batch_plan plan(limits(2, 1));
    std::vector<entry> followers;
    CHECK(plan.may_pull(wide));
    const auto a = plan.pulled("a");
    const auto b = plan.pulled("b");
    CHECK_FALSE(a.joins);
    CHECK_FALSE(b.joins);
    CHECK_FALSE(plan.may_pull(wide));  // two in flight
    plan.finished(a.at, followers);
    CHECK(plan.may_pull(wide));
    const auto c = plan.pulled("c");
    plan.finished(b.at, followers);
    CHECK_FALSE(plan.may_pull(wide));  // one in flight, but three not delivered
    CHECK(plan.outstanding() == 3);
    CHECK(plan.front() == a.at);
    plan.delivered(plan.hand_out());
    CHECK(plan.may_pull(wide));
    plan.finished(c.at, followers);
    CHECK(leaving(plan) == "b c ");
    CHECK(followers.empty());
}

TEST_CASE("B2: a consumer that takes nothing stops the pulling, and nothing else") {
    batch_plan plan(limits(4, 4));
    std::vector<entry> followers;
    int pulled = 0;
    while (plan.may_pull(wide)) plan.finished(plan.pulled(std::to_string(pulled++)).at, followers);
    CHECK(pulled == 8);
    CHECK(leaving(plan) == "0 1 2 3 4 5 6 7 ");
    CHECK(plan.may_pull(wide));
}

TEST_CASE("B3: a smaller concurrency window holds the pulling back") {
    batch_plan plan(limits(10, 10));
    for (int i = 0; i < 3; ++i) (void)plan.pulled(std::to_string(i));
    CHECK_FALSE(plan.may_pull(3));
    CHECK_FALSE(plan.may_pull(1));
    CHECK(plan.may_pull(4));
}

TEST_CASE("B6: outcomes leave as they come, or in the order of the ids on request") {
    for (const auto order : {delivery_order::completion, delivery_order::input}) {
        batch_plan plan(limits(4, 0, order));
        std::vector<entry> followers;
        std::map<std::string, entry> at;
        for (const char* id : {"a", "b", "c", "d"}) at[id] = plan.pulled(id).at;
        std::string left;
        for (const char* id : {"c", "a", "d", "b"}) {
            plan.finished(at[id], followers);
            left += leaving(plan) + "| ";
        }
        CHECK(left == (order == delivery_order::completion ? "c | a | d | b | " : "| a | | b c d | "));
    }
}

TEST_CASE("B6: the reorder window is bounded, since a slow first id stops the pulling") {
    batch_plan plan(limits(3, 5, delivery_order::input));
    std::vector<entry> followers;
    const auto slow = plan.pulled("slow");
    int pulled = 1;
    while (plan.may_pull(wide)) plan.finished(plan.pulled(std::to_string(pulled++)).at, followers);
    CHECK(pulled == 8);
    CHECK_FALSE(plan.front());
    plan.finished(slow.at, followers);
    CHECK(leaving(plan) == "slow 1 2 3 4 5 6 7 ");
}

TEST_CASE("B7: an id that is being looked up is not looked up again, and has its own outcome") {
    batch_plan plan(limits(2, 10));
    std::vector<entry> followers;
    const auto a = plan.pulled("a");
    const auto b = plan.pulled("b");
    plan.finished(b.at, followers);
    const auto again = plan.pulled("a");
    REQUIRE(again.joins);
    CHECK(*again.joins == a.at);
    CHECK(again.at != a.at);
    CHECK(plan.in_flight() == 1);
    const auto third = plan.pulled("a");
    CHECK(*third.joins == a.at);
    CHECK(followers.empty());
    plan.finished(a.at, followers);
    CHECK(followers == std::vector<entry>{again.at, third.at});
    CHECK(leaving(plan) == "b a a a ");
    CHECK_FALSE(plan.pulled("a").joins);  // that lookup is over: a new one
}

TEST_CASE("B7: duplicates use up room for outcomes, so that they cannot pile up") {
    batch_plan plan(limits(2, 3));
    int pulled = 0;
    while (plan.may_pull(wide)) {
        (void)plan.pulled("same");
        ++pulled;
    }
    CHECK(pulled == 5);
    CHECK(plan.in_flight() == 1);
}

TEST_CASE("B7: merging can be switched off") {
    batch_limits l = limits(4, 4);
    l.merge_duplicates = false;
    batch_plan plan(l);
    CHECK_FALSE(plan.pulled("a").joins);
    CHECK_FALSE(plan.pulled("a").joins);
    CHECK(plan.in_flight() == 2);
}

TEST_CASE("B6: with delivery in input order duplicates keep their own places") {
    batch_plan plan(limits(4, 4, delivery_order::input));
    std::vector<entry> followers;
    const auto a = plan.pulled("a");
    const auto b = plan.pulled("b");
    (void)plan.pulled("a");
    const auto c = plan.pulled("c");
    (void)plan.pulled("b");
    plan.finished(c.at, followers);
    plan.finished(a.at, followers);
    CHECK(leaving(plan) == "a ");
    plan.finished(b.at, followers);
    CHECK(leaving(plan) == "b a c b ");
}

TEST_CASE("batch plan: a limit of zero lookups counts as one, no buffer is allowed") {
    batch_plan plan(limits(0, 0));
    CHECK(plan.capacity() == 1);
    CHECK(plan.may_pull(1));
    (void)plan.pulled("a");
    CHECK_FALSE(plan.may_pull(wide));
}

TEST_CASE("batch plan: a steady stream of ids allocates nothing") {
    batch_plan plan(limits(64, 64));
    std::vector<entry> followers;
    followers.reserve(128);
    std::string id = "200261415-000000000";  // longer than a small string
    std::vector<entry> flying;
    flying.reserve(64);
    int n = 0;
    const auto round = [&] {
        flying.clear();
        while (plan.may_pull(64)) {
            ++n;
            for (std::size_t i = 0, rest = static_cast<std::size_t>(n); i < 9; ++i, rest /= 10) {
                id[id.size() - 1 - i] = static_cast<char>('0' + rest % 10);
            }
            flying.push_back(plan.pulled(id).at);
        }
        followers.clear();
        for (const entry at : flying) plan.finished(at, followers);
        while (plan.front()) plan.delivered(plan.hand_out());
    };
    for (int i = 0; i < 10; ++i) round();
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i) round();
    CHECK(allocations() == before);
    CHECK(n > 60'000);
}

TEST_CASE("B5, B11: a million random events: every id pulled gets exactly one outcome, within the limits") {
    for (const auto order : {delivery_order::completion, delivery_order::input}) {
        for (const std::uint64_t seed : {1U, 2U}) {
            CAPTURE(seed);
            const auto random = getty::connect::core::seeded_random(seed);
            batch_plan plan(limits(8, 12, order));
            // The model: what each entry was given, which lookups run, and the numbers of the ids in the
            // order in which they may leave.
            struct given {
                std::size_t number;
                std::string id;
            };
            std::map<entry, given> held;
            std::map<std::string, entry> lookups;
            std::map<entry, std::vector<entry>> joined;
            std::vector<std::size_t> ready;  // in completion order
            std::set<std::size_t> done;
            std::map<entry, std::size_t> handed;  // on their way: entry to number
            std::size_t pulled = 0;
            const auto finish_one = [&] {
                auto pick =
                    std::next(lookups.begin(), static_cast<std::ptrdiff_t>(random->next() % lookups.size()));
                const entry at = pick->second;
                lookups.erase(pick);
                std::vector<entry> followers;
                plan.finished(at, followers);
                REQUIRE(followers == joined[at]);
                ready.push_back(held[at].number);
                for (const entry f : followers) ready.push_back(held[f].number);
                joined.erase(at);
            };
            // In input order, the first id that has neither arrived nor is on its way.
            const auto first_of_all = [&] {
                std::size_t first = pulled;
                for (const auto& [at, what] : held) {
                    if (!handed.contains(at)) first = std::min(first, what.number);
                }
                return first;
            };
            const auto hand_out_one = [&] {
                const auto at = plan.front();
                const auto expected = order == delivery_order::completion
                                          ? ready.begin()
                                          : std::find(ready.begin(), ready.end(), first_of_all());
                REQUIRE(at.has_value() == (expected != ready.end()));
                if (!at) return false;
                const auto h = held.find(*at);
                REQUIRE(h != held.end());
                REQUIRE(h->second.number == *expected);
                REQUIRE(plan.id(*at) == h->second.id);
                ready.erase(expected);
                REQUIRE(plan.hand_out() == *at);
                handed[*at] = h->second.number;
                return true;
            };
            const auto settle_one = [&](bool arrives) {
                auto pick =
                    std::next(handed.begin(), static_cast<std::ptrdiff_t>(random->next() % handed.size()));
                const auto [at, number] = *pick;
                handed.erase(pick);
                if (arrives) {
                    REQUIRE(done.insert(number).second);
                    held.erase(at);
                    plan.delivered(at);
                } else {
                    ready.insert(ready.begin(), number);
                    plan.give_back(at);
                }
            };
            for (int i = 0; i < 350'000; ++i) {
                const std::size_t window = 1 + random->next() % 10;
                REQUIRE(plan.may_pull(window) ==
                        (held.size() < 20 && lookups.size() < std::min<std::size_t>(8, window)));
                switch (random->next() % 4) {
                    case 0:
                        if (plan.may_pull(window)) {
                            const std::string id(1 + random->next() % 30,
                                                 static_cast<char>('a' + random->next() % 2));
                            const auto a = plan.pulled(id);
                            REQUIRE(a.at < plan.capacity());
                            REQUIRE(held.emplace(a.at, given{pulled++, id}).second);
                            const auto running = lookups.find(id);
                            REQUIRE(a.joins.has_value() == (running != lookups.end()));
                            if (a.joins) {
                                REQUIRE(*a.joins == running->second);
                                joined[*a.joins].push_back(a.at);
                            } else {
                                lookups[id] = a.at;
                            }
                        }
                        break;
                    case 1:
                        if (!lookups.empty()) finish_one();
                        break;
                    case 2:
                        hand_out_one();
                        break;
                    default:
                        if (!handed.empty()) settle_one(random->next() % 4 != 0);
                }
                REQUIRE(plan.in_flight() == lookups.size());
                REQUIRE(plan.outstanding() == held.size());
            }
            while (!lookups.empty()) finish_one();
            while (hand_out_one()) settle_one(random->next() % 4 != 0);
            while (!handed.empty()) settle_one(true);
            while (hand_out_one()) settle_one(true);
            CHECK(done.size() == pulled);
            CHECK(plan.outstanding() == 0);
            CHECK(pulled > 50'000);
        }
    }
}
