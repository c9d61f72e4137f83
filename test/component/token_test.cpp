// T: the token, seen from lookups that need it.
#include "support/client_world.hpp"
#include "support/listener.hpp"

#include <doctest/doctest.h>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

/// Accepts one token only, 401 for all others.
auto only(std::string& valid) {
    return [&valid](scripted_stream& s, const std::string& request) {
        if (bearer(request) == valid) return false;
        s.deliver(http_response(401, R"({"status":401,"error":"token unknown"})"));
        return true;
    };
}

}  // namespace

TEST_CASE("T1: a thousand lookups with no token make one token request") {
    client_world w;
    scripted_stream* token_stream = nullptr;
    w.on_token = [&](scripted_stream& s, const std::string&) {
        token_stream = &s;
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 1000; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    CHECK(w.token_posts == 1);
    CHECK(w.image_requests == 0);
    token_stream->deliver(w.token_response("A"));
    w.settle();
    for (std::size_t i = 0; i < all.size(); ++i) {
        REQUIRE(all[i]->done);
        REQUIRE(all[i]->done->has_value());
        REQUIRE((*all[i]->done)->image.image_id() == std::to_string(i));
    }
    CHECK(w.token_posts == 1);
}

TEST_CASE("T2: a flight goes on when whoever asked for it is cancelled, and its token is kept") {
    client_world w;
    scripted_stream* token_stream = nullptr;
    w.on_token = [&](scripted_stream& s, const std::string&) {
        token_stream = &s;
        return true;
    };
    const auto initiator = w.get_settled("1");
    const auto other = w.get_settled("2");
    initiator->scope.cancel();
    w.settle();
    CHECK(initiator->done->error().value() == errc::canceled);
    CHECK_FALSE(other->done);
    other->scope.cancel();
    w.settle();
    CHECK(other->done->error().value() == errc::canceled);
    token_stream->deliver(w.token_response("A"));
    w.settle();
    const auto later = w.get_settled("3");
    REQUIRE(later->done);
    CHECK(later->done->has_value());
    CHECK(w.token_posts == 1);
}

TEST_CASE("T3: near its end the old token serves at once while one refresh runs") {
    client_world w;
    w.get_settled("1");
    w.advance(26min);  // of 30, slack 5
    std::vector<std::string> used;
    w.on_image = [&](scripted_stream&, const std::string& request) {
        used.push_back(bearer(request));
        return false;
    };
    scripted_stream* token_stream = nullptr;
    w.on_token = [&](scripted_stream& s, const std::string&) {
        token_stream = &s;
        return true;
    };
    for (int i = 0; i < 10; ++i) CHECK(w.get_settled(std::to_string(i))->done->has_value());
    CHECK(w.token_posts == 2);
    CHECK(used == std::vector<std::string>(10, "token-1"));
    token_stream->deliver(w.token_response("token-2"));
    w.settle();
    used.clear();
    w.get_settled("9");
    CHECK(used == std::vector<std::string>{"token-2"});
    CHECK(w.token_posts == 2);
}

TEST_CASE("T4: while the old token is valid, a refresh that fails harms nobody and is not repeated at once") {
    client_world w(client_options().max_attempts(1));
    w.get_settled("1");
    w.advance(26min);
    w.on_token = [&](scripted_stream& s, const std::string&) {
        s.deliver(http_response(503, "busy"));
        return true;
    };
    for (int i = 0; i < 20; ++i) CHECK(w.get_settled(std::to_string(i))->done->has_value());
    CHECK(w.token_posts == 2);
    CHECK(w.core->stats().token_failures == 1);
}

TEST_CASE("T4: without a token all waiters get the flight's own error, and the next flight waits a moment") {
    client_world w(client_options().max_attempts(1));
    w.on_token = [&](scripted_stream& s, const std::string&) {
        s.deliver(http_response(503, R"({"message":"maintenance"})"));
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 100; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    for (const auto& p : all) {
        REQUIRE(p->done);
        CHECK(p->done->error().value() == errc::token_unavailable);
        CHECK(p->done->error().http_status() == 503);
        CHECK(p->done->error().message() == "maintenance");
        CHECK(p->done->error().stage() == stage::auth);
    }
    CHECK(w.get_settled("again")->done->error().value() == errc::token_unavailable);
    CHECK(w.token_posts == 1);
    w.advance(1s);
    w.on_token = nullptr;
    CHECK(w.get_settled("later")->done->has_value());
}

TEST_CASE("T4: credentials that the token endpoint refuses are not sent again") {
    for (const int status : {400, 401, 403}) {
        CAPTURE(status);
        client_world w;
        w.on_token = [&](scripted_stream& s, const std::string&) {
            s.deliver(http_response(status, R"({"status":401,"error":"unknown key"})"));
            return true;
        };
        for (int i = 0; i < 5; ++i) {
            const auto p = w.get_settled(std::to_string(i));
            REQUIRE(p->done);
            CHECK(p->done->error().value() == errc::credentials_rejected);
            CHECK(p->done->error().code() == condition::auth_failed);
            w.advance(10min);
        }
        CHECK(w.token_posts == 1);
    }
}

TEST_CASE("T5: many 401s for one token lead to one refresh, and every lookup succeeds") {
    client_world w;
    std::string valid = "token-1";
    w.on_image = only(valid);
    w.get_settled("0");
    valid = "token-2";  // the service forgot the first
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 50; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    for (const auto& p : all) {
        REQUIRE(p->done);
        CHECK(p->done->has_value());
    }
    CHECK(w.token_posts == 2);
}

TEST_CASE("T5: a fresh token that is refused as well surfaces, without a third try") {
    client_world w;
    std::string valid = "none";
    w.on_image = only(valid);
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::unauthorized);
    CHECK(p->done->error().http_status() == 401);
    CHECK(p->done->error().message() == "401: token unknown");
    CHECK(w.image_requests == 2);
    CHECK(w.token_posts == 2);
}

TEST_CASE("T6: a lookup that waited for a connection while its token expired carries the new one") {
    client_world w(client_options().max_connections(1).timeout(2h).acquire_timeout(2h).attempt_timeout(2h));
    w.get_settled("0");
    scripted_stream* held = nullptr;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (requested_id(request) != "slow") return false;
        held = &s;
        return true;
    };
    const auto slow = w.get_settled("slow");
    const auto queued = w.get_settled("queued");
    CHECK_FALSE(queued->done);
    w.advance(31min);
    std::string carried;
    w.on_image = [&](scripted_stream&, const std::string& request) {
        carried = bearer(request);
        return false;
    };
    held->deliver(image_response("slow"));
    w.settle();
    CHECK(slow->done->has_value());
    REQUIRE(queued->done);
    CHECK(queued->done->has_value());
    CHECK(carried == "token-2");
}

