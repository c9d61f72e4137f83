// Who gets a token of v3.
#include "sandbox/v3/token_desk.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::options;
using sandbox::parse_parameters;
using sandbox::v3::token_desk;

namespace {

constexpr auto client = "client_id=sandbox-key&client_secret=sandbox-secret&grant_type=";

struct office {
    explicit office(const options& with = options())
        : settings(with.values()), random(core::seeded_random(1)), desk(settings, *random) {}

    /// "200" or status and error.
    std::string judged(const std::string& form, std::string_view authorization = {}) {
        last = desk.judge(parse_parameters(form).value(), authorization, now);
        return last.status == 200 ? "200" : std::to_string(last.status) + " " + std::string(last.error);
    }
    boost::json::object issued(const std::string& form, std::string_view authorization = {}) {
        CHECK(judged(form, authorization) == "200");
        std::string body;
        desk.issue(body, last, now);
        return boost::json::parse(body).get_object();
    }
    std::string token(const boost::json::object& of, const char* name = "access_token") {
        return std::string(of.at(name).as_string());
    }

    sandbox::settings settings;
    std::unique_ptr<core::random_source> random;
    token_desk desk;
    token_desk::verdict last;
    core::time_point now{1h};
};

std::string with(const std::string& grant) { return client + grant; }

/// A refresh token as a form carries it.
std::string encoded(const std::string& token) {
    std::string out;
    for (const char c : token) {
        if (c == '+') {
            out += "%2B";
        } else if (c == '=') {
            out += "%3D";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

TEST_CASE("v3 token: client credentials bring a token of half an hour, and no refresh token") {
    office o;
    const auto got = o.issued(with("client_credentials"));
    CHECK(got.size() == 3);
    CHECK(got.at("token_type") == "Bearer");
    CHECK(got.at("expires_in").as_int64() == 1'800);
    const std::string token = o.token(got);
    // no token68, and longer than a careless buffer
    CHECK(token.size() > 200);
    for (const char c : {'+', '/', '=', '|'}) CHECK(token.find(c) != token.npos);
    CHECK(o.desk.accepts("Bearer " + token, o.now));
    CHECK(o.desk.accepts("bearer  " + token, o.now));
    CHECK_FALSE(o.desk.accepts(token, o.now));
    CHECK_FALSE(o.desk.accepts("Basic " + token, o.now));
    CHECK_FALSE(o.desk.accepts("Bearer", o.now));
    CHECK_FALSE(o.desk.accepts("Bearer ", o.now));
    CHECK_FALSE(o.desk.accepts("Bearer " + token + "x", o.now));
    CHECK(o.desk.accepts("Bearer " + token, o.now + 30min - 1ns));
    CHECK_FALSE(o.desk.accepts("Bearer " + token, o.now + 30min));
}

TEST_CASE("v3 token: the life may be told as a text") {
    office o(options().v3(sandbox::v3_expires_in::text).token_lifetime(90'500ms));
    CHECK(o.issued(with("client_credentials")).at("expires_in").as_string() == "90");
}

TEST_CASE("v3 token: the secret may come as Basic, plain or form-encoded") {
    office o;
    // printf 'sandbox-key:sandbox-secret' | base64
    constexpr auto basic = "Basic c2FuZGJveC1rZXk6c2FuZGJveC1zZWNyZXQ=";
    CHECK(o.judged("grant_type=client_credentials", basic) == "200");
    CHECK(o.judged("grant_type=client_credentials&client_id=sandbox-key", basic) == "200");
    CHECK(o.judged("grant_type=client_credentials&client_id=other", basic) == "401 invalid_client");
    CHECK(o.last.by_basic);
    CHECK(o.judged(with("client_credentials"), basic) == "400 invalid_request");
    CHECK(o.judged("grant_type=client_credentials", "Basic c2FuZGJveC1rZXk6") == "401 invalid_client");
    CHECK(o.judged("grant_type=client_credentials", "Bearer x") == "401 invalid_client");
    office odd(options().application("a+b", secret("p w")));
    // printf 'a+b:p w' | base64, and printf 'a%%2Bb:p%%20w' | base64
    CHECK(odd.judged("grant_type=client_credentials", "Basic YStiOnAgdw==") == "200");
    CHECK(odd.judged("grant_type=client_credentials", "Basic YSUyQmI6cCUyMHc=") == "200");
}

TEST_CASE("v3 token: wrong or missing credentials and grants have the errors of OAuth") {
    office o;
    CHECK(o.judged("client_id=sandbox-key&client_secret=x&grant_type=client_credentials") ==
          "401 invalid_client");
    CHECK_FALSE(o.last.by_basic);
    CHECK(o.judged("client_id=x&client_secret=sandbox-secret&grant_type=client_credentials") ==
          "401 invalid_client");
    CHECK(o.judged("client_id=sandbox-key&grant_type=client_credentials") == "400 invalid_request");
    CHECK(o.judged("client_secret=sandbox-secret&grant_type=client_credentials") == "400 invalid_request");
    CHECK(o.judged("client_id=sandbox-key&client_secret=sandbox-secret") == "400 invalid_request");
    CHECK(o.judged(with("implicit")) == "400 unsupported_grant_type");
    CHECK(o.judged(with("refresh_token")) == "400 invalid_request");
    CHECK(o.judged(with("refresh_token&refresh_token=x")) == "400 invalid_grant");
    CHECK(o.judged(with("password&username=u")) == "400 invalid_request");
    CHECK(o.judged(with("password&username=u&password=p")) == "400 invalid_grant");  // there is no user
    std::string body;
    token_desk::append_error(body, o.last);
    CHECK(body ==
          R"({"error":"invalid_grant","error_description":"the user name or the password is wrong"})");
}

TEST_CASE("v3 token: a password brings a refresh token, good again and again for a year") {
    office o(options().user("u", secret("p")));
    CHECK(o.judged(with("password&username=u&password=x")) == "400 invalid_grant");
    const auto got = o.issued(with("password&username=u&password=p"));
    CHECK(got.size() == 4);
    const std::string again = with("refresh_token&refresh_token=" + encoded(o.token(got, "refresh_token")));
    const auto second = o.issued(again);
    CHECK_FALSE(second.contains("refresh_token"));
    CHECK(o.token(second) != o.token(got));
    CHECK_FALSE(o.desk.accepts("Bearer " + o.token(got, "refresh_token"), o.now));
    o.now += 24h * 365 - 1ns;
    CHECK(o.judged(again) == "200");
    o.now += 1ns;
    CHECK(o.judged(again) == "400 invalid_grant");
}

TEST_CASE("v3 token: expiry leaves refresh tokens, revocation takes them and the fixed token too") {
    office o(options().user("u", secret("p")).static_token(secret("fixed")));
    const auto got = o.issued(with("password&username=u&password=p"));
    CHECK(o.token(got) == "fixed");
    const std::string again = with("refresh_token&refresh_token=" + encoded(o.token(got, "refresh_token")));
    o.desk.expire_all();
    CHECK_FALSE(o.desk.accepts("Bearer fixed", o.now));
    CHECK(o.token(o.issued(again)) == "fixed");
    o.desk.revoke_all();
    CHECK_FALSE(o.desk.accepts("Bearer fixed", o.now));
    CHECK(o.judged(again) == "400 invalid_grant");
    CHECK(o.token(o.issued(with("client_credentials"))) != "fixed");
}
