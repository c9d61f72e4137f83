// T11: the grants of v3, seen from a client that needs a token.
#include "support/listener.hpp"
#include "support/v3_world.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

client_options of_user() { return client_options().user("me", secret("the-password")); }

using names = std::vector<std::string>;

/// Keeps what it is given, as a program would.
struct keeper {
    refresh_token_keeper taking() {
        return [this](const secret& issued) { kept.emplace_back(issued.expose()); };
    }
    names kept;
};

/// Whatever else is asked with gets a token without a refresh token.
auto refusing(int status, std::string name) {
    return [status, name, n = 0](const form& f) mutable {
        if (f.at("grant_type") == "refresh_token") return token_refusal(status, name);
        return token_answer("token-" + std::to_string(++n));
    };
}

}  // namespace

TEST_CASE("T11: a token is asked for by key and secret, and carried as it came") {
    v3_world w;
    const std::string opaque = "a+b/c=|d~" + std::string(300, '|') + "==x";
    w.answer = [&](const form&) { return token_answer(opaque); };
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(w.forms ==
          std::vector<form>{
              {{"client_id", "key"}, {"client_secret", "the-secret"}, {"grant_type", "client_credentials"}}});
    CHECK(w.fields[0].find("Content-Type: application/x-www-form-urlencoded") != std::string::npos);
    CHECK(w.fields[0].find("Authorization") == std::string::npos);
    CHECK(w.carried == names{opaque});
    const result<token_info> info = w.authenticated();
    CHECK(info->source == token_source::credentials);
    CHECK(info->remaining == 1800s);
}

TEST_CASE("T11: Basic goes with the token request alone") {
    v3_world w(client_options().client_authentication(client_authentication::basic));
    CHECK(w.get_settled("1")->done->has_value());
    // base64 of "key:the-secret"
    CHECK(w.fields[0].find("\r\nAuthorization: Basic a2V5OnRoZS1zZWNyZXQ=") != std::string::npos);
    CHECK(w.forms == std::vector<form>{{{"grant_type", "client_credentials"}}});
    CHECK(w.carried == names{"token-1"});
}

TEST_CASE("T11: a password is sent once, then the refresh token that came with the answer") {
    keeper k;
    v3_world w(of_user().on_refresh_token(k.taking()));
    const names refresh{"R1", "", "R2", "R2", "", ""};  // issued with each answer
    std::size_t n = 0;
    w.answer = [&](const form&) {
        ++n;
        return token_answer("token-" + std::to_string(n), refresh[n - 1]);
    };
    for (int i = 0; i < 6; ++i) {
        CHECK(w.get_settled(std::to_string(i))->done->has_value());
        w.advance(31min);
    }
    CHECK(w.grants() == names{"password", "refresh_token", "refresh_token", "refresh_token", "refresh_token",
                              "refresh_token"});
    CHECK(w.forms[0].at("username") == "me");
    CHECK(w.forms[0].at("password") == "the-password");
    CHECK(w.forms[0].count("refresh_token") == 0);
    names asked_with;
    for (std::size_t i = 1; i < w.forms.size(); ++i) {
        asked_with.push_back(w.forms[i].at("refresh_token"));
        CHECK(w.forms[i].count("password") == 0);
    }
    CHECK(asked_with == names{"R1", "R1", "R2", "R2", "R2"});
    CHECK(k.kept == names{"R1", "R2"});
    CHECK(w.carried == names{"token-1", "token-2", "token-3", "token-4", "token-5", "token-6"});
}

TEST_CASE("T11: a refresh token that was given goes first, and is not handed back") {
    keeper k;
    v3_world w(client_options().refresh_token(secret("mine")).on_refresh_token(k.taking()));
    w.answer = [](const form& f) { return token_answer("token", f.at("refresh_token")); };
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(w.authenticated()->source == token_source::refresh_token);
    CHECK(w.grants() == names{"refresh_token"});
    CHECK(w.forms[0].at("refresh_token") == "mine");
    CHECK(k.kept.empty());
}

