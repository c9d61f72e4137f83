#include "credentials/grant_choice.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

using namespace getty::connect::credentials;
using beside = grant_choice::beside;

TEST_CASE("T11: a refresh token goes first, and after it what the client was given beside it") {
    struct row {
        beside given;
        std::optional<token_grant> without;
    };
    for (const row& r : std::array<row, 3>{{{beside::application, token_grant::client_credentials},
                                            {beside::user, token_grant::password},
                                            {beside::nothing, std::nullopt}}}) {
        CAPTURE(static_cast<int>(r.given));
        const grant_choice choice(r.given);
        CHECK(choice.first(true) == token_grant::refresh_token);
        CHECK(choice.first(false) == r.without);
    }
}

TEST_CASE("T11: only a refresh token is spent by its refusal, and only by one that is about it") {
    const std::array<std::string_view, 8> names{"",
                                                "invalid_grant",
                                                "Invalid_Grant",
                                                "invalid_client",
                                                "invalid_request",
                                                "unauthorized_client",
                                                "unsupported_grant_type",
                                                "InvalidRequest"};
    std::set<std::pair<int, std::string_view>> spent;
    for (int status = 100; status < 600; ++status) {
        for (const std::string_view name : names) {
            REQUIRE_FALSE(grant_choice::is_spent(token_grant::client_credentials, status, name));
            REQUIRE_FALSE(grant_choice::is_spent(token_grant::password, status, name));
            if (grant_choice::is_spent(token_grant::refresh_token, status, name)) spent.emplace(status, name);
        }
    }
    std::set<std::pair<int, std::string_view>> expected{{400, "invalid_grant"}};
    for (const std::string_view name : names) expected.emplace(401, name);
    CHECK(spent == expected);
}
