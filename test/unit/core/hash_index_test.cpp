#include "core/hash_index.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <map>

using getty::connect::core::hash_index;

namespace {
constexpr auto any = [](std::uint32_t) { return true; };
}  // namespace

TEST_CASE("hash index: an empty one finds nothing and has nothing to erase") {
    hash_index index;
    CHECK(index.find(7, any) == hash_index::none);
    index.erase(7, 1);
    CHECK(index.size() == 0);
}

TEST_CASE("hash index: entries of equal hash are told apart by the owner's comparison") {
    hash_index index;
    index.insert(5, 1);
    index.insert(5, 2);
    index.erase(5, 3);  // not there
    CHECK(index.find(5, [](std::uint32_t e) { return e == 2; }) == 2);
    index.erase(5, 1);
    CHECK(index.find(5, [](std::uint32_t e) { return e == 1; }) == hash_index::none);
    CHECK(index.find(5, [](std::uint32_t e) { return e == 2; }) == 2);
    CHECK(index.size() == 1);
}

TEST_CASE("hash index: agrees with std::multimap over a random sequence full of collisions") {
    const std::uint64_t seed = 4711;
    CAPTURE(seed);
    const auto random = getty::connect::core::seeded_random(seed);
    hash_index index;
    std::map<std::uint32_t, std::uint64_t> model;  // entry -> hash
    for (int i = 0; i < 300'000; ++i) {
        const auto entry = static_cast<std::uint32_t>(random->next() % 60);
        // Homes at the end of the table wrap around; few of them means long runs.
        const std::uint64_t hash = random->next() % 12 * 11 + (random->next() % 2) * 0xFFFFFFFFFFFFFF00U;
        const auto known = model.find(entry);
        if (known == model.end()) {
            index.insert(hash, entry);
            model[entry] = hash;
        } else {
            index.erase(known->second, entry);
            model.erase(known);
        }
        REQUIRE(index.size() == model.size());
        const auto probe = static_cast<std::uint32_t>(random->next() % 60);
        const auto expected = model.find(probe);
        const std::uint64_t where = expected == model.end() ? hash : expected->second;
        const std::uint32_t found = index.find(where, [&](std::uint32_t e) { return e == probe; });
        REQUIRE(found == (expected == model.end() ? hash_index::none : probe));
    }
}
