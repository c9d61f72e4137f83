#include "policy/retry_budget.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

using getty::connect::policy::retry_budget;

TEST_CASE("retry budget: the reserve is there from the start, then calls pay for retries") {
    retry_budget budget(0.2, 3);
    for (int i = 0; i < 3; ++i) CHECK(budget.withdraw());
    CHECK_FALSE(budget.withdraw());
    for (int i = 0; i < 4; ++i) budget.deposit();
    CHECK_FALSE(budget.withdraw());
    budget.deposit();
    CHECK(budget.withdraw());
    CHECK_FALSE(budget.withdraw());
}

TEST_CASE("retry budget: never more than the reserve is saved up") {
    retry_budget budget(1.0, 2);
    for (int i = 0; i < 100; ++i) budget.deposit();
    CHECK(budget.balance() == 2.0);
}

TEST_CASE("retry budget: a reserve of zero allows no retry at all") {
    retry_budget budget(1.0, 0);
    budget.deposit();
    CHECK_FALSE(budget.withdraw());
}

TEST_CASE("R3: whatever the order of events, retries stay within ratio times calls plus reserve") {
    const auto random = getty::connect::core::seeded_random(20260101);
    retry_budget budget(0.2, 10);
    std::uint64_t calls = 0;
    std::uint64_t retries = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        if (random->unit() < 0.3) {
            budget.deposit();
            ++calls;
        } else if (budget.withdraw()) {
            ++retries;
        }
        REQUIRE(static_cast<double>(retries) <= 0.2 * static_cast<double>(calls) + 10.0);
    }
    CHECK(retries > calls / 6);  // and the budget is there to be used
}
