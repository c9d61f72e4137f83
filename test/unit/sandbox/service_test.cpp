#include "sandbox/service.hpp"

#include "sandbox/catalogue/catalogue.hpp"
#include "unit/sandbox/service_harness.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::auth;
using sandbox::options;
using test::answer;
using test::service_harness;

namespace {

constexpr auto good = "application_key=sandbox-key&application_secret=sandbox-secret";

options open_to_all() { return options().scheme(auth::none); }

}  // namespace

TEST_CASE("service: an image comes in the documented envelope, with the coordination id that was sent") {
    service_harness s(open_to_all());
    const answer got = s.ask("GET", "/api/images/83454800?coordination_id=a%22b%20%C3%A9&language=fr");
    CHECK(got.status == 200);
    CHECK(got.field("Content-Type") == "application/json");
    std::string image;
    sandbox::append_image(image, "83454800", 2);
    CHECK(got.body == "{\"CoordinationId\":\"a\\\"b é\",\"Images\":[" + image + "]}");
    const auto made_up = s.ask("GET", "/api/images/83454800").json().at("CoordinationId").as_string();
    CHECK(made_up.size() == 32);
    CHECK(s.made.snapshot().images == 2);
}

TEST_CASE("service: the date is an IMF-fixdate") {
    service_harness s(open_to_all());
    // the instant of RFC 9110 5.6.7, and the first second after it
    CHECK(s.ask("GET", "/api/images/1").field("Date") == "Sun, 06 Nov 1994 08:49:37 GMT");
    s.wall += 1s;
    CHECK(s.ask("GET", "/api/images/1").field("Date") == "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST_CASE("service: HEAD has the fields of GET and no body") {
    service_harness s(open_to_all());
    const answer get = s.ask("GET", "/api/images/83454800?coordination_id=c");
    const answer head = s.ask("HEAD", "/api/images/83454800?coordination_id=c");
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(head.head == get.head);
}

TEST_CASE("service: the connection is closed when the request wants it, and only then") {
    service_harness s(open_to_all());
    sandbox::request_view request;
    request.method = "GET";
    request.target = "/api/images/1";
    CHECK(s.ask(request).fields("Connection").empty());
    request.close_after = true;
    CHECK(s.ask(request).field("Connection") == "close");
}

TEST_CASE("service: an id is one decoded segment of the path") {
    service_harness s(open_to_all());
    CHECK(s.ask("GET", "/api/images/%38%33454800?coordination_id=c").body ==
          s.ask("GET", "/api/images/83454800?coordination_id=c").body);
    CHECK(s.ask("GET", "https://localhost:1/api/images/83454800?coordination_id=c").status == 200);
    CHECK(s.made.requests_for("83454800") == 3);
    for (const char* target : {"/api/images/1%2F2", "/api/images/", "/api/images/..", "/api/images/a",
                               "/api/images/404", "/api/images/1/2", "/api/images/1/", "/api", "/", "*",
                               "https://x", "/api/images?id=1", "/API/images/1", "//api/images/1"}) {
        CAPTURE(target);
        const answer got = s.ask("GET", target);
        CHECK(got.status == 404);
        CHECK_FALSE(got.error().empty());
    }
    CHECK(s.made.snapshot().not_found == 5);  // those that name an id
}

TEST_CASE("service: a malformed request is 400 and says why") {
    service_harness s(open_to_all());
    CHECK(s.ask("GET", "/api/images/%4").error() == "the id is not percent-encoded UTF-8");
    CHECK(s.ask("GET", "/api/images/%ff").error() == "the id is not percent-encoded UTF-8");
    CHECK(s.ask("GET", "/api/images/1?a=%").error() == "the query is malformed");
    CHECK(s.ask("GET", "/api/images/1?a=1&a=2").error() == "the query is malformed");
    CHECK(s.ask("GET", "/api/images/1?coordination_id=" + std::string(256, 'c')).status == 200);
    CHECK(s.ask("GET", "/api/images/1?coordination_id=" + std::string(257, 'c')).status == 400);
    for (const char* language :
         {"", "-", "de-", "-de", "1", "d_e", "de--at", "abcdefghi", "%C3%A9", "en%0D%0Aus"}) {
        CAPTURE(language);
        CHECK(s.ask("GET", std::string("/api/images/1?language=") + language).status == 400);
    }
    for (const char* language : {"de", "en-us", "zh-Hant-TW", "es-419", "x-y"}) {
        CAPTURE(language);
        CHECK(s.ask("GET", std::string("/api/images/1?language=") + language).status == 200);
    }
    CHECK(s.made.snapshot().bad_requests == 15);
}

TEST_CASE("service: an id can ask for a status") {
    service_harness s(open_to_all());
    for (const int status : {400, 403, 429, 500, 502, 503, 504}) {
        const answer got = s.ask("GET", "/api/images/7-" + std::to_string(status));
        CHECK(got.status == status);
        CHECK(got.error() == "the id asks for this status");
    }
    CHECK(s.ask("GET", "/api/images/7-404").status == 404);
    CHECK(s.made.snapshot().injected == 7);
}

TEST_CASE("service: other methods are 405 and name those that work") {
    service_harness s(open_to_all());
    CHECK(s.ask("POST", "/api/images/1").field("Allow") == "GET, HEAD");
    CHECK(s.ask("DELETE", "/api/images/1").status == 405);
    CHECK(s.ask("GET", "/api/token").field("Allow") == "POST");
    CHECK(s.ask("PUT", "/admin/counters").status == 405);
}

TEST_CASE("service: a token answers a form and a JSON object") {
    service_harness s((options()));
    const answer form = s.ask("POST", "/api/token", {}, std::string(good) + "&coordination_id=c%201");
    CHECK(form.status == 200);
    CHECK(form.field("Cache-Control") == "no-store");
    const auto token = form.json().at("token").as_object();
    CHECK(token.size() == 4);
    CHECK(token.at("coordination_id") == "c 1");
    CHECK(token.at("token_duration_minutes").to_number<int>() == 30);
    CHECK(token.at("ssl_token").as_string().size() == 48);
    CHECK(token.at("ssl_token") != token.at("token"));
    const answer object =
        s.ask("POST", "/api/token", {},
              R"({"application_key":"sandbox-key","application_secret":"sandbox-secret","user_id":null})",
              "Application/JSON; charset=utf-8");
    CHECK(object.status == 200);
    CHECK(object.json().at("token").at("ssl_token") != token.at("ssl_token"));
    CHECK(s.made.snapshot().tokens_issued == 2);
}

TEST_CASE("service: a token request is 400 when malformed and 401 when unknown") {
    service_harness s((options()));
    const auto post = [&](std::string_view body,
                          std::string_view type = "application/x-www-form-urlencoded") {
        return s.ask("POST", "/api/token", {}, body, type);
    };
    CHECK(post("").error() == "application_key is missing");
    CHECK(post("application_secret=x").error() == "application_key is missing");
    CHECK(post("application_key=sandbox-key").error() == "application_secret is missing");
    CHECK(post(good, "text/plain").status == 400);
    CHECK(post("{", "application/json").status == 400);
    CHECK(post("[]", "application/json").status == 400);
    CHECK(post(R"({"application_key":1})", "application/json").status == 400);
    CHECK(post(std::string(good) + "&application_key=sandbox-key").status == 400);
    CHECK(post(std::string(good) + "&coordination_id=" + std::string(257, 'x')).status == 400);
    CHECK(s.made.snapshot().bad_requests == 9);
    for (const char* body : {"application_key=sandbox-key&application_secret=sandbox-secre",
                             "application_key=sandbox-key&application_secret=",
                             "application_key=Sandbox-key&application_secret=sandbox-secret",
                             "application_key=&application_secret=sandbox-secret"}) {
        CAPTURE(body);
        const answer got = post(body);
        CHECK(got.status == 401);
        CHECK(got.error() == "the application key or secret is not recognized");
    }
    CHECK(post(std::string(good) + "&user_id=u&user_password=p").error() ==
          "the user id or password is not recognized");
    CHECK(s.made.snapshot().unauthorized == 5);
    CHECK(s.made.snapshot().tokens_issued == 0);
    CHECK(s.made.snapshot().token_requests == 14);
}

TEST_CASE("service: where a user is set, the token request must be the user's") {
    service_harness s(options().user("ann", secret("pass")));
    const auto status = [&](std::string_view more) {
        return s.ask("POST", "/api/token", {}, std::string(good) + std::string(more)).status;
    };
    CHECK(status("") == 401);
    CHECK(status("&user_id=ann") == 401);
    CHECK(status("&user_id=ann&user_password=wrong") == 401);
    CHECK(status("&user_id=bob&user_password=pass") == 401);
    CHECK(status("&user_id=ann&user_password=pass") == 200);
}

TEST_CASE("service: a life that is no whole minute is rounded up, with the exact seconds beside it") {
    const auto life = [](std::chrono::milliseconds length) {
        service_harness s(options().token_lifetime(length));
        const std::string body = s.ask("POST", "/api/token", {}, good).body;
        return body.substr(body.find("\"token_duration"));
    };
    CHECK(life(30min) == "\"token_duration_minutes\":30}}");
    CHECK(life(24h) == "\"token_duration_minutes\":1440}}");
    CHECK(life(90s) == "\"token_duration_minutes\":2,\"expires_in\":90}}");
    CHECK(life(2s) == "\"token_duration_minutes\":1,\"expires_in\":2}}");
    CHECK(life(1500ms) == "\"token_duration_minutes\":1,\"expires_in\":1.500}}");
    CHECK(life(1005ms) == "\"token_duration_minutes\":1,\"expires_in\":1.005}}");
    CHECK(life(50ms) == "\"token_duration_minutes\":1,\"expires_in\":0.050}}");
}

TEST_CASE("service: a bearer token works until it expires") {
    service_harness s(options().scheme(auth::bearer));
    const answer without = s.ask("GET", "/api/images/1");
    CHECK(without.status == 401);
    CHECK(without.field("WWW-Authenticate") == "Bearer realm=\"getty-connect sandbox\"");
    CHECK_FALSE(without.error().empty());
    const std::string bearer = "Bearer " + s.token();
    const std::string invalid = "Bearer realm=\"getty-connect sandbox\", error=\"invalid_token\"";
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 200);
    CHECK(s.ask("GET", "/api/images/1", bearer + "x").field("WWW-Authenticate") == invalid);
    CHECK(s.ask("GET", "/api/images/1", "Basic " + bearer.substr(7)).status == 401);
    s.now += 30min - 1ns;
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 200);
    s.now += 1ns;
    CHECK(s.ask("GET", "/api/images/1", bearer).field("WWW-Authenticate") == invalid);
}

