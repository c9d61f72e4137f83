#include "proto/auth/token_body.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace getty::connect::proto;
using getty::connect::secret;
using namespace std::chrono_literals;

namespace {

std::string form(std::vector<token_parameter> parameters) {
    return std::string(form_body(parameters).expose());
}

std::string json(std::vector<token_parameter> parameters) {
    return std::string(json_body(parameters).expose());
}

std::optional<std::chrono::seconds> lifetime_of(std::string_view written) {
    const token_pair_result got = parse_token_answer(
        R"({"token":{"ssl_token":"s","token_duration_minutes":)" + std::string(written) + "}}");
    REQUIRE(got.has_value());
    return got->lifetime;
}

std::optional<std::chrono::seconds> lifetime_of_seconds(std::string_view written) {
    const token_pair_result got =
        parse_token_answer(R"({"ssl_token":"s","expires_in":)" + std::string(written) + "}");
    REQUIRE(got.has_value());
    return got->lifetime;
}

template <class Answer>
decode_failure failure_of(const Answer& got) {
    REQUIRE_FALSE(got.has_value());
    return got.error();
}

}  // namespace

// Expectations of the two request forms: python3 urllib.parse.urlencode(..., quote_via=quote) and json.dumps.
TEST_CASE("token request: a form holds the set parameters alone, percent-encoded") {
    CHECK(
        form({{"application_key", "k&=+ \xC3\xBC"},
              {"application_secret", "p%a/s?s#"},
              {"user_id", ""},
              {"coordination_id", "a-b_c.d~e"}}) ==
        "application_key=k%26%3D%2B%20%C3%BC&application_secret=p%25a%2Fs%3Fs%23&coordination_id=a-b_c.d~e");
    CHECK(form({}).empty());
    CHECK(form({{"a", std::string_view("\0\r\n", 3)}}) == "a=%00%0D%0A");
}

TEST_CASE("token request: JSON holds the set parameters alone, escaped") {
    CHECK(json({{"application_key", "k\"\\/\xC3\xBC"}, {"user_id", ""}, {"user_password", "a\r\n\x01"}}) ==
          "{\"application_key\":\"k\\\"\\\\/\xC3\xBC\",\"user_password\":\"a\\u000d\\u000a\\u0001\"}");
    CHECK(json({}) == "{}");
}

TEST_CASE("token answer: the documented form gives a token for each scheme and the lifetime") {
    const token_pair_result got = parse_token_answer(
        R"({"token":{"coordination_id":"c-1","ssl_token":"for https","token":"for http","token_duration_minutes":30}})");
    REQUIRE(got.has_value());
    CHECK(got->value_for_https.expose() == "for https");
    CHECK(got->value_for_http.expose() == "for http");
    CHECK(got->lifetime == 30min);
}

TEST_CASE("token answer: the inner object is accepted without its outer key") {
    const token_pair_result got =
        parse_token_answer(R"({"ssl_token":"S","token":"T","token_duration_minutes":"15"})");
    REQUIRE(got.has_value());
    CHECK(got->value_for_https.expose() == "S");
    CHECK(got->value_for_http.expose() == "T");
    CHECK(got->lifetime == 15min);
}

TEST_CASE("token answer: one token stands in for the other") {
    for (const std::string_view body :
         {R"({"token":{"ssl_token":"X"}})", R"({"token":{"token":"X","ssl_token":null}})",
          R"({"token":{"token":"X","ssl_token":""}})", R"({"token":"X"})",
          R"({"ssl_token":"X","token":null})"}) {
        CAPTURE(body);
        const token_pair_result got = parse_token_answer(body);
        REQUIRE(got.has_value());
        CHECK(got->value_for_https.expose() == "X");
        CHECK(got->value_for_http.expose() == "X");
    }
}

