#include "proto/http/field_rules.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace getty::connect::proto;

static_assert(is_token("GET") && !is_token("G T"), "usable at compile time");

TEST_CASE("token: exactly the characters of RFC 9110 5.6.2") {
    const std::string_view allowed =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        CAPTURE(byte);
        CHECK(is_token(std::string_view(&c, 1)) == (allowed.find(c) != std::string_view::npos));
    }
    CHECK_FALSE(is_token(""));
    CHECK(is_token("X-Request-Id"));
    CHECK_FALSE(is_token("X-Request-Id:"));
}

TEST_CASE("token68: padding may only end it") {
    CHECK(is_token68("dG9rZW4="));
    CHECK(is_token68("a-b._~+/=="));
    CHECK_FALSE(is_token68("="));
    CHECK_FALSE(is_token68(""));
    CHECK_FALSE(is_token68("a=b"));
    CHECK_FALSE(is_token68("a b"));
    CHECK_FALSE(is_token68("a\"b"));
    CHECK_FALSE(is_token68("a,b"));
    CHECK_FALSE(is_token68("a\r\nX: y"));
}

TEST_CASE("X6: a header value with a control character is no field value") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string value = std::string("a") + static_cast<char>(byte) + "b";
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
        CAPTURE(byte);
        CHECK(is_field_value(value) == !control);
        CHECK(is_quotable(value) == !control);
    }
    CHECK_FALSE(is_field_value("a\r\nX-Injected: 1"));
    CHECK_FALSE(is_field_value(std::string_view("a\0", 2)));
}

TEST_CASE("field value: blanks stand inside, not at an end") {
    CHECK(is_field_value(""));
    CHECK(is_field_value("a b\tc"));
    CHECK_FALSE(is_field_value(" a"));
    CHECK_FALSE(is_field_value("a\t"));
    CHECK_FALSE(is_field_value(" "));
    CHECK(is_quotable(" a\t"));
}

TEST_CASE("X6: a target with a blank, a control character or a byte above ASCII is refused") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string target = std::string("/a") + static_cast<char>(byte);
        CAPTURE(byte);
        CHECK(is_target(target) == (byte > 0x20 && byte < 0x7F && byte != '#'));
    }
    CHECK_FALSE(is_target(""));
    CHECK_FALSE(is_target("/images/1 HTTP/1.1\r\nHost: evil"));
    CHECK(is_target("/api/images/83454800?language=en-us&x=%C3%A4"));
    CHECK(is_target("*"));
    CHECK(is_target("connect.gettyimages.com:443"));
}

TEST_CASE("host: names, addresses and ports that are well-formed") {
    for (const char* host :
         {"connect.gettyimages.com", "localhost", "127.0.0.1", "a", "xn--bcher-kva.example", "a_b", "host:1",
          "host:443", "host:65535", "[::1]", "[::]:8443", "[2001:db8::1]", "[1:2:3:4:5:6:7:8]",
          "[::ffff:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]", "[1::]", "[1:2:3:4:5:6:7::]", "h%41st"}) {
        CAPTURE(host);
        CHECK(is_host(host));
    }
    CHECK(is_host(std::string(255, 'a')));
}

TEST_CASE("X6: a host that could end its line, smuggle a user or a path is refused") {
    for (const char* host : {"",        ":443",      "a b",        "a\r\nX: y",  "a/b",         "a?b",
                             "a#b",     "user@host", "a\\b",       "\"a\"",      "b\xC3\xBC",   "a\t",
                             "host:",   "host:0",    "host:65536", "host:99999", "host:000443", "host:44a",
                             "host:-1", "host:1:2",  "host: 1",    "h%4",        "h%4g",        "h%"}) {
        CAPTURE(host);
        CHECK_FALSE(is_host(host));
    }
    CHECK_FALSE(is_host(std::string_view("a\0b", 3)));
    CHECK_FALSE(is_host(std::string_view("h%41").substr(0, 3)));  // the digit behind the end is not its own
    CHECK_FALSE(is_host(std::string(256, 'a')));
}

TEST_CASE("host: an IPv6 literal is an address in brackets and nothing else") {
    for (const char* host : {"::1",
                             "[]",
                             "[:]",
                             "[::1",
                             "::1]",
                             "[::1]x",
                             "[::1]:",
                             "[::1]:0",
                             "[1:2:3:4:5:6:7]",
                             "[1:2:3:4:5:6:7:8:9]",
                             "[1::2::3]",
                             "[:::]",
                             "[1:2:3:4:5:6:7:8::]",
                             "[12345::]",
                             "[g::]",
                             "[:1::2]",
                             "[1:]",
                             "[1:2:3:4:5:6:7:8:]",
                             "[::1:]",
                             "[:1:2:3:4:5:6:7:8]",
                             "[::1%25eth0]",
                             "[fe80::1%eth0]",
                             "[v1.a]",
                             "[127.0.0.1]",
                             "[::256.0.0.1]",
                             "[::1.2.3]",
                             "[::01.2.3.4]",
                             "[::1.2.3.4.5]",
                             "[1.2.3.4::]",
                             "[1:2:3:4:5:6:7:1.2.3.4]",
                             "[[::1]]"}) {
        CAPTURE(host);
        CHECK_FALSE(is_host(host));
    }
}
