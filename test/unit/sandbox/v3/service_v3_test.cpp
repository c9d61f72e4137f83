// The v3 dialect of the service, request by request.
#include "sandbox/v3/image_v3.hpp"
#include "unit/sandbox/service_harness.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::options;
using test::answer;
using test::service_harness;
namespace v3 = sandbox::v3;

namespace {

constexpr auto client = "client_id=sandbox-key&client_secret=sandbox-secret&grant_type=client_credentials";

sandbox::request_view lookup(std::string_view target, std::string_view authorization = {}) {
    sandbox::request_view request;
    request.method = "GET";
    request.target = target;
    request.authorization = authorization;
    request.api_key = "sandbox-key";
    return request;
}

answer get(service_harness& s, std::string_view target, std::string_view authorization = {}) {
    return s.ask(lookup(target, authorization));
}

std::string bearer(service_harness& s) {
    const answer got = s.ask("POST", "/oauth2/token", {}, client);
    REQUIRE(got.status == 200);
    return "Bearer " + std::string(got.json().at("access_token").as_string());
}

/// The ids of the images, in their order.
std::vector<std::string> found(const answer& got) {
    std::vector<std::string> ids;
    const boost::json::object body = got.json();
    for (const auto& image : body.at("images").as_array()) {
        ids.emplace_back(image.at("id").as_string());
    }
    return ids;
}

/// Status and what the body says, by the form it has.
std::string said(const answer& got) {
    const std::string start = std::to_string(got.status) + " ";
    const auto body = got.json();
    if (const auto* code = body.if_contains("ErrorCode")) {
        CHECK(got.field("Content-Type") == "application/vnd.getty.error+json");
        CHECK_FALSE(body.at("ErrorMessage").as_string().empty());
        return start + std::string(code->as_string());
    }
    CHECK(got.field("Content-Type") == "application/json");
    CHECK(body.size() == 1);
    return start + "message " + std::string(body.at("message").as_string());
}

using ids = std::vector<std::string>;

}  // namespace

TEST_CASE("service v3: a group is answered in one body, what is missing is named") {
    service_harness s((options()));
    const answer got = get(s, "/v3/images?ids=83454800%2C404,200261415-001&fields=title");
    CHECK(got.status == 200);
    CHECK(got.field("Content-Type") == "application/json");
    CHECK(got.field("Content-Language") == "en-US");
    CHECK(got.field("x-amzn-requestid").size() == 36);
    CHECK(found(got) == ids{"200261415-001", "83454800"});  // in another order
    CHECK(got.json().at("images_not_found") == boost::json::array{"404"});
    CHECK(s.made.requests_for("83454800") == 1);
    CHECK(s.made.requests_for("404") == 1);
    const auto c = s.made.snapshot();
    CHECK(c.requests == 1);
    CHECK(c.image_requests == 1);
    CHECK(c.v3_requests == 1);
    CHECK(c.image_ids == 3);
    CHECK(c.images == 2);
    CHECK(c.not_found == 1);
    get(s, "/v3/images?ids=1,1,83454800,1");
    CHECK(s.made.requests_for("1") == 1);
    CHECK(s.made.requests_for("83454800") == 2);
}

TEST_CASE("service v3: one id has the wrapper of a group, and the same image") {
    service_harness s(options().v3(sandbox::v3_order::as_asked));
    const answer one = get(s, "/v3/images/83454800");
    CHECK(one.body == get(s, "/v3/images?ids=83454800").body);
    std::string image;
    v3::append_image(image, "83454800", 0, v3::summary_set(), sandbox::v3_dates::mixed);
    CHECK(one.body == "{\"images\":[" + image + "],\"images_not_found\":[]}");
    CHECK(get(s, "/v3/images/%38%33454800").body == one.body);
    CHECK(found(get(s, "/v3/images?ids=3,1,2")) == ids{"3", "1", "2"});
    CHECK(get(s, "https://localhost:1/v3/images/83454800").body == one.body);
}

TEST_CASE("service v3: the header chooses the language, and dates have one form if wanted") {
    service_harness s(options().v3(sandbox::v3_dates::utc));
    sandbox::request_view request = lookup("/v3/images/83454800?fields=keywords,date_created");
    request.accept_language = "fr-CA, de;q=0.5";
    const answer got = s.ask(request);
    CHECK(got.field("Content-Language") == "fr");
    std::string image;
    v3::append_image(image, "83454800", 2, v3::bit(v3::field::keywords) | v3::bit(v3::field::date_created),
                     sandbox::v3_dates::utc);
    CHECK(got.body == "{\"images\":[" + image + "],\"images_not_found\":[]}");
}