TEST_CASE("T7: a token with a lifetime of 0 serves those who waited for it, and only them") {
    client_world w;
    w.token_minutes = 0;
    for (int i = 0; i < 3; ++i) CHECK(w.get_settled(std::to_string(i))->done->has_value());
    CHECK(w.token_posts == 3);
}

TEST_CASE("a fixed token is used as it is; when it is refused, nobody asks for another") {
    client_world w(client_options().token(secret("mine")));
    std::string carried;
    w.on_image = [&](scripted_stream&, const std::string& request) {
        carried = bearer(request);
        return false;
    };
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(carried == "mine");
    std::string valid = "other";
    w.on_image = only(valid);
    const auto refused = w.get_settled("2");
    CHECK(refused->done->error().value() == errc::unauthorized);
    CHECK(w.token_posts == 0);
}

TEST_CASE("the token request carries the credentials in its body, and a token never shows in an error") {
    client_world w(client_options().user("user", secret("the-password")).max_attempts(1));
    std::string posted;
    w.on_token = [&](scripted_stream& s, const std::string& request) {
        posted = request;
        s.deliver(http_response(200, R"({"token":{"ssl_token":"sssecret","token_duration_minutes":[]}})"));
        return true;
    };
    const auto p = w.get_settled("1");
    CHECK(posted.find("Content-Type: application/x-www-form-urlencoded\r\n") != std::string::npos);
    CHECK(posted.ends_with(
        "\r\n\r\napplication_key=key&application_secret=the-secret&user_id=user&user_password=the-password"));
    REQUIRE(p->done);
    if (!p->done->has_value()) CHECK(p->done->error().describe().find("sssecret") == std::string::npos);
}

