#include "client/connect_token_dialect.hpp"

#include <doctest/doctest.h>

using namespace getty::connect;
using detail::connect_token_dialect;

TEST_CASE("token dialect: Connect uses the one of its two tokens that was chosen") {
    const std::string_view answer =
        R"({"token":{"ssl_token":"for https","token":"for http","token_duration_minutes":30}})";
    client_options options;
    for (const auto& [choice, value] :
         {std::pair{token_choice::ssl_token, "for https"}, std::pair{token_choice::token, "for http"}}) {
        const client_settings settings = options.token_choice(choice).settings();
        const auto got = connect_token_dialect(settings, "/api/token").read(answer);
        REQUIRE(got.has_value());
        CHECK(got->value.expose() == value);
        CHECK(got->lifetime == std::chrono::minutes(30));
        CHECK(got->refresh_token.empty());
    }
    const client_settings settings = options.settings();
    CHECK(connect_token_dialect(settings, "/api/token").read("{}").error().field == "ssl_token");
}
