#include "policy/group_split.hpp"

#include "core/random.hpp"
#include "policy/batch_plan.hpp"
#include "policy/gathering.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::policy;

namespace {

/// Asks for 0 to n-1 of a service that refuses whatever holds one of `bad`; gives how many requests it took.
std::size_t requests_to_isolate(std::size_t n, const std::set<std::size_t>& bad, std::vector<int>& answered) {
    group_parts parts;
    parts.begin(n);
    const group_habits habits;
    answered.assign(n, 0);
    std::size_t requests = 0;
    while (const auto part = parts.next()) {
        ++requests;
        const auto first = bad.lower_bound(part->first);
        const bool refused = first != bad.end() && *first < part->first + part->count;
        if (refused && judge_group(errc::bad_request, 400, part->count, habits) == group_verdict::halve) {
            parts.halve();
            continue;
        }
        for (std::size_t i = part->first; i < part->first + part->count; ++i) ++answered[i];
    }
    return requests;
}

}  // namespace

TEST_CASE("G2: one id at fault among a hundred is found with at most 15 requests, wherever it stands") {
    for (std::size_t at = 0; at < 100; ++at) {
        std::vector<int> answered;
        CHECK(requests_to_isolate(100, {at}, answered) <= 15);
        CHECK(std::count(answered.begin(), answered.end(), 1) == 100);
    }
}

TEST_CASE("G2: any number of them takes at most 2n - 1 requests, and every id is answered once") {
    const auto random = core::seeded_random(7);
    for (int i = 0; i < 20'000; ++i) {
        const std::size_t n = 1 + random->next() % 100;
        std::set<std::size_t> bad;
        for (std::size_t k = random->next() % (n + 1); k > 0; --k) bad.insert(random->next() % n);
        std::vector<int> answered;
        const std::size_t requests = requests_to_isolate(n, bad, answered);
        REQUIRE(requests <= 2 * n - 1);
        REQUIRE(std::count(answered.begin(), answered.end(), 1) == static_cast<std::ptrdiff_t>(n));
        if (bad.empty()) REQUIRE(requests == 1);
    }
}

TEST_CASE("G2: what one id may be at fault for is halved, and nothing that would befall the halves as well") {
    const group_habits habits;
    struct row {
        errc why;
        int status;
        bool halved;
    };
    const row rows[] = {
        {errc::bad_request, 400, true},         {errc::not_found, 404, true},
        {errc::unexpected_status, 413, true},   {errc::unexpected_status, 414, true},
        {errc::unexpected_status, 422, true},   {errc::body_too_large, 200, true},
        {errc::body_too_large, 0, true},        {errc::malformed_body, 200, true},
        {errc::wrong_image, 200, true},         {errc::unauthorized, 401, false},
        {errc::credentials_rejected, 0, false}, {errc::forbidden, 403, false},
        {errc::invalid_option, 403, false},     {errc::throttled, 429, false},
        {errc::quota_exhausted, 403, false},    {errc::server_error, 500, false},
        {errc::server_error, 503, false},       {errc::unexpected_status, 405, false},
        {errc::peer_closed, 0, false},          {errc::attempt_timeout, 0, false},
        {errc::deadline_exceeded, 0, false},    {errc::canceled, 0, false},
        {errc::malformed_response, 0, false},   {errc::not_asked, 0, false},
        {errc::internal_failure, 0, false},
    };
    for (const row& r : rows) {
        CAPTURE(to_string(r.why));
        CAPTURE(r.status);
        for (const std::size_t ids : {2U, 100U}) {
            CHECK((judge_group(r.why, r.status, ids, habits) == group_verdict::halve) == r.halved);
        }
        CHECK(judge_group(r.why, r.status, 1, habits) == group_verdict::fail_all);
    }
}

TEST_CASE("G3: a 404 is every id's only once an answer has had images beside ids that were not found") {
    group_habits habits;
    CHECK(judge_group(errc::not_found, 404, 100, habits) == group_verdict::halve);
    habits.saw_partial_miss();
    CHECK(judge_group(errc::not_found, 404, 100, habits) == group_verdict::fail_all);
    CHECK(judge_group(errc::bad_request, 400, 100, habits) == group_verdict::halve);
}

TEST_CASE("G4: a request begins when there is room for all the ids it may have") {
    batch_limits l;
    l.max_in_flight = 2;
    l.max_buffered = 3;
    l.ids_per_request = 4;
    batch_plan plan(l);
    std::vector<batch_plan::entry> followers;
    CHECK(plan.capacity() == 11);
    std::vector<batch_plan::entry> at;
    for (int i = 0; i < 7; ++i) {
        REQUIRE(plan.may_pull(2));
        at.push_back(plan.pulled(std::to_string(i)).at);
    }
    REQUIRE(plan.may_pull(2));  // 4 places are left
    at.push_back(plan.pulled("7").at);
    CHECK_FALSE(plan.may_pull(2));  // 3 are
    CHECK(plan.has_room());
    plan.finished(at[0], followers);
    CHECK_FALSE(plan.may_pull(2));
    plan.delivered(plan.hand_out());
    CHECK(plan.may_pull(2));
}

