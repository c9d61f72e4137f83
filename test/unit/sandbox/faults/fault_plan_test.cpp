// Which request gets which fault.
#include "sandbox/faults/fault_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::sandbox;

namespace {

fault_plan plan(const std::vector<std::string>& specs, std::uint64_t seed = 0,
                std::size_t max_ids = 100'000) {
    fault_plan made(seed, max_ids);
    for (const std::string& spec : specs) REQUIRE(made.add(parse_fault(spec).value()));
    return made;
}

/// The name of the fault of a lookup; empty: none.
std::string lookup(fault_plan& p, std::string_view id, bool succeeds = true) {
    const std::string ids[] = {std::string(id)};
    fault_plan::request asked;
    asked.ids = ids;
    asked.succeeds = succeeds;
    const fault* f = p.choose(asked);
    return f ? f->name : "";
}

std::string token(fault_plan& p) {
    fault_plan::request asked;
    asked.what = fault_target::token;
    asked.succeeds = true;
    const fault* f = p.choose(asked);
    return f ? f->name : "";
}

/// How many of `count` lookups of different ids have a fault.
int hits(fault_plan p, int count) {
    int found = 0;
    for (int i = 0; i < count; ++i) found += lookup(p, std::to_string(1'000 + i)).empty() ? 0 : 1;
    return found;
}

}  // namespace

TEST_CASE("fault plan: without conditions each lookup is hit, and no token request") {
    fault_plan p = plan({"drip"});
    CHECK(lookup(p, "1") == "drip");
    CHECK(lookup(p, "1") == "drip");
    CHECK(lookup(p, "2", false) == "drip");
    CHECK(token(p).empty());
    fault_plan t = plan({"drip:on=token"});
    CHECK(lookup(t, "1").empty());
    CHECK(token(t) == "drip");
    fault_plan nothing = plan({});
    CHECK(lookup(nothing, "1").empty());
}

TEST_CASE("fault plan: first counts the requests of each id, and token requests together") {
    fault_plan p = plan({"drip:first=2", "html:first=1,on=token"});
    CHECK(lookup(p, "1") == "drip");
    CHECK(lookup(p, "2") == "drip");
    CHECK(lookup(p, "1") == "drip");
    CHECK(lookup(p, "1").empty());
    CHECK(lookup(p, "2") == "drip");
    CHECK(lookup(p, "2").empty());
    CHECK(token(p) == "html");
    CHECK(token(p).empty());
}

TEST_CASE("fault plan: every and count go by the order of arrival, among those that the rest is true for") {
    fault_plan p = plan({"drip:every=3,id=7*,count=2"});
    std::string pattern;
    for (int i = 0; i < 24; ++i) pattern += lookup(p, i % 2 == 0 ? "71" : "81").empty() ? '.' : 'D';
    CHECK(pattern == "....D.....D.............");
    CHECK(p.entries()[0].eligible == 12);
    CHECK(p.entries()[0].happened == 2);
}

TEST_CASE("fault plan: the first that happens is the only one, and those behind it do not see the request") {
    fault_plan p = plan({"drip:every=2", "html:every=2", "empty:every=2"});
    std::string order;
    for (int i = 0; i < 8; ++i) {
        const std::string name = lookup(p, "1");
        order += name.empty() ? '.' : name[0];
    }
    // Of eight requests drip takes four, html two of the rest, empty one of what is left.
    CHECK(order == ".dhdedhd");
    CHECK(p.entries()[0].eligible == 8);
    CHECK(p.entries()[1].eligible == 4);
    CHECK(p.entries()[2].eligible == 2);
}

TEST_CASE(
    "fault plan: what changes an image passes over lookups without one, redirects over the redirected") {
    fault_plan p = plan({"wrong-image", "json-mistyped"});
    CHECK(lookup(p, "404", false).empty());
    CHECK(lookup(p, "1") == "wrong-image");
    CHECK(p.entries()[0].eligible == 1);
    fault_plan r = plan({"redirect"});
    const std::string ids[] = {"1"};
    fault_plan::request asked;
    asked.ids = ids;
    CHECK(r.choose(asked) != nullptr);
    asked.redirected = true;
    CHECK(r.choose(asked) == nullptr);
}

TEST_CASE("fault plan: a rate hits about as many as it says, and never the same ones for another seed") {
    for (const double rate : {0.01, 0.2, 0.5, 0.9}) {
        const std::string spec = "drip:rate=" + std::to_string(rate);
        const int found = hits(plan({spec}, 1), 20'000);
        const double expected = 20'000 * rate;
        CAPTURE(rate);
        // Five standard deviations; the seed makes it the same in every run.
        const double width = 5 * std::sqrt(expected * (1 - rate));
        CHECK(std::abs(found - expected) < width);
    }
    fault_plan one = plan({"drip:rate=0.5"}, 1), other = plan({"drip:rate=0.5"}, 2);
    int same = 0;
    for (int i = 0; i < 1'000; ++i) {
        const std::string id = std::to_string(i);
        same += lookup(one, id) == lookup(other, id) ? 1 : 0;
    }
    CHECK(same > 420);
    CHECK(same < 580);
}

TEST_CASE("fault plan: draws look at seed, id and number alone, so that no order of arrival changes them") {
    const std::vector<std::string> specs{"drip:rate=0.3", "html:rate=0.3,first=2", "drip:rate=0.3,id=1*"};
    std::vector<std::pair<std::string, int>> order;  // each id four times
    for (int id = 1'000; id < 1'500; ++id) {
        for (int n = 0; n < 4; ++n) order.emplace_back(std::to_string(id), n);
    }
    const auto run = [&](const auto& requests) {
        fault_plan p = plan(specs, 99);
        std::map<std::string, std::vector<std::string>> of;
        for (const auto& [id, n] : requests) of[id].push_back(lookup(p, id));
        return of;
    };
    const auto by_id = run(order);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.second < b.second; });
    CHECK(run(order) == by_id);
    std::reverse(order.begin(), order.end());
    CHECK(run(order) == by_id);
}

TEST_CASE("fault plan: another rate or another fault beside it leaves a fault's draws as they are") {
    fault_plan rare = plan({"drip:rate=0.1"}), often = plan({"html:rate=0.5,id=none", "drip:rate=0.4"});
    int both = 0;
    for (int i = 0; i < 2'000; ++i) {
        const std::string id = std::to_string(i);
        const bool r = !lookup(rare, id).empty(), o = !lookup(often, id).empty();
        CHECK((!r || o));
        both += r ? 1 : 0;
    }
    CHECK(both > 150);
    // two of the same name draw differently
    fault_plan twins = plan({"drip:rate=0.5", "drip:rate=0.5"});
    for (int i = 0; i < 2'000; ++i) (void)lookup(twins, std::to_string(i));
    CHECK(twins.entries()[1].happened > 400);
    CHECK(twins.entries()[1].happened < 600);
}

TEST_CASE("fault plan: successive requests of an id are drawn anew") {
    fault_plan p = plan({"drip:rate=0.5"});
    int found = 0;
    for (int i = 0; i < 1'000; ++i) found += lookup(p, "83454800").empty() ? 0 : 1;
    CHECK(found > 420);
    CHECK(found < 580);
}

TEST_CASE("fault plan: cleared it is as new, and it holds no more than its bounds") {
    fault_plan p = plan({"drip:first=1", "html:every=2"});
    (void)lookup(p, "1");
    p.clear();
    CHECK(lookup(p, "1").empty());
    REQUIRE(p.add(parse_fault("drip:first=1").value()));
    CHECK(lookup(p, "1") == "drip");  // what was asked while it was empty does not count
    p.clear();
    for (std::size_t i = 0; i < max_faults; ++i) CHECK(p.add(parse_fault("drip").value()));
    CHECK_FALSE(p.add(parse_fault("drip").value()));

    fault_plan two = plan({"drip:first=1"}, 0, 2);
    CHECK(lookup(two, "1") == "drip");
    CHECK(lookup(two, "2") == "drip");
    CHECK(lookup(two, "3") == "drip");
    CHECK(lookup(two, "4").empty());  // shares the number of 3
    CHECK(lookup(two, "1").empty());
}

namespace {

/// The name of the fault of a group and the id that it is about; empty: none.
std::string group(fault_plan& p, const std::vector<std::string>& ids, std::size_t target_bytes = 0) {
    fault_plan::request asked;
    asked.of = dialect::v3;
    asked.ids = ids;
    asked.succeeds = true;
    asked.target_bytes = target_bytes;
    const fault* f = p.choose(asked);
    return f ? f->name + " " + ids.at(p.hit()) : "";
}

}  // namespace

TEST_CASE("fault plan: a group is one request, and the fault is about its first id of the pattern") {
    fault_plan p = plan({"omit:id=2*", "drip:id=9"});
    CHECK(group(p, {"1", "20", "21"}) == "omit 20");
    CHECK(group(p, {"1", "9"}) == "drip 9");
    CHECK(group(p, {"1", "3"}).empty());
    CHECK(p.entries()[0].eligible == 1);
    fault_plan all = plan({"omit"});
    CHECK(group(all, {"1", "2"}) == "omit 1");
}

TEST_CASE("fault plan: each id of a group is numbered, so that first and rate go by the id") {
    fault_plan p = plan({"drip:first=1"});
    CHECK(group(p, {"1", "2", "3"}) == "drip 1");
    CHECK(group(p, {"2", "3"}).empty());  // a second request for both
    CHECK(group(p, {"4", "1"}) == "drip 4");
    CHECK(lookup(p, "4").empty());
    fault_plan drawn = plan({"drip:rate=0.5"}), same = plan({"drip:rate=0.5"});
    for (int i = 0; i < 50; ++i) {
        const std::string id = std::to_string(i);
        CHECK(group(drawn, {id, "x"}).empty() == lookup(same, id).empty());
    }
}

TEST_CASE("fault plan: of groups, of nonces and of long targets a fault asks where there are such") {
    fault_plan p = plan({"omit", "reorder", "stranger", "duplicate-image", "half-malformed"});
    CHECK(lookup(p, "1").empty());
    CHECK(p.entries()[0].eligible == 0);
    fault_plan n = plan({"nonce-stale"});
    CHECK(lookup(n, "1") == "nonce-stale");
    CHECK(group(n, {"1"}).empty());
    fault_plan u = plan({"uri-too-long:bytes=100"});
    CHECK(group(u, {"1"}, 100).empty());
    CHECK(group(u, {"1"}, 101) == "uri-too-long 1");
}