TEST_CASE("T11: a refused refresh token is forgotten, and its flight goes on with what there is beside it") {
    struct row {
        std::string name;
        client_options with;
        bool given;  // else issued
        std::string next;
    };
    const std::vector<row> rows{
        {"given, with a user", of_user().refresh_token(secret("old")), true, "password"},
        {"issued for a password", of_user(), false, "password"},
        {"issued to the application", client_options(), false, "client_credentials"},
    };
    for (const row& r : rows) {
        for (const auto& [status, error_name] :
             {std::pair{400, "invalid_grant"}, std::pair{401, "invalid_token"}, std::pair{401, "x"}}) {
            CAPTURE(r.name);
            CAPTURE(status);
            v3_world w(r.with);
            if (!r.given) {
                w.answer = [](const form&) { return token_answer("first", "old"); };
                CHECK(w.get_settled("0")->done->has_value());
                w.advance(31min);
                w.forms.clear();
            }
            w.answer = refusing(status, error_name);
            CHECK(w.get_settled("1")->done->has_value());  // without a moment passing
            CHECK(w.grants() == names{"refresh_token", r.next});
            CHECK(w.forms[0].at("refresh_token") == "old");
            CHECK(w.carried.back() == "token-1");
            w.advance(31min);
            CHECK(w.get_settled("2")->done->has_value());
            CHECK(w.grants() == names{"refresh_token", r.next, r.next});
            CHECK(w.core->stats().token_failures == 0);
        }
    }
}

TEST_CASE("T11: a refused refresh token with nothing beside it is the end, and says so") {
    for (const auto& [status, error_name] :
         {std::pair{400, "invalid_grant"}, std::pair{401, "invalid_token"}}) {
        CAPTURE(status);
        v3_world w(client_options().refresh_token(secret("old-refresh-token")));
        w.answer = refusing(status, error_name);
        for (int i = 0; i < 3; ++i) {
            const auto p = w.get_settled(std::to_string(i));
            REQUIRE(p->done);
            REQUIRE(p->done->has_error());
            const error& why = p->done->error();
            CHECK(why.value() == errc::credentials_rejected);
            CHECK(why.kind() == condition::auth_failed);
            CHECK(why.http_status() == status);
            CHECK(why.message() ==
                  "the refresh token is refused, and there is no other way to a token: set "
                  "refresh_token(...) to one that is good, or user(id, password): " +
                      std::string(error_name) + ": not that one");
            w.advance(10min);
        }
        CHECK(w.authenticated().error().attempts() == 1);
        CHECK(w.grants() == names{"refresh_token"});
    }
}

TEST_CASE("T11: what is no word on the refresh token does not have it forgotten") {
    const struct {
        int status;
        std::string name;
        errc code;
    } rows[] = {{400, "invalid_request", errc::credentials_rejected},
                {400, "unsupported_grant_type", errc::credentials_rejected},
                {403, "invalid_grant", errc::credentials_rejected},
                {404, "invalid_grant", errc::token_unavailable},
                {500, "invalid_grant", errc::token_unavailable},
                {503, "x", errc::token_unavailable},
                {429, "invalid_grant", errc::token_unavailable}};
    for (const auto& row : rows) {
        CAPTURE(row.status);
        CAPTURE(row.name);
        v3_world w(of_user().refresh_token(secret("old")).max_attempts(1));
        w.answer = [&](const form&) { return token_refusal(row.status, row.name); };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        CHECK(p->done->error().value() == row.code);
        CHECK(w.grants() == names{"refresh_token"});
        w.advance(2s);
        w.answer = [](const form&) { return token_answer("late"); };
        const auto later = w.get_settled("2");
        REQUIRE(later->done);
        // Where there is another flight, it asks with the same.
        if (row.code == errc::token_unavailable) {
            CHECK(later->done->has_value());
            CHECK(w.grants() == names{"refresh_token", "refresh_token"});
        }
    }
}