TEST_CASE("service: the token for plain HTTP does not work") {
    service_harness s(options().scheme(auth::bearer));
    const auto token = s.ask("POST", "/api/token", {}, good).json().at("token").as_object();
    CHECK(s.ask("GET", "/api/images/1", "Bearer " + std::string(token.at("token").as_string())).status ==
          401);
    CHECK(s.ask("GET", "/api/images/1", "Bearer " + std::string(token.at("ssl_token").as_string())).status ==
          200);
}

TEST_CASE("service: tokens can be expired, rotated and aged while it runs") {
    service_harness s(options().scheme(auth::bearer).static_token(secret("fixed")));
    const auto status = [&](const std::string& token) {
        return s.ask("GET", "/api/images/1", "Bearer " + token).status;
    };
    CHECK(status("fixed") == 401);  // nobody has asked for it yet
    CHECK(s.token() == "fixed");
    CHECK(status("fixed") == 200);
    s.made.expire_tokens();
    CHECK(status("fixed") == 401);
    CHECK(s.token() == "fixed");
    CHECK(status("fixed") == 200);
    s.made.advance(30min - 1ms);
    CHECK(status("fixed") == 200);
    s.made.advance(-1h);
    CHECK(status("fixed") == 200);
    s.made.advance(1ms);
    CHECK(status("fixed") == 401);
    CHECK(s.token() == "fixed");
    s.made.rotate_tokens();
    CHECK(status("fixed") == 401);
    const std::string random = s.token();
    CHECK(random != "fixed");
    CHECK(status(random) == 200);
    for (int i = 0; i < 400; ++i) s.made.advance(24h * 365);  // saturates
    CHECK(status(random) == 401);
    CHECK(status(s.token()) == 200);
}