TEST_CASE("service v3: a key is needed, and a token where one is sent must be good") {
    service_harness s((options()));
    sandbox::request_view request = lookup("/v3/images/1");
    for (const char* key : {"", "x", "sandbox-key ", "SANDBOX-KEY"}) {
        request.api_key = key;
        CHECK(said(s.ask(request)) == "401 message Unauthorized");
    }
    CHECK(get(s, "/v3/images/1").status == 200);
    CHECK(said(get(s, "/v3/images/1", "Bearer x")) == "401 message Unauthorized");
    CHECK(said(get(s, "/v3/images/1", "Digest x")) == "401 message Unauthorized");
    const std::string good = bearer(s);
    CHECK(get(s, "/v3/images/1", good).status == 200);
    CHECK(s.made.snapshot().unauthorized == 6);
    s.now += 30min;
    CHECK(said(get(s, "/v3/images/1", good)) == "401 message Unauthorized");
    // neither dialect takes the other's
    CHECK(get(s, "/v3/images/1", "Bearer " + s.token()).status == 401);
    service_harness strict(options().v3(sandbox::v3_wrong_key::forbidden).v3(sandbox::v3_tokenless::refused));
    CHECK(said(get(strict, "/v3/images/1")) == "401 message Unauthorized");
    CHECK(get(strict, "/v3/images/1", bearer(strict)).status == 200);
    const answer forbidden = strict.ask("GET", "/v3/images/1");
    CHECK(said(forbidden) == "403 message Forbidden");
    CHECK(forbidden.field("x-amzn-errortype") == "ForbiddenException");
}

TEST_CASE("service v3: downloads are told to holders of a token alone") {
    service_harness s((options()));
    for (const char* fields : {"download_sizes", "title,downloads", "largest_downloads"}) {
        const std::string target = std::string("/v3/images/1?fields=") + fields;
        const answer got = get(s, target);
        CHECK(said(got) == "401 message Unauthorized");
        CHECK(
            got.field("WWW-Authenticate").starts_with("Bearer realm=\"Download\", error=\"invalid_token\""));
        CHECK(get(s, target, bearer(s)).status == 200);
    }
}

TEST_CASE("service v3: every control over tokens reaches those of v3") {
    service_harness s(options().static_token(secret("fixed")));
    const auto refused = [&] { return get(s, "/v3/images/1", "Bearer fixed").status == 401; };
    CHECK(refused());
    CHECK(bearer(s) == "Bearer fixed");
    CHECK_FALSE(refused());
    s.made.expire_tokens();
    CHECK(refused());
    CHECK(bearer(s) == "Bearer fixed");
    CHECK(s.ask("POST", "/admin/expire-tokens").status == 204);
    CHECK(refused());
    CHECK(bearer(s) == "Bearer fixed");
    CHECK(s.ask("POST", "/admin/advance?seconds=1800").status == 204);
    CHECK(refused());
    CHECK(bearer(s) == "Bearer fixed");
    s.made.rotate_tokens();
    CHECK(refused());
    CHECK(bearer(s) != "Bearer fixed");
}

TEST_CASE("service v3: what is no lookup has the code for it, what is no route the gateway's words") {
    service_harness s((options()));
    CHECK(said(get(s, "/v3/images")) == "400 ImageIdMustBeSpecified");
    CHECK(said(get(s, "/v3/images/")) == "400 MalformedRequest");
    CHECK(said(get(s, "/v3/images?ids=%4")) == "400 MalformedRequest");
    CHECK(said(get(s, "/v3/images/1?fields=nonsense")) == "400 InvalidParameterValue");
    CHECK(said(get(s, "/v3/images/1?language=de")) == "400 InvalidRequest");
    CHECK(s.made.snapshot().bad_requests == 5);
    for (const char* target : {"/v3", "/v3/", "/v3/videos/1", "/v3/images/1/2", "/v3/imagesx",
                               "/v3/images/1/", "/v3/search/images/creative"}) {
        CAPTURE(target);
        CHECK(said(get(s, target)) == "403 message Missing Authentication Token");
    }
    CHECK(said(s.ask("POST", "/v3/images/1")) == "403 message Missing Authentication Token");
    CHECK(said(s.ask("GET", "/oauth2/token")) == "403 message Missing Authentication Token");
    CHECK(s.ask("HEAD", "/v3/images/1").status == 403);
    sandbox::request_view twice = lookup("/v3/images/1", "Bearer x");
    twice.repeated_authorization = true;
    CHECK(said(s.ask(twice)) == "400 MalformedRequest");
    CHECK(s.ask("GET", "/V3/images/1").error() == "there is nothing at this path");
}

