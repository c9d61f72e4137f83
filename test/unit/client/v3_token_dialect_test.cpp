#include "client/v3_token_dialect.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect;
using credentials::token_grant;
using detail::v3_token_dialect;

namespace {

/// What a client with these settings sends to get a token.
struct sent {
    sent(const client_options& with, token_grant grant, const secret& refresh_token = secret()) {
        const client_settings settings = with.settings();
        const v3_token_dialect dialect(settings, "/oauth2/token");
        dialect.append_fields(fields);
        body = dialect.body(grant, refresh_token).expose();
    }
    std::string fields;
    std::string body;
};

client_options speaking_v3() {
    return client_options()
        .dialect(dialect::v3)
        .credentials("k:e y+\xC3\xBC", secret("p%a/s?s#~"))
        .user("me & you", secret("pass word"));
}

}  // namespace

// Expectations: python3 urllib.parse.urlencode(..., quote_via=quote) and base64.b64encode.
TEST_CASE("T11: a grant is asked for with its own parameters, and with who the client is") {
    const std::string client = "client_id=k%3Ae%20y%2B%C3%BC&client_secret=p%25a%2Fs%3Fs%23~&";
    const sent own(speaking_v3(), token_grant::client_credentials);
    CHECK(own.body == client + "grant_type=client_credentials");
    CHECK(own.fields.empty());
    const sent of_user(speaking_v3(), token_grant::password);
    CHECK(of_user.body == client + "grant_type=password&username=me%20%26%20you&password=pass%20word");
    const sent again(speaking_v3(), token_grant::refresh_token, secret("R|t+/="));
    CHECK(again.body == client + "grant_type=refresh_token&refresh_token=R%7Ct%2B%2F%3D");
}

TEST_CASE("T11: Basic says who the client is in the field alone, both parts encoded as forms are") {
    const client_options basic = speaking_v3().client_authentication(client_authentication::basic);
    for (const token_grant grant :
         {token_grant::client_credentials, token_grant::password, token_grant::refresh_token}) {
        const sent s(basic, grant, secret("R"));
        CHECK(s.fields == "Authorization: Basic ayUzQWUlMjB5JTJCJUMzJUJDOnAlMjVhJTJGcyUzRnMlMjN+\r\n");
        CHECK(s.body.starts_with("grant_type="));
        CHECK(s.body.find("client_id") == std::string::npos);
        CHECK(s.body.find("client_secret") == std::string::npos);
        CHECK(s.body.find("p%25a") == std::string::npos);
    }
    CHECK(sent(basic, token_grant::refresh_token, secret("R")).body ==
          "grant_type=refresh_token&refresh_token=R");
}

TEST_CASE("T11: an answer becomes one token with its lifetime and the refresh token") {
    const client_settings settings = speaking_v3().settings();
    const v3_token_dialect dialect(settings, "/oauth2/token");
    CHECK(dialect.target() == "/oauth2/token");
    CHECK(dialect.content_type() == "application/x-www-form-urlencoded");
    const auto got = dialect.read(
        R"({"access_token":"a|b+/==","token_type":"Bearer","expires_in":"1800","refresh_token":"R"})");
    REQUIRE(got.has_value());
    CHECK(got->value.expose() == "a|b+/==");
    CHECK(got->lifetime == std::chrono::minutes(30));
    CHECK(got->refresh_token.expose() == "R");
}