TEST_CASE("service: more requests than the rate are 429, after a burst of one second's worth") {
    service_harness s(open_to_all().max_requests_per_second(10));
    for (int i = 0; i < 10; ++i) CHECK(s.ask("GET", "/api/images/1").status == 200);
    const answer refused = s.ask("GET", "/api/images/1");
    CHECK(refused.status == 429);
    CHECK(refused.field("X-Error-Detail") == "Account Over Queries Per Second Limit");
    s.now += 100ms;
    CHECK(s.ask("GET", "/api/images/1").status == 200);
    CHECK(s.ask("GET", "/api/images/1").status == 429);
    s.now += 1h;
    int passed = 0;
    for (int i = 0; i < 50; ++i) passed += s.ask("GET", "/api/images/1").status == 200;
    CHECK(passed == 10);
    CHECK(s.made.snapshot().throttled == 42);
}

TEST_CASE("service: without a rate any number of requests at a moment is answered") {
    service_harness s(open_to_all());
    int passed = 0;
    for (int i = 0; i < 10'000; ++i) passed += s.ask("GET", "/api/images/1").status == 200;
    CHECK(passed == 10'000);
    CHECK(s.made.snapshot().throttled == 0);
}

TEST_CASE("service: a rate below one a second lets one request through at a time") {
    service_harness s(open_to_all().max_requests_per_second(0.5));
    CHECK(s.ask("GET", "/api/images/1").status == 200);
    CHECK(s.ask("GET", "/api/images/1").status == 429);
    s.now += 1999ms;
    CHECK(s.ask("GET", "/api/images/1").status == 429);
    s.now += 1ms;
    CHECK(s.ask("GET", "/api/images/1").status == 200);
}

TEST_CASE("service: the next answers can be made to fail, authorised ones only") {
    service_harness s(options().scheme(auth::bearer));
    const std::string bearer = "Bearer " + s.token();
    s.made.fail_next(2, 503, 7s);
    CHECK(s.ask("GET", "/api/images/1").status == 401);
    const answer first = s.ask("GET", "/api/images/1", bearer);
    CHECK(first.status == 503);
    CHECK(first.field("Retry-After") == "7");
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 503);
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 200);
    s.made.fail_next(1, 429, std::nullopt);
    CHECK(s.ask("GET", "/api/images/1", bearer).fields("Retry-After").empty());
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 200);
    s.made.fail_next(5, 500, std::nullopt);
    s.made.fail_next(0, 500, std::nullopt);
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 200);
}

