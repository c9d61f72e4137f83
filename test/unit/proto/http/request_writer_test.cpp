#include "proto/http/request_writer.hpp"

#include "proto/http/field_rules.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

request_writer writer() {
    auto made = request_writer::make("service.test:8443", "my-job/1.0 (x)");
    REQUIRE(made.has_value());
    return std::move(*made);
}

}  // namespace

TEST_CASE("requests: a GET, byte for byte") {
    std::string out = "something before";
    REQUIRE(writer().begin(out, "GET", "/api/images/1?language=de"));
    request_writer::field(out, "X-Test", "a b");
    request_writer::end(out);
    CHECK(out ==
          "GET /api/images/1?language=de HTTP/1.1\r\n"
          "Host: service.test:8443\r\n"
          "User-Agent: my-job/1.0 (x)\r\n"
          "Accept: application/json\r\n"
          "X-Test: a b\r\n"
          "\r\n");
}

TEST_CASE("requests: a POST carries type, length and body, byte for byte") {
    std::string out;
    REQUIRE(writer().begin(out, "POST", "/api/token"));
    const std::string_view body("a=1&b=\0\r\n\r\n", 11);
    request_writer::end(out, "application/x-www-form-urlencoded", body);
    const std::string expected =
        "POST /api/token HTTP/1.1\r\n"
        "Host: service.test:8443\r\n"
        "User-Agent: my-job/1.0 (x)\r\n"
        "Accept: application/json\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 11\r\n"
        "\r\n" +
        std::string(body);
    CHECK(out == expected);
    REQUIRE(writer().begin(out, "POST", "/"));
    request_writer::end(out, "text/plain", "");
    CHECK(out.find("Content-Length: 0\r\n\r\n") != std::string::npos);
}

TEST_CASE("X6: a target that is more than one word writes nothing at all") {
    const request_writer w = writer();
    for (const std::string& target :
         {std::string(), std::string("/a b"), std::string("/a\tb"), std::string("/a\rb"),
          std::string("/a\nb"), std::string("/a HTTP/1.1\r\nHost: evil\r\n\r\n"), std::string("/a\0b", 4),
          std::string("/a\x7F"), std::string("/\xC3\xA4"), std::string("/a#b"), std::string(" /a"),
          std::string("/a ")}) {
        CAPTURE(target);
        std::string out = "something before";
        CHECK_FALSE(w.begin(out, "GET", target));
        CHECK(out.empty());
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        std::string out;
        const bool visible = byte > 0x20 && byte < 0x7F && byte != '#';
        CHECK(w.begin(out, "GET", std::string("/") + static_cast<char>(byte)) == visible);
    }
}

TEST_CASE("X6: a method that is no token writes nothing at all") {
    const request_writer w = writer();
    for (const std::string& method : {std::string(), std::string("GET "), std::string(" GET"),
                                      std::string("GE T"), std::string("GET\r\n"), std::string("G\0T", 3),
                                      std::string("GET:"), std::string("G/T"), std::string("\xC3\xA4")}) {
        CAPTURE(method);
        std::string out = "something before";
        CHECK_FALSE(w.begin(out, method, "/a"));
        CHECK(out.empty());
    }
}

TEST_CASE("X6: a host that would break its field is refused when the writer is made") {
    for (const std::string& host :
         {std::string(), std::string("a b"), std::string("a\r\nX: y"), std::string("a\n"),
          std::string("a\0", 2), std::string("user@a"), std::string("a/b"), std::string("a:0"),
          std::string("a:65536"), std::string("a:"), std::string("::1"), std::string("[::1"),
          std::string("a,b c"), std::string("\xC3\xA4"), std::string(300, 'a')}) {
        CAPTURE(host);
        const auto made = request_writer::make(host, "x/1");
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().value() == errc::invalid_option);
    }
    for (const char* host : {"a", "a:1", "127.0.0.1", "[::1]", "[::1]:8443", "a.b-c_d"})
        CHECK(request_writer::make(host, "x/1").has_value());
}

TEST_CASE("X6: a user agent that would break its field is refused when the writer is made") {
    for (const std::string& agent : {std::string(), std::string("a\r\nX: y"), std::string("a\n"),
                                     std::string("\r"), std::string("a\0b", 3), std::string(" a"),
                                     std::string("a "), std::string("a\x7F"), std::string("\x1B[0m")}) {
        CAPTURE(agent);
        const auto made = request_writer::make("h", agent);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().value() == errc::invalid_option);
        CHECK(made.error().message().find("user_agent") != std::string::npos);
    }
    CHECK(request_writer::make("h", "caf\xC3\xA9/1 (a; b)").has_value());
}

TEST_CASE("requests: a buffer of sufficient room is not moved") {
    const request_writer w = writer();
    std::string out;
    out.reserve(1000);
    const char* const at = out.data();
    for (int i = 0; i < 10; ++i) {
        REQUIRE(w.begin(out, "GET", "/api/images/" + std::to_string(i)));
        request_writer::end(out);
        CHECK(out.data() == at);
        CHECK(out.ends_with("\r\n\r\n"));
    }
}