TEST_CASE("a rate limit does not hold up the token that everybody with a place in it waits for") {
    client_world w(client_options().rate(2).timeout(30s));
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 40; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    CHECK(w.token_posts == 1);
    CHECK(w.image_requests == 1);
    w.advance(20s);
    for (const auto& p : all) {
        REQUIRE(p->done);
        CHECK(p->done->has_value());
    }
}

TEST_CASE("B4: lookups that waited for the token leave at the rate, not all at once") {
    client_world w(client_options().rate(10));
    scripted_stream* token_stream = nullptr;
    w.on_token = [&](scripted_stream& s, const std::string&) {
        token_stream = &s;
        return true;
    };
    for (int i = 0; i < 20; ++i) w.get(std::to_string(i));
    w.advance(5s);
    token_stream->deliver(w.token_response("A"));
    w.settle();
    CHECK(w.image_requests == 1);
    w.advance(1s);
    CHECK(w.image_requests == 11);
}

TEST_CASE("R7: a token that cannot be had is tried by its own flight alone, not by each lookup again") {
    client_world w;
    w.on_token = [&](scripted_stream& s, const std::string&) {
        s.deliver(http_response(503, "busy"));
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 50; ++i) all.push_back(w.get(std::to_string(i)));
    w.advance(30s);
    for (const auto& p : all) {
        REQUIRE(p->done);
        CHECK(p->done->error().value() == errc::token_unavailable);
    }
    CHECK(w.token_posts == 4);  // max_attempts
}

TEST_CASE("T8: a service that quotes the request does not bring a secret into an error") {
    client_world w(client_options().user("user", secret("pass word&more")).max_attempts(1));
    w.on_token = [&](scripted_stream& s, const std::string& request) {
        const std::string form = request.substr(request.find("\r\n\r\n") + 4);
        s.deliver(
            http_response(400, R"({"message":"refused: )" + form + "\"}", "X-Error-Detail: the-secret\r\n"));
        return true;
    };
    const auto refused = w.get_settled("1");
    REQUIRE(refused->done);
    const std::string told = refused->done->error().describe();
    CHECK(told.find("refused") != std::string::npos);
    CHECK(told.find("the-secret") == std::string::npos);
    CHECK(told.find("pass") != std::string::npos);  // "user_password=[hidden]"
    CHECK(told.find("pass%20word") == std::string::npos);

    client_world v;
    v.on_image = [&](scripted_stream& s, const std::string& request) {
        s.deliver(http_response(403, request));
        return true;
    };
    const auto forbidden = v.get_settled("1");
    REQUIRE(forbidden->done);
    CHECK(forbidden->done->error().describe().find("Bearer [hidden]") != std::string::npos);
    CHECK(forbidden->done->error().describe().find("token-1") == std::string::npos);
}

TEST_CASE("T8: an observer is told no secret of a service that quotes the request") {
    const auto heard = std::make_shared<listener>();
    client_world w(client_options().observer(heard).user("user", secret("pass word&more")));
    bool refuse_token = true;
    w.on_token = [&](scripted_stream& s, const std::string& request) {
        if (!std::exchange(refuse_token, false)) return false;
        s.deliver(http_response(
            503, R"({"message":"busy with )" + request.substr(request.find("\r\n\r\n") + 4) + "\"}"));
        return true;
    };
    int status = 503;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        s.deliver(http_response(std::exchange(status, status == 503 ? 429 : 403), request));
        return true;
    };
    const auto refused = w.get("1");
    w.advance(30s);
    REQUIRE(refused->done);
    CHECK(refused->done->error().value() == errc::forbidden);
    CHECK(heard->errors >= 4);  // the token's, two that are tried again, the outcome
    CHECK(heard->told.find("Bearer [hidden]") != std::string::npos);
    for (const char* hidden : {"the-secret", "pass%20word", "pass word", "token-"}) {
        CAPTURE(hidden);
        CHECK_MESSAGE(heard->told.find(hidden) == std::string::npos, heard->told);
    }
}