TEST_CASE("service: ids are counted whatever the answer, up to the bound") {
    service_harness s(options().scheme(auth::bearer).max_counted_ids(2));
    (void)s.ask("GET", "/api/images/1");
    (void)s.ask("POST", "/api/images/1");
    (void)s.ask("GET", "/api/images/a%2Fb");
    (void)s.ask("GET", "/api/images/3");
    (void)s.ask("GET", "/api/images/1");
    CHECK(s.made.requests_for("1") == 3);
    CHECK(s.made.requests_for("a/b") == 1);
    CHECK(s.made.requests_for("3") == 0);
    CHECK(s.made.snapshot().image_requests == 5);
}

TEST_CASE("service: the admin pages tell and steer") {
    service_harness s(options().scheme(auth::bearer));
    const std::string bearer = "Bearer " + s.token();
    (void)s.ask("GET", "/api/images/a%22b");
    const auto counted = s.ask("GET", "/admin/counters").json();
    const std::size_t numbers =
        (sizeof(sandbox::counters) - sizeof(sandbox::counters::faults)) / sizeof(std::uint64_t);
    CHECK(counted.size() == numbers + 1);
    CHECK(counted.at("requests").to_number<int>() == 3);
    CHECK(counted.at("unauthorized").to_number<int>() == 1);
    CHECK(counted.at("tokens_issued").to_number<int>() == 1);
    CHECK(s.ask("GET", "/admin/ca.pem").body == "CA PEM\n");
    CHECK(s.ask("GET", "/admin/requests?id=a%22b").body == R"({"id":"a\"b","requests":1})");
    CHECK(s.ask("GET", "/admin/requests?id=2").body == R"({"id":"2","requests":0})");
    CHECK(s.ask("GET", "/admin/requests").status == 400);
    CHECK(s.ask("GET", "/admin/nothing").status == 404);

    CHECK(s.ask("POST", "/admin/advance?seconds=1799").status == 204);
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 200);
    CHECK(s.ask("POST", "/admin/advance?seconds=1").status == 204);
    CHECK(s.ask("GET", "/api/images/1", bearer).status == 401);
    const std::string later = "Bearer " + s.token();
    CHECK(s.ask("POST", "/admin/fail?count=1&status=503&retry_after=3").body.empty());
    CHECK(s.ask("GET", "/api/images/1", later).field("Retry-After") == "3");
    CHECK(s.ask("GET", "/api/images/1", later).status == 200);
    CHECK(s.ask("POST", "/admin/expire-tokens").status == 204);
    CHECK(s.ask("GET", "/api/images/1", later).status == 401);
    CHECK(s.ask("GET", "/admin/expire-tokens").status == 404);
    for (const char* order : {"/admin/advance", "/admin/advance?seconds=-1", "/admin/advance?seconds=1e3",
                              "/admin/advance?seconds=99999999999999999999", "/admin/fail?count=1",
                              "/admin/fail?count=1&status=200", "/admin/fail?count=1&status=600",
                              "/admin/fail?count=1&status=503&retry_after=soon", "/admin/advance?%"}) {
        CAPTURE(order);
        CHECK(s.ask("POST", order).status == 400);
    }
    CHECK(s.ask("POST", "/admin/counters").status == 404);
}