TEST_CASE("T11: spent quotas and throttles of the token endpoint are told as what they are") {
    const auto told = [](std::string answer) {
        v3_world w(of_user().refresh_token(secret("old")).max_attempts(1));
        w.answer = [&](const form&) { return answer; };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        CHECK(w.grants() == names{"refresh_token"});
        return p->done->error().value();
    };
    CHECK(told(http_response(403, "", "X-Error-Detail: Account Over Rate Limit\r\n")) ==
          errc::quota_exhausted);
    CHECK(told(http_response(403, "", "X-Error-Detail: Account Over Queries Per Second Limit\r\n")) ==
          errc::token_unavailable);
    CHECK(told(http_response(429, R"({"Message":"Too Many Requests"})")) == errc::token_unavailable);
}

TEST_CASE("T11: a refusal in doubt does not have a refresh token forgotten, unless it is confirmed") {
    for (const bool confirmed : {false, true}) {
        CAPTURE(confirmed);
        v3_world w(of_user().max_attempts(1));
        const std::string good =
            http_response(200, R"({"access_token":"A","refresh_token":"R1","expires_in":0})");
        int n = 0;
        w.on_token = [&](scripted_stream& s, const std::string& request) {
            w.forms.push_back(form_of(request));
            auto self = std::static_pointer_cast<scripted_stream>(s.shared_from_this());
            ++n;
            if (n == 2) {
                s.deliver(token_refusal(400, "invalid_grant"));  // sooner than any answer can be there
            } else if (n == 3 && !confirmed) {
                s.end(false);
            } else {
                const std::string answer = n == 3 ? token_refusal(400, "invalid_grant") : good;
                w.at(getty::connect::core::later(w.scheduler->now(), 10ms),
                     [self, answer] { self->deliver(answer); });
            }
            return true;
        };
        const auto first = w.authenticate();
        w.advance(1s);
        REQUIRE(*first);
        CHECK((*first)->has_value());
        const auto second = w.authenticate();
        w.advance(2s);
        REQUIRE(*second);
        CHECK(w.core->stats().confirmations == 1);
        if (!confirmed) {
            CHECK((*second)->error().value() == errc::token_unavailable);
            const auto third = w.authenticate();
            w.advance(1s);
            REQUIRE(*third);
            CHECK((*third)->has_value());
        }
        CHECK(w.grants() ==
              names{"password", "refresh_token", "refresh_token", confirmed ? "password" : "refresh_token"});
    }
}

TEST_CASE("T10: a token_url that leads nowhere is told as that, and the refresh token is kept") {
    v3_world w(of_user().refresh_token(secret("old")));
    w.answer = [](const form&) {
        return http_response(403, R"({"message":"Missing Authentication Token"})");
    };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::token_unavailable);
    CHECK(p->done->error().message() ==
          "the service has nothing at this path, check token_url: Missing Authentication Token");
    CHECK(w.grants() == names{"refresh_token"});
    // Whoever means the credentials says so in other words.
    v3_world refused;
    refused.answer = [](const form&) { return http_response(403, R"({"message":"Forbidden"})"); };
    CHECK(refused.get_settled("1")->done->error().value() == errc::credentials_rejected);
}

TEST_CASE("T11: where the password is refused after the refresh token, the error tells of both") {
    v3_world w(of_user().refresh_token(secret("old")));
    w.answer = [](const form&) { return token_refusal(400, "invalid_grant"); };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::credentials_rejected);
    CHECK(p->done->error().message() == "after the refresh token was refused: invalid_grant: not that one");
    CHECK(w.authenticated().error().attempts() == 2);
    CHECK(w.grants() == names{"refresh_token", "password"});
    w.advance(10min);
    CHECK(w.get_settled("2")->done->error().value() == errc::credentials_rejected);
    CHECK(w.forms.size() == 2);
}

TEST_CASE("T11: both requests of a flight share its time") {
    v3_world w(of_user().refresh_token(secret("old")).timeout(10s).attempt_timeout(10s).max_attempts(1));
    scripted_stream* held = nullptr;
    w.on_token = [&, ask = w.on_token](scripted_stream& s, const std::string& request) {
        if (form_of(request).at("grant_type") == "refresh_token") {
            w.at(getty::connect::core::later(w.scheduler->now(), 7s),
                 [&s] { s.deliver(token_refusal(400, "invalid_grant")); });
        } else {
            held = &s;
        }
        return true;
    };
    const auto p = w.authenticate();
    w.advance(9s);
    CHECK(held != nullptr);
    CHECK_FALSE(*p);
    w.advance(1s);
    REQUIRE(*p);
    CHECK((*p)->error().kind() != condition::auth_failed);
    w.advance(1s);
    w.check_nothing_left();
}

