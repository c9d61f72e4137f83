#include "ingest/resume/key_table.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace getty::connect;
using namespace getty::connect::ingest;

namespace {

constexpr core::hash_key one{1, 2};
constexpr core::hash_key two{3, 4};

}  // namespace

TEST_CASE("key table: counts as a map does") {
    const id_keys keys(one, two);
    key_table<std::uint32_t> table;
    std::map<std::string, std::uint32_t> map;
    const auto random = core::seeded_random(3);
    for (int i = 0; i < 200'000; ++i) {
        const std::string id = std::to_string(random->next() % 60'000);
        ++map[id];
        ++table.at(keys(id));
    }
    CHECK(table.size() == map.size());
    for (const auto& [id, count] : map) {
        const std::uint32_t* found = table.find(keys(id));
        REQUIRE(found != nullptr);
        REQUIRE(*found == count);
    }
    for (int i = 60'000; i < 70'000; ++i) REQUIRE(table.find(keys(std::to_string(i))) == nullptr);
}

TEST_CASE("key table: an id costs at most 26 bytes at the peak, however many there are") {
    const id_keys keys(one, two);
    key_table<std::uint32_t> table;
    for (std::size_t count = 1; count <= 400'000; ++count) {
        ++table.at(keys("id-" + std::to_string(count)));
        if (count >= 16'384) REQUIRE(table.peak_bytes() <= 40 * count);
        if (count >= 80'000) REQUIRE(table.peak_bytes() <= 26 * count);
    }
    CHECK(table.size() == 400'000);
}

TEST_CASE("key table: keys are 102 bits, and those that differ in one of them differ") {
    key_table<std::uint32_t> table;
    table.at({7, 8}) = 1;
    table.at({7, 9}) = 2;
    table.at({8, 8}) = 3;
    CHECK(*table.find({7, 8}) == 1);
    CHECK(*table.find({7, 9}) == 2);
    CHECK(*table.find({8, 8}) == 3);
    CHECK(table.find({9, 9}) == nullptr);
    key_table<std::uint32_t> one_bit_apart;
    for (unsigned bit = 0; bit < 102; ++bit) {
        const id_key key =
            bit < 64 ? id_key{1, 1 ^ std::uint64_t{1} << bit} : id_key{1 ^ std::uint64_t{1} << (bit - 64), 1};
        one_bit_apart.at(key) = bit;
    }
    CHECK(one_bit_apart.size() == 102);
    const id_keys keys(one, two);
    CHECK(keys("a").high != keys("a").low);
    CHECK((keys("a").high >> 38) == 0);
    CHECK(keys("a") == keys("a"));
    CHECK(keys("a") != keys("b"));
}