TEST_CASE("service v3: unknown ids alone are 404, or of a group 200 without an image") {
    service_harness s((options()));
    CHECK(said(get(s, "/v3/images/404")) == "404 ImageNotFound");
    CHECK(get(s, "/v3/images?ids=404,a-b").json().at("ErrorMessage") == "Image id not found: 404,a-b");
    CHECK(s.made.snapshot().not_found == 3);
    service_harness other(options().v3(sandbox::v3_all_unknown::no_image));
    CHECK(said(get(other, "/v3/images/404")) == "404 ImageNotFound");
    const answer none = get(other, "/v3/images?ids=404,a-b");
    CHECK(none.status == 200);
    CHECK(none.body == R"({"images":[],"images_not_found":["404","a-b"]})");
}

TEST_CASE("service v3: one id that asks for a failure has it for its whole group") {
    service_harness s((options()));
    CHECK(said(get(s, "/v3/images?ids=1,7-400,2")) == "400 InvalidRequest");
    CHECK(said(get(s, "/v3/images?ids=1,7-503,7-400")) == "503 message Service Unavailable");
    CHECK(said(get(s, "/v3/images/7-429")) == "429 message Too Many Requests");
    CHECK(said(get(s, "/v3/images/7-500")) == "500 SystemError");
    CHECK(found(get(s, "/v3/images?ids=1,7-404")) == ids{"1"});
    CHECK(s.made.snapshot().injected == 4);
    s.made.fail_next(1, 502, 3s);
    const answer failed = get(s, "/v3/images/1");
    CHECK(said(failed) == "502 message Bad Gateway");
    CHECK(failed.field("Retry-After") == "3");
    CHECK(get(s, "/v3/images/1").status == 200);
}

TEST_CASE("service v3: the rate counts requests and tokens alike, and its answer is as the switches say") {
    service_harness s(options().max_requests_per_second(2));
    CHECK(get(s, "/v3/images?ids=1,2,3,4,5").status == 200);
    CHECK(s.ask("POST", "/oauth2/token", {}, client).status == 200);
    const answer over = get(s, "/v3/images/1");
    CHECK(said(over) == "429 message Too Many Requests");
    CHECK(over.fields("Retry-After").empty());
    CHECK(over.fields("X-Error-Detail").empty());
    CHECK(said(s.ask("POST", "/oauth2/token", {}, client)) == "429 message Too Many Requests");
    CHECK(s.made.snapshot().throttled == 2);

    service_harness old(options().max_requests_per_second(1).v3(sandbox::v3_throttle_text::older));
    CHECK(get(old, "/v3/images/1").status == 200);
    const answer worded = get(old, "/v3/images/1");
    CHECK(said(worded) == "429 message Account Over Queries Per Second Limit");
    CHECK(worded.field("X-Error-Detail") == "Account Over Queries Per Second Limit");

    service_harness older(options().max_requests_per_second(1).v3(sandbox::v3_throttle_status::forbidden));
    CHECK(get(older, "/v3/images/1").status == 200);
    const answer refused = get(older, "/v3/images/1");
    CHECK(refused.status == 403);
    CHECK(refused.field("X-Error-Detail") == "Account Over Queries Per Second Limit");
}

TEST_CASE("service v3: a quota lasts a day from the first request, tokens counted") {
    service_harness s(options().v3_daily_quota(2));
    CHECK(s.ask("POST", "/oauth2/token", {}, client).status == 200);
    CHECK(get(s, "/v3/images?ids=1,2").status == 200);
    s.now += 24h - 1ns;
    const answer over = get(s, "/v3/images/1");
    CHECK(over.status == 403);
    CHECK(over.field("X-Error-Detail") == "Account Over Rate Limit");
    CHECK(s.ask("GET", "/admin/counters").status == 200);
    s.now += 1ns;
    CHECK(get(s, "/v3/images/1").status == 200);
}