TEST_CASE("T11: a keeper that throws loses nothing") {
    int called = 0;
    v3_world w(of_user().on_refresh_token([&](const secret&) {
        if (++called == 1) throw std::runtime_error("the disk is full");
        throw 17;
    }));
    int n = 0;
    w.answer = [&](const form&) {
        ++n;
        return token_answer("token-" + std::to_string(n), "R" + std::to_string(n));
    };
    for (int i = 0; i < 3; ++i) {
        CHECK(w.get_settled(std::to_string(i))->done->has_value());
        w.advance(31min);
    }
    CHECK(called == 3);
    CHECK(w.grants() == names{"password", "refresh_token", "refresh_token"});
    CHECK(w.forms[2].at("refresh_token") == "R2");
}

TEST_CASE("T11: shards share the refresh token, and that it was refused") {
    keeper k;
    v3_world w(of_user().on_refresh_token(k.taking()));
    int n = 0;
    w.answer = [&](const form&) {
        ++n;
        return token_answer("token-" + std::to_string(n), "R" + std::to_string(n));
    };
    const auto other = w.make_shard(1);
    const auto ask = [&](const std::shared_ptr<detail::client_core>& shard) {
        const auto p = w.get_from(shard, "1");
        w.settle();
        REQUIRE(p->done);
        CHECK(p->done->has_value());
        w.advance(31min);
    };
    ask(w.core);
    ask(other);
    ask(w.core);
    CHECK(w.grants() == names{"password", "refresh_token", "refresh_token"});
    CHECK(w.forms[1].at("refresh_token") == "R1");
    CHECK(w.forms[2].at("refresh_token") == "R2");
    CHECK(k.kept == names{"R1", "R2", "R3"});
    w.answer = refusing(400, "invalid_grant");
    ask(other);
    ask(w.core);
    CHECK(w.grants() ==
          names{"password", "refresh_token", "refresh_token", "refresh_token", "password", "password"});
    const auto closed = w.close(other);
    w.settle();
    CHECK(*closed);
}

TEST_CASE("T11: a flight that ends between its requests is taken over where it was") {
    v3_world w(of_user().refresh_token(secret("old")));
    const auto other = w.make_shard(1);
    bool hangs = true;
    w.on_token = [&, ask = w.on_token](scripted_stream& s, const std::string& request) {
        const bool held = hangs && form_of(request).at("grant_type") == "password";
        return held || ask(s, request);
    };
    w.answer = refusing(400, "invalid_grant");
    const auto p = w.get("1");
    w.settle();
    CHECK(w.token_posts == 2);
    CHECK_FALSE(p->done);
    hangs = false;
    w.forms.clear();
    p->scope.cancel();
    const auto closed = w.close();
    w.settle();
    CHECK(*closed);
    const auto q = w.get_from(other, "2");
    w.settle();
    REQUIRE(q->done);
    CHECK(w.grants() == names{"password"});
    const auto other_closed = w.close(other);
    w.settle();
    CHECK(*other_closed);
}