TEST_CASE("T8: what fetches tokens is in no error of a lookup either") {
    client_world w(client_options().user("user", secret("pass word&more")));
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver(http_response(403, "key the-secret, user pass%20word%26more, token token-1"));
        return true;
    };
    const auto refused = w.get_settled("1");
    REQUIRE(refused->done);
    CHECK(refused->done->error().describe().find("key [hidden], user [hidden], token [hidden]") !=
          std::string::npos);
}

TEST_CASE("T8: a header line that is refused brings no secret into an error, whole or in part") {
    for (const char* line : {"Content-Length: the-secret token-1", "Transfer-Encoding: the-secret token-1",
                             "the-secret token-1 \x01: x", "Content-Encoding: the-secret token-1"}) {
        CAPTURE(line);
        for (const bool of_token : {false, true}) {
            client_world w(client_options().max_attempts(1));
            const auto quote = [&](scripted_stream& s, const std::string&) {
                s.deliver("HTTP/1.1 200 OK\r\n" + std::string(line) + "\r\n\r\n");
                return true;
            };
            (of_token ? w.on_token : w.on_image) = quote;
            const auto p = w.get_settled("1");
            REQUIRE(p->done);
            REQUIRE_FALSE(p->done->has_value());
            const std::string told = p->done->error().describe();
            CAPTURE(told);
            CHECK(told.find("the-s") == std::string::npos);
            CHECK((of_token || told.find("token-") == std::string::npos));
        }
    }
    client_world w(client_options().max_attempts(1));
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver("HTTP/1.1 200 OK\r\nContent-Length: " + std::string(40, 'x') + "the-secret\r\n\r\n");
        return true;
    };
    const std::string told = w.get_settled("1")->done->error().describe();
    CHECK(told.find("header line 1 \"Content-Length\": a Content-Length that is not a number") !=
          std::string::npos);
}

TEST_CASE("T8: neither a token endpoint's media type nor a name of an algorithm quotes a secret") {
    client_world w(client_options().max_attempts(1));
    w.on_token = [&](scripted_stream& s, const std::string&) {
        s.deliver(http_response(401, "x", "Content-Type: the-secret/plain\r\n"));
        return true;
    };
    const std::string typed = w.get_settled("1")->done->error().describe();
    CHECK(typed.find("the-secret") == std::string::npos);
    CHECK(typed.find("1 bytes of [hidden]/plain") != std::string::npos);
}

TEST_CASE("T9: any 2xx with a token is a token") {
    for (const int status : {200, 201, 202, 203, 206, 299}) {
        CAPTURE(status);
        client_world w;
        w.on_token = [&](scripted_stream& s, const std::string&) {
            s.deliver(
                http_response(status, R"({"token":{"ssl_token":"live-token","token_duration_minutes":30}})"));
            return true;
        };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        CHECK(p->done->has_value());
        CHECK(w.token_posts == 1);
    }
}

TEST_CASE(
    "T9: of what a token endpoint sends nothing is quoted but the members of an error and a page's title") {
    struct answer {
        int status;
        std::string body;
        std::string says;  // must be told
    };
    const std::string token = "LiveToken/1234==";
    const std::vector<answer> answers{
        {200, token, "not JSON"},
        {201, "\"" + token + "\"", "18 bytes of text/plain"},
        {200, "[\"" + token + "\"]", ""},
        {200, R"({"token":{"ssl_token":[")" + token + R"("]}})", "ssl_token"},
        {200, R"({"TOKEN":")" + token + "\"}", "ssl_token"},
        {202, "access_token=" + token + "&expires_in=60", "bytes"},
        {500, token, "bytes"},
        {400, R"({"token":")" + token + "\"}", "bytes"},
        {302, R"({"token":")" + token + "\"}", "redirect"},
        {503, "<html><title>Down for now</title><body>" + token + "</body></html>", "Down for now"},
        {200, "<html><body>" + token + "</body></html>", "page"},
        {200, R"({"error":"invalid_scope","error_description":"not for you"})", "not for you"},
        {403, R"({"ErrorCode":"x","ErrorMessage":"Account inactive"})", "Account inactive"},
    };
    for (const answer& a : answers) {
        CAPTURE(a.status);
        CAPTURE(a.body);
        client_world w(client_options().max_attempts(1));
        w.on_token = [&](scripted_stream& s, const std::string&) {
            s.deliver(http_response(a.status, a.body, "Content-Type: text/plain\r\n"));
            return true;
        };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        REQUIRE(p->done->has_error());
        const std::string told = p->done->error().describe();
        CAPTURE(told);
        CHECK(told.find("LiveToken") == std::string::npos);
        CHECK(told.find("1234") == std::string::npos);
        CHECK(told.find(a.says) != std::string::npos);
    }
}

