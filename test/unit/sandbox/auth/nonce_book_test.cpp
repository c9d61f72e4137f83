#include "sandbox/auth/nonce_book.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::nonce_book;
using verdict = nonce_book::verdict;

namespace {

const core::time_point start{1h};

nonce_book::rules five_minutes() {
    nonce_book::rules rules;
    rules.lifetime = 5min;
    return rules;
}

}  // namespace

TEST_CASE("nonce book: nonces are 32 hex digits and never the same") {
    const auto random = core::seeded_random(1);
    nonce_book book(five_minutes(), *random);
    std::set<std::string> all;
    for (int i = 0; i < 1'000; ++i) {
        const std::string nonce = book.issue(start);
        CHECK(nonce.size() == 32);
        CHECK(nonce.find_first_not_of("0123456789abcdef") == nonce.npos);
        CHECK(all.insert(nonce).second);
    }
}

TEST_CASE("nonce book: a nonce is known until its lifetime ends, to the tick") {
    const auto random = core::seeded_random(1);
    nonce_book book(five_minutes(), *random);
    const std::string nonce = book.issue(start);
    CHECK(book.find(nonce, start) != nullptr);
    CHECK(book.find(nonce, start + 5min - 1ns) != nullptr);
    CHECK(book.find(nonce, start + 5min) == nullptr);
    CHECK(book.find("0123", start) == nullptr);
    book.expire_all();
    CHECK(book.find(nonce, start) == nullptr);
}

TEST_CASE("nonce book: each count is good once, in any order within the window") {
    const auto random = core::seeded_random(7);
    for (const std::uint32_t window : {1U, 2U, 63U, 64U, 65U, 100U, 1'000U}) {
        CAPTURE(window);
        nonce_book::rules rules = five_minutes();
        rules.window = window;
        nonce_book book(rules, *random);
        auto& nonce = *book.find(book.issue(start), start);
        // oracle: the set of all counts seen, and the highest
        std::set<std::uint32_t> seen;
        std::uint32_t highest = 0;
        for (int i = 0; i < 20'000; ++i) {
            const auto spread = static_cast<std::uint32_t>(random->next() % (2 * window + 3));
            const std::uint32_t nc =
                std::max(1U, highest + window / 2 + 2 > spread ? highest + window / 2 + 2 - spread : 1U);
            const bool good = !seen.contains(nc) && (nc > highest || highest - nc < window);
            REQUIRE((book.use(nonce, nc, true) == verdict::accepted) == good);
            seen.insert(nc);
            if (good) highest = std::max(highest, nc);
        }
        CHECK(highest > 100);
    }
}

TEST_CASE("nonce book: a jump over the whole window forgets nothing that matters") {
    const auto random = core::seeded_random(1);
    nonce_book book(five_minutes(), *random);
    auto& nonce = *book.find(book.issue(start), start);
    for (std::uint32_t nc = 1; nc <= 64; ++nc) CHECK(book.use(nonce, nc, true) == verdict::accepted);
    CHECK(book.use(nonce, 1'000'000, true) == verdict::accepted);
    CHECK(book.use(nonce, 1'000'000, true) == verdict::stale);
    CHECK(book.use(nonce, 1'000'000 - 64, true) == verdict::stale);
    CHECK(book.use(nonce, 1'000'000 - 63, true) == verdict::accepted);
    CHECK(book.use(nonce, 0xFFFFFFFF, true) == verdict::accepted);
    CHECK(book.use(nonce, 0xFFFFFFFF, true) == verdict::stale);
    CHECK(book.use(nonce, 0, true) == verdict::stale);
    CHECK(book.use(nonce, 1, true) == verdict::stale);
}

TEST_CASE("nonce book: strict counting takes the next count only") {
    const auto random = core::seeded_random(1);
    nonce_book::rules rules = five_minutes();
    rules.strict = true;
    nonce_book book(rules, *random);
    auto& nonce = *book.find(book.issue(start), start);
    CHECK(book.use(nonce, 2, true) == verdict::stale);
    CHECK(book.use(nonce, 1, true) == verdict::accepted);
    CHECK(book.use(nonce, 1, true) == verdict::stale);
    CHECK(book.use(nonce, 3, true) == verdict::stale);
    CHECK(book.use(nonce, 2, true) == verdict::accepted);
}

TEST_CASE("nonce book: a nonce is stale after its uses, refused ones not counted") {
    const auto random = core::seeded_random(1);
    nonce_book::rules rules = five_minutes();
    rules.uses = 2;
    nonce_book book(rules, *random);
    auto& nonce = *book.find(book.issue(start), start);
    CHECK(book.use(nonce, 1, true) == verdict::accepted);
    CHECK(book.use(nonce, 1, true) == verdict::stale);
    CHECK(book.use(nonce, 2, true) == verdict::accepted);
    CHECK(book.use(nonce, 3, true) == verdict::stale);
}

TEST_CASE("nonce book: without a limit of uses there is none, and no next nonce is asked for") {
    const auto random = core::seeded_random(1);
    nonce_book book(five_minutes(), *random);
    auto& nonce = *book.find(book.issue(start), start);
    bool plain = true;
    for (std::uint32_t nc = 1; nc <= 100'000; ++nc)
        plain = plain && book.use(nonce, nc, true) == verdict::accepted;
    CHECK(plain);
}

TEST_CASE("nonce book: without counts (RFC 2069) only uses and lifetime matter") {
    const auto random = core::seeded_random(1);
    nonce_book::rules rules = five_minutes();
    rules.uses = 2;
    nonce_book book(rules, *random);
    auto& nonce = *book.find(book.issue(start), start);
    CHECK(book.use(nonce, 0, false) == verdict::accepted);
    CHECK(book.use(nonce, 0, false) == verdict::accepted);
    CHECK(book.use(nonce, 0, false) == verdict::stale);
}

TEST_CASE("nonce book: every n-th use asks for a next nonce, which keeps session and hint") {
    const auto random = core::seeded_random(1);
    nonce_book::rules rules = five_minutes();
    rules.next_every = 3;
    nonce_book book(rules, *random);
    const std::string first = book.issue(start);
    auto& nonce = *book.find(first, start);
    nonce.password_hint = 42;
    std::vector<bool> asked;
    for (std::uint32_t nc = 1; nc <= 6; ++nc)
        asked.push_back(book.use(nonce, nc, true) == verdict::accepted_and_next);
    CHECK(asked == std::vector<bool>{false, false, true, false, false, true});
    const std::string second = book.issue(start, &nonce);
    const std::string third = book.issue(start, book.find(second, start));
    CHECK(book.find(third, start)->session == first);
    CHECK(book.find(third, start)->password_hint == 42);
    CHECK(book.find(book.issue(start), start)->session != first);
}

TEST_CASE("nonce book: a full table forgets the oldest nonce") {
    const auto random = core::seeded_random(1);
    nonce_book::rules rules = five_minutes();
    rules.max_nonces = 3;
    nonce_book book(rules, *random);
    std::vector<std::string> nonces;
    for (int i = 0; i < 5; ++i) nonces.push_back(book.issue(start));
    CHECK(book.size() == 3);
    CHECK(book.find(nonces[1], start) == nullptr);
    CHECK(book.find(nonces[2], start) != nullptr);
    CHECK(book.find(nonces[4], start) != nullptr);
}
