#include <getty/connect/id_source.hpp>

#include <doctest/doctest.h>

#include <array>
#include <iterator>
#include <list>
#include <memory>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using list = std::vector<std::string>;

namespace {

/// Takes everything; asks once more after the end.
list drain(id_source source) {
    const auto producer = std::move(source).take();
    CHECK_FALSE(producer->waits());
    list all;
    std::string id;
    while (producer->next(id)) all.push_back(id);
    return all;
}

const list three{"83454800", "200261415-001", "a/b"};

}  // namespace

TEST_CASE("ids: an lvalue vector is copied, and may change or go") {
    auto ids = std::make_unique<list>(three);
    id_source source(*ids);
    ids->at(0) = "changed";
    ids.reset();
    CHECK(drain(std::move(source)) == three);
}

TEST_CASE("ids: an rvalue vector is moved, not copied") {
    list ids{std::string(100, 'x')};
    const char* const bytes = ids[0].data();
    id_source source(std::move(ids));
    const auto producer = std::move(source).take();
    CHECK(ids.empty());  // NOLINT(bugprone-use-after-move): what a moved-from vector is
    std::string id;
    REQUIRE(producer->next(id));
    CHECK(id == std::string(100, 'x'));
    CHECK(bytes != id.data());  // the producer's string is read, not taken
}

TEST_CASE("ids: a const vector, a list, an array and C strings") {
    CHECK(drain(three) == three);
    CHECK(drain(std::list<std::string>(three.begin(), three.end())) == three);
    CHECK(drain(std::array<std::string_view, 2>{"1", "2"}) == list{"1", "2"});
    CHECK(drain(std::vector<const char*>{"1", "2"}) == list{"1", "2"});
    CHECK(drain(list{}).empty());
}

TEST_CASE("ids: a span is kept as a view, without a copy") {
    list ids = three;
    id_source source{std::span<const std::string>(ids)};
    ids[1] = "changed";
    CHECK(drain(std::move(source)) == list{"83454800", "changed", "a/b"});
}

TEST_CASE("ids: a range of string views, with ids that hold zeros or nothing") {
    const std::vector<std::string_view> ids{"1", "", std::string_view("a\0b", 3)};
    CHECK(drain(ids) == list{"1", "", std::string("a\0b", 3)});
}

TEST_CASE("ids: a view of strings that are made on the way, each made once") {
    int made = 0;
    auto ids = std::views::iota(1, 4) | std::views::transform([&made](int i) {
                   ++made;
                   return std::to_string(i);
               });
    CHECK(drain(ids) == list{"1", "2", "3"});
    CHECK(made == 3);
}

TEST_CASE("ids: a filtered view and an endless one are pulled no further than asked") {
    auto odd = three | std::views::filter([](const std::string& id) { return id.size() > 3; });
    CHECK(drain(odd) == list{"83454800", "200261415-001"});

    int made = 0;
    id_source endless(std::views::iota(0) | std::views::transform([&made](int i) {
                          ++made;
                          return std::to_string(i);
                      }));
    const auto producer = std::move(endless).take();
    CHECK(made == 0);
    std::string id;
    for (int i = 0; i < 5; ++i) {
        REQUIRE(producer->next(id));
        CHECK(id == std::to_string(i));
        CHECK(made == i + 1);
    }
}

TEST_CASE("ids: a range that can be read once, from a stream") {
    std::istringstream in("1 2 3");
    CHECK(drain(std::ranges::subrange(std::istream_iterator<std::string>(in),
                                      std::istream_iterator<std::string>())) == list{"1", "2", "3"});
}

TEST_CASE("ids: a generator is called until it returns nothing, and not before it is asked") {
    int calls = 0;
    id_source source([&calls]() -> std::optional<std::string> {
        if (++calls == 4) return std::nullopt;
        return std::to_string(calls);
    });
    CHECK(calls == 0);
    CHECK(drain(std::move(source)) == list{"1", "2", "3"});
    CHECK(calls == 4);
}

TEST_CASE("ids: a generator may own what cannot be copied") {
    auto left = std::make_unique<int>(2);
    id_source source([n = std::move(left)]() -> std::optional<std::string> {
        if (*n == 0) return std::nullopt;
        return std::to_string((*n)--);
    });
    CHECK(drain(std::move(source)) == list{"2", "1"});
}

TEST_CASE("ids: what a generator or a range throws comes through") {
    id_source source([]() -> std::optional<std::string> { throw std::runtime_error("disk on fire"); });
    const auto generator = std::move(source).take();
    std::string id;
    CHECK_THROWS_WITH((void)generator->next(id), "disk on fire");

    id_source view(std::views::iota(0, 3) | std::views::transform([](int i) {
                       if (i == 1) throw std::runtime_error("bad row");
                       return std::to_string(i);
                   }));
    const auto range = std::move(view).take();
    CHECK(range->next(id));
    CHECK_THROWS_WITH((void)range->next(id), "bad row");
}

TEST_CASE("ids: a function that has to be awaited says so") {
    id_source source([]() -> boost::asio::awaitable<std::optional<std::string>> { co_return std::nullopt; });
    CHECK(std::move(source).take()->waits());
}

TEST_CASE("ids: a list in braces is copied") {
    id_source source({"1", std::string("2"), std::string_view("3")});
    CHECK(drain(std::move(source)) == list{"1", "2", "3"});
    CHECK(drain({"83454800"}) == list{"83454800"});
    CHECK(drain(id_source(std::initializer_list<std::string_view>{})).empty());
}
