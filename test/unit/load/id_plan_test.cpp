#include "load/id_plan.hpp"

#include "load/unusable.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect::load;

namespace {

constexpr id_plan::missing_share none{0};

std::string complaint(std::string_view range) {
    try {
        (void)read_id_range(range);
    } catch (const unusable& why) {
        return why.what();
    }
    return "";
}

}  // namespace

TEST_CASE("L2: a range is read as such, a file's name is none, and what is wrong with a range is told") {
    const auto range = read_id_range("100000001-100005000");
    REQUIRE(range);
    CHECK(range->first == 100'000'001);
    CHECK(range->last == 100'005'000);
    CHECK(read_id_range("7-7")->last == 7);
    CHECK(read_id_range("0-999999999999999999")->last == 999'999'999'999'999'999U);
    for (const std::string_view name : {"", "-", "1-", "-1", "ids-2026.txt", "1-2-3", "1-2 ", "a-b", "12"}) {
        CAPTURE(name);
        CHECK_FALSE(read_id_range(name));
    }
    CHECK(complaint("20-10") == "the range 20-10 runs backwards; write 10-20");
    CHECK(complaint("007-100").find("begins with 0") != std::string::npos);
    CHECK(complaint("1-1000000000000000000").find("at most 18 digits") != std::string::npos);
}

TEST_CASE("L2: in a cycle each id comes in its turn, and again from the first") {
    const id_plan list({"a", "b", "c"}, id_order::cycle, none, 1);
    CHECK(list.size() == 3);
    std::string asked;
    for (std::uint64_t n = 0; n < 7; ++n) asked += list.at(n);
    CHECK(asked == "abcabca");

    const id_plan range(id_range{8, 10}, id_order::cycle, none, 1);
    CHECK(range.size() == 3);
    CHECK(range.at(0) == "8");
    CHECK(range.at(2) == "10");
    CHECK(range.at(3'000'000'000'000'001) == "9");
}

TEST_CASE("L2: at random every id comes as often as any other, the same for the same seed") {
    constexpr std::uint64_t ids = 100;
    constexpr std::uint64_t requests = 1'000'000;
    const id_plan plan(id_range{1, ids}, id_order::random, none, 5);
    std::map<std::string, double> seen;
    for (std::uint64_t n = 0; n < requests; ++n) ++seen[plan.at(n)];
    REQUIRE(seen.size() == ids);
    double chi_squared = 0;
    for (const auto& [id, times] : seen) {
        chi_squared += std::pow(times - double{requests} / ids, 2) / (double{requests} / ids);
    }
    CHECK(chi_squared < 148.2);  // 99 degrees of freedom, one of a thousand is above

    const id_plan same(id_range{1, ids}, id_order::random, none, 5);
    const id_plan other(id_range{1, ids}, id_order::random, none, 6);
    int differ = 0;
    for (std::uint64_t n = 0; n < 1'000; ++n) {
        CHECK(plan.at(n) == same.at(n));
        differ += plan.at(n) != other.at(n);
    }
    CHECK(differ > 900);
}

TEST_CASE("L2: the share of missing ids is exact over every stretch, and takes no turn of the others") {
    const id_plan plan({"a", "b", "c"}, id_order::cycle, {5'000}, 1);  // 0.5 %
    std::uint64_t missing = 0;
    std::string found;
    std::set<std::string> absent;
    for (std::uint64_t n = 0; n < 10'000; ++n) {
        const std::string id = plan.at(n);
        const bool is_absent = id.size() == 12 && id.starts_with('9') && id.ends_with("404");
        CHECK(plan.missing(n) == is_absent);
        if (is_absent) {
            ++missing;
            absent.insert(id);
        } else {
            found += id;
        }
        REQUIRE(missing == (n + 1) * 5'000 / 1'000'000);
    }
    CHECK(missing == 50);
    CHECK(absent.size() == 50);
    for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == "abc"[i % 3]);

    CHECK(id_plan({"a"}, id_order::cycle, {1'000'000}, 1).missing(0));
    CHECK_FALSE(id_plan({"a"}, id_order::cycle, none, 1).missing(123'456'789));
    // Far into a long run nothing overflows.
    const id_plan all(id_range{1, 9}, id_order::random, {999'999}, 1);
    CHECK(all.missing(9'000'000'000'000'005));
    CHECK(all.at(9'000'000'000'000'005) == "900000004404");
    CHECK(plan.at(1'000'199) == "900005000404");
}
