#include "sandbox/auth/token_book.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::token_book;

namespace {
const core::time_point start{1h};
}

TEST_CASE("token book: a token is good until its life ends, and only its https value is") {
    const auto random = core::seeded_random(1);
    token_book book(30min, 10, std::nullopt, *random);
    const token_book::token& issued = book.issue(start);
    const std::string https(issued.for_https.expose());
    const std::string http(issued.for_http.expose());
    CHECK(https != http);
    CHECK(book.find(https, start + 30min - 1ns) != nullptr);
    CHECK(book.find(http, start) == nullptr);
    CHECK(book.find("", start) == nullptr);
    CHECK(book.find(https + "0", start) == nullptr);
    CHECK(book.find(https, start + 30min) == nullptr);
}

TEST_CASE("token book: a new token leaves the earlier ones valid, until there are too many") {
    const auto random = core::seeded_random(1);
    token_book book(30min, 2, std::nullopt, *random);
    std::vector<std::string> values;
    for (int i = 0; i < 3; ++i) values.emplace_back(book.issue(start).for_https.expose());
    CHECK(book.find(values[0], start) == nullptr);
    CHECK(book.find(values[1], start) != nullptr);
    CHECK(book.find(values[2], start) != nullptr);
    book.expire_all();
    CHECK(book.find(values[2], start) == nullptr);
}

TEST_CASE("token book: a fixed token is issued again and again, until it is forgotten") {
    const auto random = core::seeded_random(1);
    token_book book(30min, 10, secret("fixed"), *random);
    CHECK(book.find("fixed", start) == nullptr);
    CHECK(book.issue(start).for_https.expose() == "fixed");
    CHECK(book.find("fixed", start) != nullptr);
    book.expire_all();
    CHECK(book.find("fixed", start) == nullptr);
    CHECK(book.issue(start).for_https.expose() == "fixed");
    book.forget_fixed();
    CHECK(book.issue(start).for_https.expose() != "fixed");
}

TEST_CASE("token book: the search asks the hinted token first, each one once, expired ones never") {
    const auto random = core::seeded_random(1);
    token_book book(30min, 10, std::nullopt, *random);
    (void)book.issue(start);
    for (int i = 0; i < 3; ++i) (void)book.issue(start + 1min);
    std::vector<std::uint64_t> asked;
    const auto refuse = [&](const token_book::token& t) {
        asked.push_back(t.number);
        return false;
    };
    CHECK(book.find_if(3, start + 30min, refuse) == nullptr);
    CHECK(asked == std::vector<std::uint64_t>{3, 4, 2});
}
