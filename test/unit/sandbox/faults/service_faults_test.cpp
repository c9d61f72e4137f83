// What faults make of answers, and how they are switched.
#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/faults/fault_bytes.hpp"
#include "sandbox/http/content_coding.hpp"
#include "sandbox/service.hpp"
#include "unit/sandbox/service_harness.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::auth;
using sandbox::delivery;
using sandbox::options;
using test::answer;
using test::service_harness;

namespace {

constexpr auto good = "application_key=sandbox-key&application_secret=sandbox-secret";
constexpr auto target = "/api/images/83454800?coordination_id=c";

options open_to_all() { return options().scheme(auth::none); }

/// What a sandbox without faults answers.
std::string right_body() {
    service_harness s(open_to_all());
    return s.ask("GET", target).body;
}

answer asked_with(std::string_view spec, std::string_view of = target) {
    service_harness s(open_to_all().fault(spec));
    return s.ask("GET", of);
}

service_harness::wire sent_with(std::string_view spec) {
    service_harness s(open_to_all().fault(spec));
    return s.send("GET", target);
}

std::string body_of(const std::string& bytes) { return bytes.substr(bytes.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("service faults: statuses come as the service's own, or as a gateway's page") {
    const answer json = asked_with("status-503:retry-after=7");
    CHECK(json.status == 503);
    CHECK(json.field("Retry-After") == "7");
    CHECK(json.error() == "a fault of this status was asked for");
    const answer page = asked_with("status-502:body=html");
    CHECK(page.status == 502);
    CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.body.find("<title>502 from a gateway</title>") != page.body.npos);
    const answer throttled = asked_with("status-429");
    CHECK(throttled.fields("Retry-After").empty());
    CHECK(throttled.field("X-Error-Detail") == "Account Over Queries Per Second Limit");
}

TEST_CASE("service faults: older gateways answer 403 and name the limit") {
    const answer qps = asked_with("over-qps:retry-after=1");
    CHECK(qps.status == 403);
    CHECK(qps.field("X-Error-Detail") == "Account Over Queries Per Second Limit");
    CHECK(qps.field("Retry-After") == "1");
    const answer quota = asked_with("over-quota:header=x-mashery-error-code");
    CHECK(quota.status == 403);
    CHECK(quota.field("X-Mashery-Error-Code") == "Account Over Rate Limit");
    CHECK(quota.fields("X-Error-Detail").empty());
}

TEST_CASE("service faults: a redirect leads to the image, elsewhere, or to itself for ever") {
    service_harness same(open_to_all().fault("redirect"));
    const answer first = same.ask("GET", target);
    CHECK(first.status == 302);
    CHECK(first.field("Location") == std::string(target) + "&sandbox-redirected=once");
    CHECK(same.ask("GET", first.field("Location")).body == right_body());
    CHECK(same.ask("GET", "/api/images/1").field("Location") == "/api/images/1?sandbox-redirected=once");
    CHECK(asked_with("redirect:to=other").field("Location") == "https://media.example/moved");

    service_harness loop(open_to_all().fault("redirect:to=loop,count=1"));
    std::string at = target;
    for (int i = 0; i < 5; ++i) {
        const answer again = loop.ask("GET", at);
        CHECK(again.status == 302);
        at = again.field("Location");
    }
    CHECK(at == std::string(target) + "&sandbox-redirected=loop");
    CHECK(loop.made.snapshot().faults.at("redirect") == 1);
}

TEST_CASE("service faults: a page, and nothing at all, with status 200") {
    const answer page = asked_with("html");
    CHECK(page.status == 200);
    CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.body.starts_with("<html>"));
    const answer nothing = asked_with("empty");
    CHECK(nothing.status == 200);
    CHECK(nothing.body.empty());
}

TEST_CASE("service faults: bodies are another image, hold a duplicate, a wrong type, or half of it") {
    const auto image_of = [](const answer& a) { return a.json().at("Images").at(0).as_object(); };
    const std::string right = right_body();
    CHECK(image_of(asked_with("wrong-image")).at("ImageId") == "10000001");
    CHECK(image_of(asked_with("wrong-image", "/api/images/10000001")).at("ImageId") == "10000002");

    const answer twice = asked_with("json-duplicate");
    CHECK(twice.body.find(R"("Images":[{"ImageId":"10000001",)") != twice.body.npos);
    CHECK(image_of(twice) == boost::json::parse(right).at("Images").at(0).as_object());

    auto wrong = image_of(asked_with("json-mistyped"));
    CHECK(wrong.at("Title") == 42);
    auto untouched = boost::json::parse(right).at("Images").at(0).as_object();
    wrong.erase("Title");
    untouched.erase("Title");
    CHECK(wrong == untouched);

    CHECK(asked_with("json-truncated").body == right.substr(0, right.size() / 2));
    // there is nothing to change in a 404
    for (const char* spec : {"wrong-image", "json-duplicate", "json-mistyped", "json-truncated"}) {
        service_harness s(open_to_all().fault(spec));
        CHECK(s.ask("GET", "/api/images/404").error() == "there is no image with this id");
        CHECK(s.made.snapshot().faults.empty());
    }
}

TEST_CASE("service faults: packed although nobody asked, with a right and a wrong checksum") {
    const std::string right = right_body();
    const answer packed = asked_with("gzip-unasked");
    CHECK(packed.field("Content-Encoding") == "gzip");
    CHECK(packed.body == sandbox::gzipped(right));
    const answer broken = asked_with("gzip-broken");
    CHECK(broken.field("Content-Encoding") == "gzip");
    REQUIRE(broken.body.size() == packed.body.size());
    std::size_t differences = 0, at = 0;
    for (std::size_t i = 0; i < packed.body.size(); ++i) {
        if (packed.body[i] == broken.body[i]) continue;
        ++differences;
        at = i;
    }
    CHECK(differences == 1);
    CHECK(at == packed.body.size() - 8);

    // who asks for it gets it packed once
    service_harness s(open_to_all().fault("gzip-unasked"));
    sandbox::request_view request;
    request.method = "GET";
    request.target = target;
    request.accept_encoding = "gzip";
    CHECK(s.ask(request).body == packed.body);
}

TEST_CASE("service faults: time is a matter of the delivery, the bytes are right") {
    const std::string plain = sent_with("drip:id=none").bytes;
    const auto slow = sent_with("slow-start:wait=30ms");
    CHECK(slow.bytes == plain);
    CHECK(slow.how.wait == 30ms);
    CHECK_FALSE(slow.how.is_plain());
    const auto drip = sent_with("drip:bytes=5,wait=2ms");
    CHECK(drip.bytes == plain);
    CHECK(drip.how.piece_bytes == 5);
    CHECK(drip.how.piece_wait == 2ms);
    CHECK(drip.bytes.substr(drip.how.body_at) == right_body());
    CHECK(drip.how.end == delivery::ending::keep);
}

TEST_CASE("service faults: lengths are wrong by as much as asked for, never below zero") {
    const std::string right = right_body();
    const auto length = [](const std::string& bytes) {
        return std::stoul(bytes.substr(bytes.find("Content-Length: ") + 16));
    };
    const auto longer = sent_with("length-long:bytes=3");
    CHECK(length(longer.bytes) == right.size() + 3);
    CHECK(body_of(longer.bytes) == right);
    CHECK(longer.how.end == delivery::ending::close);
    const auto shorter = sent_with("length-short:bytes=3");
    CHECK(length(shorter.bytes) == right.size() - 3);
    CHECK(body_of(shorter.bytes) == right);
    CHECK(shorter.how.end == delivery::ending::keep);
    CHECK(length(sent_with("length-short:bytes=65536").bytes) == 0);
}

TEST_CASE("service faults: a second answer follows that holds another image") {
    const auto sent = sent_with("surplus");
    const std::string right = right_body();
    const std::string rest = body_of(sent.bytes);
    REQUIRE(rest.starts_with(right + "HTTP/1.1 200 OK\r\n"));
    const std::string other = body_of(rest.substr(right.size()));
    CHECK(boost::json::parse(other).at("Images").at(0).at("ImageId") == "10000001");
    CHECK(sent.bytes.find("Content-Length: " + std::to_string(right.size())) != sent.bytes.npos);
}

TEST_CASE("service faults: chunks are tiny but right, broken, or without an end") {
    const std::string right = right_body();
    const auto head_of = [](const std::string& bytes) { return bytes.substr(0, bytes.find("\r\n\r\n")); };
    const auto valid = sent_with("chunked:bytes=30");
    CHECK(head_of(valid.bytes).find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(head_of(valid.bytes).find("Content-Length") == std::string::npos);
    CHECK(body_of(valid.bytes)
              .starts_with("1e;sandbox=\"an extension\"\r\n" + right.substr(0, 30) + "\r\n1e;"));
    CHECK(valid.bytes.ends_with("\r\n0;last\r\nX-Sandbox-Trailer: \"with a value\"\r\n\r\n"));
    CHECK(valid.how.end == delivery::ending::keep);

    const auto unfinished = sent_with("chunk-unfinished:bytes=65536");
    CHECK(body_of(unfinished.bytes).ends_with("\r\n" + right + "\r\n"));
    CHECK(unfinished.how.end == delivery::ending::close);

    const auto broken = sent_with("chunk-broken");
    CHECK(body_of(broken.bytes).ends_with("\r\nno size\r\n" + right.substr(right.size() / 2)));
    CHECK(broken.how.end == delivery::ending::close);
}

TEST_CASE("service faults: interim answers, and connections that end before, within and after an answer") {
    const std::string plain = sent_with("drip:id=none").bytes;
    const auto early = sent_with("interim");
    CHECK(early.bytes == "HTTP/1.1 103 Early Hints\r\nLink: </api>; rel=preconnect\r\n\r\n" + plain);

    const auto last = sent_with("connection-close");
    CHECK(last.bytes.find("\r\nConnection: close\r\n") != last.bytes.npos);
    CHECK(last.how.end == delivery::ending::close);

    const std::string right = right_body();
    for (const auto& [spec, end] :
         {std::pair("close", delivery::ending::close), std::pair("reset", delivery::ending::reset)}) {
        const auto before = sent_with(spec);
        CHECK(before.bytes.empty());
        CHECK(before.how.end == end);
        const auto half = sent_with(std::string(spec) + ":at=half");
        CHECK(half.bytes == plain.substr(0, plain.size() - (right.size() - right.size() / 2)));
        CHECK(half.how.end == end);
    }
}

TEST_CASE(
    "service faults: all tokens are refused from now on, and a fixed one is given up only when rotated") {
    for (const bool rotated : {false, true}) {
        service_harness s(options()
                              .scheme(auth::bearer)
                              .static_token(secret("fixed"))
                              .fault(rotated ? "token-rotated:count=1" : "token-expired:count=1"));
        const std::string token = s.token();
        CHECK(token == "fixed");
        const answer refused = s.ask("GET", "/api/images/1", "Bearer " + token);
        CHECK(refused.status == 401);
        CHECK(refused.field("WWW-Authenticate").find("invalid_token") != std::string::npos);
        CHECK(s.ask("GET", "/api/images/2", "Bearer " + token).status == 401);
        const std::string next = s.token();
        CHECK((next == "fixed") == !rotated);
        CHECK(s.ask("GET", "/api/images/1", "Bearer " + next).status == 200);
        CHECK(s.made.snapshot().unauthorized == 2);
        CHECK(s.made.snapshot().images == 1);
    }
}

TEST_CASE("service faults: a request that is not let in has no fault and does not count") {
    service_harness s(options().scheme(auth::bearer).fault("html:first=1"));
    CHECK(s.ask("GET", "/api/images/1").status == 401);
    CHECK(s.ask("GET", "/api/images/1?a=%", "Bearer " + s.token()).status == 400);
    CHECK(s.made.snapshot().faults.empty());
    CHECK(s.ask("GET", "/api/images/1", "Bearer " + s.token()).body.starts_with("<html>"));
    CHECK(s.ask("GET", "/api/images/1", "Bearer " + s.token()).body.starts_with("{"));
}

TEST_CASE("service faults: HEAD and the admin pages have none") {
    service_harness s(open_to_all().fault("html"));
    CHECK(s.ask("HEAD", target).field("Content-Type") == "application/json");
    CHECK(s.ask("GET", "/admin/counters").json().at("faults").as_object().empty());
}

TEST_CASE("service faults: token requests are hit when it says so, and only those that would bring a token") {
    service_harness s(
        options().fault("status-503:on=token,first=1").fault("json-duplicate:on=token,every=1"));
    CHECK(s.ask("POST", "/api/token", {}, "application_key=x&application_secret=y").status == 401);
    CHECK(s.ask("POST", "/api/token", {}, good).status == 503);
    CHECK(s.made.snapshot().tokens_issued == 0);
    const answer twice = s.ask("POST", "/api/token", {}, good);
    CHECK(twice.body.starts_with(R"({"token":{"ssl_token":"a-duplicate",)"));
    CHECK(twice.json().at("token").at("ssl_token") != "a-duplicate");
    service_harness mistyped(options().fault("json-mistyped:on=token"));
    CHECK(mistyped.ask("POST", "/api/token", {}, good).json().at("token").at("ssl_token") == 42);
    service_harness closed(options().fault("close:on=token"));
    CHECK(closed.send("POST", "/api/token", {}, good).bytes.empty());
}

TEST_CASE("service faults: they are switched while it runs, by call and by admin page") {
    service_harness s(open_to_all().fault("html:count=1"));
    CHECK(s.ask("GET", "/api/images/1").body.starts_with("<html>"));
    CHECK(s.ask("GET", "/api/images/1").body.starts_with("{"));
    CHECK(s.ask("POST", "/admin/faults?add=empty%3Aid=7*%2Cevery=2").status == 204);
    CHECK(s.ask("GET", "/api/images/71").body.size() > 100);
    CHECK(s.ask("GET", "/api/images/72").body.empty());
    CHECK(s.ask("GET", "/admin/faults").body ==
          R"({"faults":[{"fault":"html:count=1","eligible":4,"happened":1},)"
          R"({"fault":"empty:id=7*,every=2","eligible":2,"happened":1}]})");
    CHECK(s.ask("GET", "/admin/counters").json().at("faults") ==
          boost::json::object{{"empty", 1}, {"html", 1}});
    CHECK(s.ask("POST", "/admin/clear-faults").status == 204);
    CHECK(s.ask("GET", "/admin/faults").body == R"({"faults":[]})");
    CHECK(s.ask("GET", "/api/images/72").body.starts_with("{"));
    CHECK(s.made.snapshot().faults.at("html") == 1);  // what happened stays counted

    CHECK(s.made.add_fault("html").has_value());
    CHECK(s.ask("GET", "/api/images/1").body.starts_with("<html>"));
    s.made.clear_faults();
    CHECK(s.ask("GET", "/api/images/1").body.starts_with("{"));

    CHECK(s.ask("POST", "/admin/faults").error() ==
          "say which: /admin/faults?add=... (as after serve --fault)");
    CHECK(s.ask("POST", "/admin/faults?add=drop").error() ==
          "fault \"drop\": there is no such fault; did you mean drip?");
    CHECK(s.ask("POST", "/admin/faults?add=token-expired").error().find("choose another scheme") !=
          std::string::npos);
    CHECK_FALSE(s.made.add_fault("drop").has_value());
    for (std::size_t i = 0; i < sandbox::max_faults; ++i) CHECK(s.made.add_fault("drip").has_value());
    CHECK(s.ask("POST", "/admin/faults?add=drip").error() == "there are 64 faults already; clear them first");
}

TEST_CASE("service faults: images of a file are hit as well as made-up ones") {
    sandbox::fault what;
    const std::string body =
        "{\"CoordinationId\":\"c\",\"Images\":[{ \"Title\" : \"T\", \"ImageId\" : \"77\" }]}";
    what.kind = sandbox::fault_kind::json_duplicate;
    CHECK(boost::json::parse(sandbox::spoiled_body(what, "77", body)) == boost::json::parse(body));
    what.kind = sandbox::fault_kind::json_mistyped;
    CHECK(boost::json::parse(sandbox::spoiled_body(what, "77", body)).at("Images").at(0).at("Title") == 42);
}
