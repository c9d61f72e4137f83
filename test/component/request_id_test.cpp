// E3: what the service calls a request, in the error that came of it.
#include "support/script.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

const std::string named = "x-amzn-RequestId: 3f2b-77\r\n";

/// What becomes of a lookup when the service, or its token endpoint, answers with `answers` in turn.
error failure_of(const client_options& with, std::vector<std::string> answers, bool of_token = false) {
    client_world w(with);
    std::size_t next = 0;
    (of_token ? w.on_token : w.on_image) = [&](scripted_stream& s, const std::string&) {
        s.deliver(answers[std::min(next++, answers.size() - 1)]);
        return true;
    };
    const auto p = w.get("7");
    w.advance(60s);
    REQUIRE(p->done);
    REQUIRE(p->done->has_error());
    return p->done->error();
}

}  // namespace

TEST_CASE("E3: an error keeps what the service calls the request, however it is reworded") {
    const client_options plain = client_options().max_attempts(1);
    const client_options following = client_options(plain).redirects(redirects::same_origin);
    const client_options broke = client_options().retry_budget(0, 0);
    const client_options hasty = client_options().timeout(3s).attempt_timeout(3s);
    const std::string away = named + "Location: https://elsewhere.test/7\r\n";
    const struct {
        std::string name;
        client_options with;
        std::vector<std::string> answers;
        errc code;
        bool of_token = false;
    } rows[] = {
        {"unknown", plain, {http_response(404, "{}", named)}, errc::not_found},
        {"forbidden", plain, {http_response(403, "{}", named)}, errc::forbidden},
        {"moved", plain, {http_response(302, "", away)}, errc::unexpected_status},
        {"moved too far", following, {http_response(302, "", away)}, errc::unexpected_status},
        {"no JSON", plain, {http_response(200, "{", named)}, errc::malformed_body},
        {"another's",
         plain,
         {http_response(200, R"({"Images":[{"ImageId":"8"}]})", named)},
         errc::wrong_image},
        {"a token refused twice", plain, {http_response(401, "{}", named)}, errc::unauthorized},
        {"no retry left", broke, {http_response(503, "{}", named)}, errc::server_error},
        {"throttled too long",
         plain,
         {http_response(429, "{}", named + "Retry-After: 90000\r\n")},
         errc::throttled},
        {"token: refused", plain, {http_response(401, "{}", named)}, errc::credentials_rejected, true},
        {"token: busy", plain, {http_response(503, "{}", named)}, errc::token_unavailable, true},
        {"token: no JSON", plain, {http_response(200, "{", named)}, errc::token_unavailable, true},
        {"token: moved", plain, {http_response(302, "", away)}, errc::token_unavailable, true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const error why = failure_of(row.with, row.answers, row.of_token);
        CHECK(why.value() == row.code);
        CHECK(why.request_id() == "3f2b-77");
        CHECK(why.describe().find("request 3f2b-77") != std::string::npos);
    }
    // It belongs to the answer that the error tells of.
    CHECK(failure_of(client_options().max_attempts(2),
                     {http_response(503, "{}", named), http_response(503, "{}")})
              .request_id()
              .empty());
}

TEST_CASE("E3: the request's own name goes before the front end's, wherever they stand") {
    const client_options plain = client_options().max_attempts(1);
    const std::string edge = "X-Amz-Cf-Id: edge-1\r\n";
    CHECK(failure_of(plain, {http_response(404, "{}", edge)}).request_id() == "edge-1");
    CHECK(failure_of(plain, {http_response(404, "{}", edge + named)}).request_id() == "3f2b-77");
    CHECK(failure_of(plain, {http_response(404, "{}", named + edge)}).request_id() == "3f2b-77");
    CHECK(failure_of(plain, {http_response(404, "{}")}).request_id().empty());
}

TEST_CASE("E3: what the service calls a request is bounded, and quotes no secret") {
    const client_options plain = client_options().max_attempts(1);
    const error quoting =
        failure_of(plain, {http_response(403, "{}", "x-amzn-requestid: a-the-secret-token-1-\x80\tz\r\n")});
    CHECK(quoting.request_id() == "a-[hidden]-[hidden]-? z");
    const error endless =
        failure_of(plain, {http_response(403, "{}", "x-amzn-requestid: " + std::string(5000, 'x') + "\r\n")});
    CHECK(endless.request_id().size() <= 131);
    const error of_token =
        failure_of(plain, {http_response(403, "{}", "x-amzn-requestid: the-secret\r\n")}, true);
    CHECK(of_token.request_id() == "[hidden]");
}

TEST_CASE("E3: what stops a batch keeps what the service calls the request") {
    for (const int status : {429, 503}) {
        CAPTURE(status);
        client_world w(client_options().max_pause(10s).max_attempts(2));
        w.on_image = [&](scripted_stream& s, const std::string&) {
            s.deliver(http_response(status, "{}", status == 429 ? named + "Retry-After: 60\r\n" : named));
            return true;
        };
        consumer c(w);
        int n = 0;
        c.open([&]() -> std::optional<std::string> { return std::to_string(++n); },
               fetch_options().max_in_flight(4).max_outage(20s));
        while (!c.finished) {
            c.drain();
            w.advance(500ms);
        }
        REQUIRE(c.batch->stopped());
        CHECK(c.batch->stopped()->request_id() == "3f2b-77");
    }
}