TEST_CASE("service: without admin pages there are none") {
    service_harness s(options().without_admin());
    for (const char* path : {"/admin/counters", "/admin/ca.pem", "/admin/requests?id=1"}) {
        CHECK(s.ask("GET", path).status == 404);
    }
    CHECK(s.ask("POST", "/admin/expire-tokens").status == 404);
}

TEST_CASE("service: a catalogue file is the whole catalogue") {
    char path[] = "/tmp/sandbox_catalogue_XXXXXX";
    const int file = mkstemp(path);
    REQUIRE(file >= 0);
    close(file);
    std::ofstream(path) << R"({"ImageId":"anything goes","T" : 1})" << "\n";
    {
        service_harness s(open_to_all().catalogue_file(path));
        CHECK(s.ask("GET", "/api/images/anything%20goes?coordination_id=c").body ==
              R"({"CoordinationId":"c","Images":[{"ImageId":"anything goes","T" : 1}]})");
        CHECK(s.ask("GET", "/api/images/83454800").status == 404);
    }
    std::remove(path);
    CHECK_THROWS_AS(service_harness(open_to_all().catalogue_file(path)), const failure&);
}

TEST_CASE("service: what was no request is refused and the connection closed") {
    service_harness s((options()));
    std::string bytes;
    s.made.refuse(431, {s.now, s.wall}, bytes);
    CHECK(bytes.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    CHECK(bytes.find("\r\nConnection: close\r\n") != bytes.npos);
    CHECK(bytes.ends_with("{\"status\":431,\"error\":\"Request Header Fields Too Large\"}"));
    CHECK(s.made.snapshot().protocol_errors == 1);
    CHECK(s.made.snapshot().requests == 0);
}

TEST_CASE("service: one seed, one sequence of tokens") {
    service_harness a((options()));
    service_harness b((options()));
    CHECK(a.token() == b.token());
    CHECK(a.token() == b.token());
}