TEST_CASE("T8: neither tokens of v3 nor what they are asked with are in an error or told to an observer") {
    const std::string access = "LiveAccess|1234==", issued = "LiveRefresh|5678==";
    const std::string both = R"("access_token":")" + access + R"(","refresh_token":")" + issued + "\"";
    struct row {
        int status;
        std::string body, fields;
    };
    const std::vector<row> rows{
        {201, "{" + both + R"(,"token_type":"mac"})", ""},
        {200, "{" + both, ""},
        {200, "[{" + both + "}]", "Content-Type: application/json\r\n"},
        {200, R"({"access_token":[")" + access + R"("],"refresh_token":")" + issued + "\"}", ""},
        {200, R"({"access_token":")" + access + "\\n\"}", ""},
        {202, "access_token=" + access + "&refresh_token=" + issued, "Content-Type: text/plain\r\n"},
        {302, "{" + both + "}", "Location: https://x.test/cb#access_token=" + access + "\r\n"},
        {302, "", "Location: https://x.test/cb?refresh_token=" + issued + "\r\n"},
        {200, "<html><body>" + access + issued + "</body></html>", "Content-Type: text/html\r\n"},
        {500, "{" + both + "}", ""},
        {403, "{" + both + "}", ""},
    };
    for (const bool basic : {false, true}) {
        for (const row& r : rows) {
            CAPTURE(basic);
            CAPTURE(r.status);
            CAPTURE(r.body);
            const auto heard = std::make_shared<listener>();
            v3_world w(
                of_user()
                    .refresh_token(secret("old-refresh"))
                    .client_authentication(basic ? client_authentication::basic : client_authentication::form)
                    .observer(heard));
            w.answer = [&](const form&) { return http_response(r.status, r.body, r.fields); };
            const auto p = w.get("1");
            w.advance(40s);
            REQUIRE(p->done);
            REQUIRE(p->done->has_error());
            const std::string told = heard->told + p->done->error().describe();
            CAPTURE(told);
            for (const char* hidden : {"LiveAccess", "1234", "LiveRefresh", "5678"}) {
                CHECK(told.find(hidden) == std::string::npos);
            }
        }
    }
}

TEST_CASE("T8: a token endpoint of v3 that quotes the request brings no secret into an error") {
    for (const bool basic : {false, true}) {
        CAPTURE(basic);
        const auto heard = std::make_shared<listener>();
        v3_world w(
            of_user()
                .refresh_token(secret("old|refresh"))
                .client_authentication(basic ? client_authentication::basic : client_authentication::form)
                .observer(heard));
        w.on_token = [&](scripted_stream& s, const std::string& request) {
            std::string quoted;
            for (const char c : request)
                quoted += c == '\r' || c == '\n' ? std::string(" ") : std::string(1, c);
            s.deliver(
                http_response(400, R"({"error":"invalid_grant","error_description":")" + quoted + "\"}"));
            return true;
        };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        const std::string told = heard->told + p->done->error().describe();
        CAPTURE(told);
        CHECK(told.find("[hidden]") != std::string::npos);
        for (const char* hidden :
             {"the-secret", "the-password", "old|refresh", "old%7Crefresh", "a2V5OnRoZS1"}) {
            CAPTURE(hidden);
            CHECK(told.find(hidden) == std::string::npos);
        }
    }
    // What was issued, quoted by a lookup's answer and by the next answer of the endpoint.
    const auto heard = std::make_shared<listener>();
    v3_world w(of_user().observer(heard).max_attempts(1));
    w.answer = [](const form& f) {
        if (f.at("grant_type") == "password") return token_answer("acc|ess", "ref|resh");
        return http_response(503, R"({"message":"acc|ess, ref|resh, acc%7Cess and ref%7Cresh are busy"})");
    };
    w.refuse = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(403, "acc|ess and ref|resh and the-password"));
        return true;
    };
    CHECK(w.get_settled("1")->done->error().message() == "[hidden] and [hidden] and [hidden]");
    w.advance(31min);
    CHECK(w.get_settled("2")->done->error().message() ==
          "[hidden], [hidden], [hidden] and [hidden] are busy");
    CHECK(heard->told.find("ess") == std::string::npos);
    CHECK(heard->told.find("resh") == std::string::npos);
}

TEST_CASE("T8: an API key opens lookups by itself, so that a token endpoint's words do not show it either") {
    v3_world w;
    w.settings.application_key = "key-0123456789";
    w.core = w.make_shard();
    w.on_token = [&](scripted_stream& s, const std::string& request) {
        const std::string body = request.substr(request.find("\r\n\r\n") + 4);
        s.deliver(http_response(400, R"({"error":"invalid_request","error_description":")" + body + "\"}"));
        return true;
    };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    const std::string told = p->done->error().describe();
    CAPTURE(told);
    CHECK(told.find("client_id=[hidden]") != std::string::npos);
    CHECK(told.find("0123456789") == std::string::npos);
}
