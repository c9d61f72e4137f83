// X7: answers that name another place.
#include "support/script.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

std::string moved(const std::string& location, int status = 302) {
    return refusal(status, "Location: " + location + "\r\n");
}

std::string first_line(const std::string& request) { return request.substr(0, request.find('\r')); }

/// Answers the first lookups with redirects and keeps all request lines.
struct chain {
    chain(client_world& in, std::vector<std::string> list) : places(std::move(list)) {
        in.on_image = [this](scripted_stream& s, const std::string& request) {
            lines.push_back(first_line(request));
            const std::size_t n = lines.size() - 1;
            if (n < places.size()) {
                s.deliver(moved(places[n]));
            } else {
                s.deliver(image_response("7"));
            }
            return true;
        };
    }
    std::vector<std::string> places;
    std::vector<std::string> lines;
};

client_options following() { return client_options().redirects(redirects::same_origin); }

}  // namespace

TEST_CASE("X7: a redirect is an error unless it was allowed, and nothing is sent there") {
    client_world w;
    chain c(w, {"/api/images/8"});
    const auto p = w.get_settled("7");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::unexpected_status);
    CHECK(p->done->error().http_status() == 302);
    CHECK(p->done->error().message().find("/api/images/8") != std::string::npos);
    CHECK(c.lines.size() == 1);
}

TEST_CASE("X7: each kind of redirect within the origin is followed at once, with the credentials") {
    for (const int status : {301, 302, 303, 307, 308}) {
        CAPTURE(status);
        client_world w(following());
        std::vector<std::string> requests;
        w.on_image = [&](scripted_stream& s, const std::string& request) {
            requests.push_back(request);
            s.deliver(requests.size() == 1 ? moved("../v9/pictures/7?a=b", status) : image_response("7"));
            return true;
        };
        const auto p = w.get_settled("7");
        REQUIRE(p->done);
        CHECK(p->done->has_value());
        REQUIRE(requests.size() == 2);
        CHECK(requests[1].starts_with("GET /api/v9/pictures/7?a=b HTTP/1.1\r\n"));
        CHECK(requests[1].find("\r\nAuthorization: Bearer token-1\r\n") != std::string::npos);
        CHECK(w.core->stats().retries == 0);
        CHECK(w.dialer->dials == 1);
    }
}

TEST_CASE("X7: five redirects are followed and no sixth") {
    for (const std::size_t count : {std::size_t{5}, std::size_t{6}, std::size_t{100}}) {
        CAPTURE(count);
        client_world w(following().max_attempts(1));
        chain c(w, std::vector<std::string>(count, "/api/images/7"));
        const auto p = w.get_settled("7");
        REQUIRE(p->done);
        CHECK(p->done->has_value() == (count == 5));
        CHECK(c.lines.size() == 6);
    }
}

TEST_CASE("X7: never to another origin, and the credentials stay") {
    for (const std::string where :
         {"https://elsewhere.test/api/images/7", "http://service.test/api/images/7",
          "//elsewhere.test/api/images/7", "https://service.test:444/api/images/7"}) {
        CAPTURE(where);
        client_world w(following());
        chain c(w, {where});
        const auto p = w.get_settled("7");
        REQUIRE(p->done);
        CHECK(p->done->error().http_status() == 302);
        CHECK(p->done->error().message().starts_with("a redirect "));
        CHECK(c.lines.size() == 1);
        CHECK(w.dialer->dials == 1);
    }
}

TEST_CASE("X7: a redirect to another image's place brings no wrong image") {
    client_world w(following());
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        s.deliver(request.starts_with("GET /api/images/7") ? moved("/api/images/8") : image_response("8"));
        return true;
    };
    const auto p = w.get_settled("7");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::wrong_image);
}

TEST_CASE("X7: 300, 304 and a redirect without a Location are errors") {
    for (const std::string& answer :
         {moved("/api/images/7", 300), moved("/api/images/7", 304), refusal(302)}) {
        client_world w(following());
        script s(w, {answer});
        const auto p = w.get_settled("7");
        REQUIRE(p->done);
        CHECK(p->done->error().value() == errc::unexpected_status);
        CHECK(s.times.size() == 1);
    }
}