TEST_CASE("service v3: the token endpoint takes a form, and tells errors as OAuth does") {
    service_harness s((options()));
    const answer good = s.ask("POST", "/oauth2/token", {}, client);
    CHECK(good.status == 200);
    CHECK(good.field("Cache-Control") == "no-store");
    CHECK(good.field("Content-Type") == "application/json");
    CHECK(s.made.snapshot().tokens_issued == 1);
    const auto error = [](const answer& got) {
        return std::to_string(got.status) + " " + std::string(got.json().at("error").as_string());
    };
    CHECK(error(s.ask("POST", "/oauth2/token", {}, client, "application/json")) == "400 invalid_request");
    CHECK(error(s.ask("POST", "/oauth2/token")) == "400 invalid_request");
    CHECK(error(s.ask("POST", "/oauth2/token", {}, "a=%")) == "400 invalid_request");
    const answer basic = s.ask("POST", "/oauth2/token", "Basic eDp5", "grant_type=client_credentials");
    CHECK(error(basic) == "401 invalid_client");
    CHECK(basic.field("WWW-Authenticate") == "Basic realm=\"token\"");
    CHECK(s.made.snapshot().unauthorized == 1);
    CHECK(s.made.snapshot().bad_requests == 3);
    CHECK(s.made.snapshot().token_requests == 5);
}

TEST_CASE("service v3: a fault in place of the answer speaks as v3 does") {
    const auto asked = [](std::string_view spec, std::string_view target = "/v3/images?ids=1,2,3") {
        service_harness s(options().fault(spec));
        return get(s, target);
    };
    CHECK(said(asked("status-404")) == "404 ImageNotFound");
    CHECK(said(asked("status-503:id=2")) == "503 message Service Unavailable");
    CHECK(asked("status-503:id=4").status == 200);
    CHECK(asked("status-429").fields("X-Error-Detail").empty());
    CHECK(said(asked("status-403:code=UserTokenRequired")) == "403 UserTokenRequired");
    CHECK(said(asked("status-500:code=InvalidIStockCollection")) == "500 InvalidIStockCollection");
    CHECK(said(asked("throttle")) == "429 message Too Many Requests");
    CHECK(said(asked("throttle:text=old,retry-after=1")) ==
          "429 message Account Over Queries Per Second Limit");
    CHECK(said(asked("token-expired")) == "401 message Unauthorized");
    CHECK(asked("nonce-stale").status == 200);  // there is none
    CHECK(asked("over-quota").field("X-Error-Detail") == "Account Over Rate Limit");
    CHECK(said(asked("uri-too-long:bytes=19")) == "414 message URI Too Long");
    CHECK(asked("uri-too-long:bytes=20").status == 200);
    CHECK(asked("html").field("Content-Type") == "text/html; charset=utf-8");
    CHECK(asked("redirect").field("Location") == "/v3/images?ids=1,2,3&sandbox-redirected=once");
    CHECK(asked("redirect", "/v3/images?ids=1,2,3&sandbox-redirected=once").status == 200);
}

TEST_CASE("service v3: a fault in the body changes one image of the group") {
    const auto asked = [](std::string_view spec) {
        service_harness s(options().fault(spec).v3(sandbox::v3_order::as_asked));
        return get(s, "/v3/images?ids=404,1,2,3&fields=title");
    };
    CHECK(found(asked("omit:id=2")) == ids{"1", "3"});
    CHECK(asked("omit:id=404").json().at("images_not_found").as_array().empty());
    CHECK(found(asked("reorder")) == ids{"3", "2", "1"});
    CHECK(found(asked("stranger")) == ids{"10000001", "1", "2", "3"});
    CHECK(found(asked("duplicate-image:id=2")) == ids{"1", "2", "3", "2"});
    CHECK(found(asked("wrong-image:id=2")) == ids{"1", "10000001", "3"});
    CHECK(asked("json-duplicate").body.starts_with(R"({"images":[{"id":"10000001","id":"1",)"));
    CHECK(asked("json-mistyped").json().at("images").at(0).at("title").to_number<int>() == 42);
    CHECK_THROWS(boost::json::parse(asked("half-malformed").body));
    CHECK_THROWS(boost::json::parse(asked("json-truncated").body));
    CHECK(asked("gzip-unasked").field("Content-Encoding") == "gzip");
    // of a group they are: a lookup of Connect has nothing to reorder
    service_harness connect(options().scheme(sandbox::auth::none).fault("omit").fault("reorder"));
    CHECK(connect.ask("GET", "/api/images/1").status == 200);
    CHECK(connect.made.snapshot().faults.empty());
    service_harness none(options().fault("omit"));
    CHECK(get(none, "/v3/images?ids=404").status == 404);
    CHECK(none.made.snapshot().faults.empty());
}