TEST_CASE("T7: every way to write a lifetime has a defined result") {
    CHECK(lifetime_of("30") == 1800s);
    CHECK(lifetime_of("\"30\"") == 1800s);
    CHECK(lifetime_of("0.5") == 30s);
    CHECK(lifetime_of("\"0.51\"") == 30s);  // 30.6 s, cut
    CHECK(lifetime_of("0") == 0s);
    CHECK(lifetime_of("-5") == 0s);
    CHECK(lifetime_of("\"-5\"") == 0s);
    CHECK(lifetime_of("-1e400") == 0s);
    CHECK(lifetime_of("1e400") == 24h);
    CHECK(lifetime_of("18446744073709551616") == 24h);
    CHECK(lifetime_of("9223372036854775807") == 24h);
    CHECK(lifetime_of("\"99999999999999999999\"") == 24h);
    CHECK(lifetime_of("1440") == 24h);
    CHECK(lifetime_of("1439") == 24h - 1min);
    for (const std::string_view unusable : {"null", "true", "[]", "{}", "\"\"", "\"soon\"", "\"30 minutes\"",
                                            "\" 30\"", "\"nan\"", "\"inf\"", "\"0x10\"", "\"1e3\""}) {
        CAPTURE(unusable);
        CHECK_FALSE(lifetime_of(unusable).has_value());
    }
    CHECK_FALSE(parse_token_answer(R"({"token":{"ssl_token":"s"}})")->lifetime.has_value());
    CHECK(lifetime_of_seconds("1800") == 1800s);
    CHECK(lifetime_of_seconds("\"1799.9\"") == 1799s);
    CHECK(lifetime_of_seconds("86401") == 24h);
    CHECK_FALSE(lifetime_of_seconds("null").has_value());
    const auto oauth = [](std::string_view written) {
        const token_result got =
            parse_oauth_answer(R"({"access_token":"a","expires_in":)" + std::string(written) + "}");
        REQUIRE(got.has_value());
        return got->lifetime;
    };
    CHECK(oauth("1800") == 30min);
    CHECK(oauth("\"1800\"") == 30min);
    CHECK(oauth("\"1799.9\"") == 1799s);
    CHECK(oauth("0") == 0s);
    CHECK(oauth("-1") == 0s);
    CHECK(oauth("31536000") == 24h);
    CHECK_FALSE(oauth("null").has_value());
    CHECK_FALSE(oauth("\"soon\"").has_value());
    CHECK_FALSE(parse_oauth_answer(R"({"access_token":"a","token_duration_minutes":30})")->lifetime);
}

TEST_CASE("token answer: OAuth's gives one token, and a refresh token where one came") {
    const token_result got = parse_oauth_answer(
        R"({"access_token":"A","token_type":"Bearer","expires_in":"1800","refresh_token":"R"})");
    REQUIRE(got.has_value());
    CHECK(got->value.expose() == "A");
    CHECK(got->refresh_token.expose() == "R");
    CHECK(got->lifetime == 30min);
    for (const std::string_view without :
         {R"({"access_token":"A"})", R"({"access_token":"A","token_type":"BEARER"})",
          R"({"access_token":"A","token_type":null,"refresh_token":null})",
          R"({"access_token":"A","refresh_token":""})", "\xEF\xBB\xBF{\"access_token\":\"A\"}"}) {
        CAPTURE(without);
        const token_result plain = parse_oauth_answer(without);
        REQUIRE(plain.has_value());
        CHECK(plain->value.expose() == "A");
        CHECK(plain->refresh_token.empty());
    }
}

TEST_CASE("token answer: a token of OAuth is any text that does not break a header field") {
    const std::string opaque = "a+b/c=|d e:\xC3\xBC" + std::string(500, '|');
    const token_result got = parse_oauth_answer("{\"access_token\":\"" + opaque + "\"}");
    REQUIRE(got.has_value());
    CHECK(got->value.expose() == opaque);
    for (const std::string_view broken :
         {"a\\r\\nX: y", "a\\n", "a\\u0000", "a\\u007f", " a", "a\\t", "a\\u001b"}) {
        CAPTURE(broken);
        const decode_failure why =
            failure_of(parse_oauth_answer("{\"access_token\":\"" + std::string(broken) + "\"}"));
        CHECK(why.kind == decode_kind::wrong_type);
        CHECK(why.field == "access_token");
    }
}

TEST_CASE("token answer: what cannot be used of OAuth's names the field") {
    CHECK(failure_of(parse_oauth_answer(R"({"token_type":"bearer"})")).field == "access_token");
    CHECK(failure_of(parse_oauth_answer(R"({"Access_Token":"A"})")).kind == decode_kind::missing_field);
    CHECK(failure_of(parse_oauth_answer(R"({"access_token":" "})")).kind == decode_kind::missing_field);
    CHECK(failure_of(parse_oauth_answer(R"({"access_token":1})")).kind == decode_kind::wrong_type);
    CHECK(failure_of(parse_oauth_answer(R"({"access_token":"A","token_type":"mac"})")).field == "token_type");
    CHECK(failure_of(parse_oauth_answer(R"({"access_token":"A","token_type":1})")).field == "token_type");
    CHECK(failure_of(parse_oauth_answer(R"({"access_token":"A","refresh_token":1})")).field ==
          "refresh_token");
    CHECK(failure_of(parse_oauth_answer("")).kind == decode_kind::not_json);
    CHECK(failure_of(parse_oauth_answer("<html>")).kind == decode_kind::not_json);
    CHECK(failure_of(parse_oauth_answer("[]")).kind == decode_kind::not_an_object);
}