TEST_CASE("G4: requests count as in flight from when they leave, whatever number of ids they have") {
    batch_limits l;
    l.max_in_flight = 2;
    l.max_buffered = 100;
    l.ids_per_request = 10;
    batch_plan plan(l);
    for (int i = 0; i < 5; ++i) (void)plan.pulled(std::to_string(i));
    CHECK(plan.in_flight() == 0);
    plan.departed();
    CHECK(plan.in_flight() == 1);
    CHECK(plan.may_pull(2));
    CHECK_FALSE(plan.may_pull(1));
    plan.departed();
    CHECK_FALSE(plan.may_pull(2));
    plan.set_aside(1);
    CHECK(plan.may_pull(2));
    plan.set_aside(-1);
    plan.returned();
    CHECK(plan.may_pull(2));
}

TEST_CASE("G5: plan, gathering and splitting together: one outcome for each id, no id twice in a request") {
    // The whole of a batch but for time and the network: a service that has some of the ids, calls some
    // missing, passes some over, and refuses requests that hold a bad one.
    for (std::uint64_t seed = 0; seed < 100'000; ++seed) {
        const auto random = core::seeded_random(seed);
        const auto draw = [&](std::size_t below) { return static_cast<std::size_t>(random->next() % below); };
        batch_limits l;
        l.max_in_flight = 1 + draw(3);
        l.max_buffered = 1 + draw(6);
        l.ids_per_request = 1 + draw(6);
        l.order = draw(2) == 0 ? delivery_order::completion : delivery_order::input;
        batch_plan plan(l);
        const gathering_limits room{.max_ids = l.ids_per_request, .max_bytes = 40, .largest_id_bytes = 10};
        std::size_t left = draw(40);
        const std::size_t all = left;
        const group_habits habits;
        std::map<batch_plan::entry, int> outcomes;  // that were made for an entry since it was pulled
        std::size_t delivered = 0;
        std::vector<std::vector<batch_plan::entry>> flying;
        std::vector<batch_plan::entry> followers;
        const auto finish = [&](batch_plan::entry at) {
            followers.clear();
            plan.finished(at, followers);
            ++outcomes[at];
            for (const auto f : followers) ++outcomes[f];
        };
        while (delivered < all) {
            bool moved = false;
            if (left > 0 && plan.may_pull(l.max_in_flight)) {
                gathering g(room);
                std::vector<batch_plan::entry> group;
                std::set<std::string> ids;
                while (left > 0 && !g.full() && plan.has_room()) {
                    const std::string id(1, static_cast<char>('a' + draw(8)));
                    const auto admitted = plan.pulled(id);
                    --left;
                    REQUIRE(plan.outstanding() <= plan.capacity());
                    outcomes[admitted.at] = 0;
                    if (admitted.joins) continue;
                    REQUIRE(ids.insert(id).second);
                    group.push_back(admitted.at);
                    g.add(1 + draw(10), {});
                }
                if (!group.empty()) {
                    plan.departed();
                    flying.push_back(group);
                }
                REQUIRE(plan.in_flight() <= l.max_in_flight);
                moved = true;
            }
            if (!flying.empty() && (!moved || draw(2) == 0)) {
                const std::size_t which = draw(flying.size());
                const std::vector<batch_plan::entry> group = flying[which];
                flying.erase(flying.begin() + static_cast<std::ptrdiff_t>(which));
                group_parts parts;
                parts.begin(group.size());
                std::size_t requests = 0;
                const std::size_t bad = draw(2 * group.size());
                while (const auto part = parts.next()) {
                    ++requests;
                    const bool refused = bad >= part->first && bad < part->first + part->count;
                    if (refused &&
                        judge_group(errc::bad_request, 400, part->count, habits) == group_verdict::halve) {
                        parts.halve();
                        continue;
                    }
                    for (std::size_t i = part->first; i < part->first + part->count; ++i) finish(group[i]);
                }
                REQUIRE(requests <= 2 * group.size() - 1);
                plan.returned();
                moved = true;
            }
            while (plan.front() && draw(3) != 0) {
                const auto at = plan.hand_out();
                REQUIRE(outcomes[at] == 1);
                plan.delivered(at);
                ++delivered;
                moved = true;
            }
            if (!moved && plan.front()) {
                plan.delivered(plan.hand_out());
                ++delivered;
                moved = true;
            }
            REQUIRE(moved);  // nobody waits for anybody for ever
        }
        REQUIRE(plan.outstanding() == 0);
    }
}