TEST_CASE("service v3: how an answer is sent, and what becomes of a token, can go wrong as with Connect") {
    service_harness s(options().fault("slow-start:id=2,wait=3s").fault("json-mistyped:on=token,count=1"));
    std::string bytes;
    CHECK(s.made.answer(lookup("/v3/images?ids=1,2"), {s.now, s.wall}, bytes).wait == 3s);
    CHECK(s.made.answer(lookup("/v3/images?ids=1,3"), {s.now, s.wall}, bytes).wait == 0s);
    CHECK(s.ask("POST", "/oauth2/token", {}, client).json().at("access_token").to_number<int>() == 42);
    CHECK(bearer(s).size() > 200);
    service_harness surplus(options().fault("surplus"));
    bytes.clear();
    surplus.made.answer(lookup("/v3/images/1"), {s.now, s.wall}, bytes);
    CHECK(bytes.ends_with(
        R"({"images":[{"id":"10000001","title":"A surplus answer"}],"images_not_found":[]})"));
}

TEST_CASE("service v3: a file's records are served to the dialect of their form, byte for byte") {
    std::string path = (std::filesystem::temp_directory_path() / "catalogue-v3-XXXXXX").string();
    const int fd = ::mkstemp(path.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path) << "{ \"id\" : \"A-1\", \"odd\":1e1 }\n{\"ImageId\":\"77\"}\n"
                           "{\"id\":\"8\",\"image\":{\"id\":\"8\",\"title\":\"of a run\"}}\n"
                           "{\"ImageId\":\"8\"}\n";
    service_harness s(
        options().scheme(sandbox::auth::none).catalogue_file(path).v3(sandbox::v3_order::as_asked));
    ::unlink(path.c_str());
    CHECK(
        get(s, "/v3/images?ids=8,A-1,77&fields=artist").body ==
        R"({"images":[{"id":"8","title":"of a run"},{ "id" : "A-1", "odd":1e1 }],"images_not_found":["77"]})");
    CHECK(get(s, "/v3/images/77").json().at("ErrorMessage") ==
          "Image id not found: 77 (the catalogue has it in the form of Connect, which Connect alone serves)");
    CHECK(s.ask("GET", "/api/images/8").body.ends_with(R"("Images":[{"ImageId":"8"}]})"));
    CHECK(s.ask("GET", "/api/images/A-1").error() ==
          "there is no image with this id (the catalogue has it in the form of v3, which v3 alone serves)");
}

TEST_CASE("service v3: the log has a line for each request and id, of both dialects") {
    std::string path = (std::filesystem::temp_directory_path() / "request-log-XXXXXX").string();
    const int fd = ::mkstemp(path.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    service_harness s(options().scheme(sandbox::auth::none).request_log(path).fault("close:id=9"));
    get(s, "/v3/images?ids=1,404");
    s.ask("POST", "/oauth2/token", {}, client);
    s.ask("GET", "/api/images/1");
    s.ask("GET", "/api/images/404");
    get(s, "/v3/images?ids=404");
    std::string bytes;
    s.made.answer(lookup("/v3/images?ids=8,9"), {s.now, s.wall}, bytes);
    CHECK(bytes.empty());
    get(s, "/v3/images/1", "Bearer x");
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    ::unlink(path.c_str());
    const auto line = [](int request, const char* id, int status) {
        return "{\"time\":\"1994-11-06T08:49:37Z\",\"request\":" + std::to_string(request) + ",\"id\":\"" +
               id + "\",\"status\":" + std::to_string(status) + "}\n";
    };
    CHECK(text == line(1, "1", 200) + line(1, "404", 404) + line(3, "1", 200) + line(4, "404", 404) +
                      line(5, "404", 404) + line(6, "8", 0) + line(6, "9", 0) + line(7, "1", 401));
}

TEST_CASE("service v3: a log that cannot be written is told once, and the service goes on") {
    std::vector<std::string> told;
    service_harness s(options().request_log("/dev/full", [&](const error& why) {
        told.push_back(why.message());
        (void)s.made.snapshot();  // the lock is free
    }));
    CHECK(get(s, "/v3/images/1").status == 200);
    CHECK(get(s, "/v3/images/2").status == 200);
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("/dev/full") != told[0].npos);
    CHECK_THROWS_AS(service_harness(options().request_log("/nonexistent/x")), failure);
}