TEST_CASE("token answer: an answer without a token is a typed failure that names the field") {
    CHECK(failure_of(parse_token_answer("{}")).kind == decode_kind::missing_field);
    CHECK(failure_of(parse_token_answer("{}")).field == "ssl_token");
    CHECK(failure_of(parse_token_answer(R"({"token":{}})")).field == "token.ssl_token");
    CHECK(failure_of(parse_token_answer(R"({"ssl_token":" \t\r\n"})")).kind == decode_kind::missing_field);
    CHECK(failure_of(parse_token_answer(R"({"token":{"token":"","ssl_token":""}})")).kind ==
          decode_kind::missing_field);
    CHECK(failure_of(parse_token_answer(R"({"token":{"ssl_token":5}})")).kind == decode_kind::wrong_type);
    CHECK(failure_of(parse_token_answer(R"({"token":{"ssl_token":5}})")).field == "token.ssl_token");
    CHECK(failure_of(parse_token_answer(R"({"token":{"ssl_token":"s","token":[]}})")).field == "token.token");
    CHECK(failure_of(parse_token_answer(R"({"token":7})")).field == "token");
}

TEST_CASE("token answer: a byte order mark before it is passed over, a part of one is not") {
    const std::string mark = "\xEF\xBB\xBF";
    const auto plain = parse_token_answer(mark + R"({"token":{"ssl_token":"s","token":"t"}})");
    REQUIRE(plain.has_value());
    CHECK(plain->value_for_https.expose() == "s");
    for (const std::string& bad : {mark, mark + mark + "{}", mark.substr(0, 2) + "{}", "{}" + mark}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_token_answer(bad).has_value());
    }
    CHECK(parse_token_answer(mark).error().detail == "the body is empty");
    CHECK(parse_token_answer(mark + "{\"a\":\xFF}").error().offset == 8);
    CHECK(parse_token_answer(mark + "{\"a\":\xFF}").error().kind == decode_kind::invalid_utf8);
}

TEST_CASE("token answer: what is no JSON object is a typed failure") {
    CHECK(failure_of(parse_token_answer("")).kind == decode_kind::not_json);
    CHECK(failure_of(parse_token_answer("<html>")).kind == decode_kind::not_json);
    CHECK(failure_of(parse_token_answer(R"({"token":)")).kind == decode_kind::not_json);
    CHECK(failure_of(parse_token_answer("[]")).kind == decode_kind::not_an_object);
    CHECK(failure_of(parse_token_answer(R"({"token":"t"} x)")).kind == decode_kind::trailing_data);
    CHECK(failure_of(parse_token_answer(R"({"a":[[[[[[[[[]]]]]]]]]})")).kind == decode_kind::too_deep);
    CHECK(failure_of(parse_token_answer("{\"token\":\"\xFF\"}")).kind == decode_kind::invalid_utf8);
    CHECK(failure_of(parse_token_answer("5")).kind == decode_kind::not_an_object);
}

TEST_CASE("T8: no failure quotes a token, wherever the answer breaks") {
    const std::string whole =
        R"({"token":{"ssl_token":"hunter2secret","token":"hunter2secret","token_duration_minutes":30}})";
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        const token_pair_result got = parse_token_answer(whole.substr(0, cut));
        CHECK(failure_of(got).describe().find("hunter2") == std::string::npos);
    }
    for (const std::string_view body :
         {R"({"token":["hunter2secret"]})", R"({"ssl_token":["hunter2secret"]})",
          R"({"access_token":"hunter2secret","token_type":"hunter2secret"})",
          R"({"ssl_token":"hunter2secret"} hunter2secret)"}) {
        CHECK(failure_of(parse_token_answer(body)).describe().find("hunter2") == std::string::npos);
    }
    const std::string oauth =
        R"({"access_token":"hunter2secret","refresh_token":"hunter2secret","expires_in":1800})";
    for (std::size_t cut = 0; cut < oauth.size(); ++cut) {
        const token_result got = parse_oauth_answer(oauth.substr(0, cut));
        CHECK(failure_of(got).describe().find("hunter2") == std::string::npos);
    }
    for (const std::string_view body :
         {R"({"access_token":["hunter2secret"]})", R"({"access_token":"hunter2secret\n"})",
          R"({"access_token":"A","refresh_token":["hunter2secret"]})",
          R"({"access_token":"hunter2secret","token_type":"hunter2secret"})",
          R"({"access_token":"hunter2secret"} hunter2secret)"}) {
        CHECK(failure_of(parse_oauth_answer(body)).describe().find("hunter2") == std::string::npos);
    }
}

TEST_CASE("token answer: a lifetime in seconds goes before the one in whole minutes") {
    const auto both =
        parse_token_answer(R"({"token":{"ssl_token":"s","token_duration_minutes":1,"expires_in":2}})");
    REQUIRE(both.has_value());
    CHECK(both->lifetime == std::chrono::seconds(2));
    const auto unusable =
        parse_token_answer(R"({"token":{"ssl_token":"s","token_duration_minutes":30,"expires_in":null}})");
    REQUIRE(unusable.has_value());
    CHECK(unusable->lifetime == std::chrono::minutes(30));
}