TEST_CASE("T9: secrets are hidden in every spelling, unescaped first, before and after a refresh") {
    // The tokens of client_world: "token-1", then "token-2"; here with characters that are spelled in many
    // ways.
    const auto token_of = [](int n) { return "to/ken+" + std::to_string(n) + "=="; };
    struct form {
        std::string type, body;
    };
    const auto forms_of = [](std::string token) {
        std::string slashes, numbers, percent, entities;
        for (const char c : token) {
            slashes += c == '/' ? "\\/" : std::string(1, c);
            numbers += c == '/' ? "\\u002f" : std::string(1, c);
            percent += c == '/' ? "%2f" : c == '+' ? "%2b" : c == '=' ? "%3d" : std::string(1, c);
            entities += c == '/' ? "&#x2f;" : std::string(1, c);
        }
        return std::vector<form>{{"application/json", R"({"message":"bad )" + slashes + "\"}"},
                                 {"application/json", R"({"message":"bad )" + numbers + "\"}"},
                                 {"application/json", R"({"message":"bad )" + slashes},  // cut short
                                 {"text/plain", "bad " + token},
                                 {"text/plain", "bad " + percent},
                                 {"text/html", "<html><title>bad " + entities + "</title></html>"}};
    };
    for (std::size_t i = 0; i < 6; ++i) {
        CAPTURE(i);
        client_world w(client_options().max_attempts(3));
        int issued = 0;
        w.on_token = [&](scripted_stream& s, const std::string&) {
            s.deliver(w.token_response(token_of(++issued)));
            return true;
        };
        int asked = 0;
        w.on_image = [&](scripted_stream& s, const std::string&) {
            // The first 401 has the token refreshed; the answer to the second request quotes both.
            const form f = forms_of(token_of(++asked))[i];
            s.deliver(http_response(asked == 1 ? 401 : 403, f.body, "Content-Type: " + f.type + "\r\n"));
            return true;
        };
        const auto p = w.get("1");
        w.advance(10s);
        REQUIRE(p->done);
        REQUIRE(p->done->has_error());
        const std::string told = p->done->error().describe();
        CAPTURE(told);
        CHECK(asked == 2);
        CHECK(told.find("bad [hidden]") != std::string::npos);
        CHECK(told.find("ken") == std::string::npos);
    }
}

TEST_CASE(
    "T10: a token endpoint that is busy, absent or another page is told as that, never as refused "
    "credentials") {
    const struct {
        std::string answer;
        std::string words;
    } rows[] = {
        {http_response(503, "{}", "Retry-After: 90\r\n"), "come back in 90 s"},
        {http_response(429, "{}", "Retry-After: 90\r\n"), "come back in 90 s"},
        {http_response(404, "<title>Not here</title>", "Content-Type: text/html\r\n"), "Not here"},
        {http_response(405, "{}"), ""},
        {http_response(200, "<title>Sign in</title>", "Content-Type: text/html\r\n"), "Sign in"},
        {http_response(200, R"({"error":"temporarily_unavailable","error_description":"tea time"})"),
         "tea time"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.answer);
        client_world w;
        w.on_token = [&](scripted_stream& s, const std::string&) {
            s.deliver(row.answer);
            return true;
        };
        const auto p = w.get("1");
        w.advance(40s);
        REQUIRE(p->done);
        const error& why = p->done->error();
        CHECK(why.value() == errc::token_unavailable);
        CHECK(why.kind() == condition::unreachable);
        CHECK(why.describe().find(row.words) != std::string::npos);
    }
}
