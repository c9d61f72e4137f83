#include "proto/http/url.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

/// The complaint; empty when there is none.
std::string complaint(std::string_view value) {
    const auto url = parse_https_url("base_url", value);
    if (url) return "";
    CHECK(url.error().value() == errc::invalid_option);
    CHECK(url.error().stage() == stage::queue);
    return url.error().message();
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("url: host, port and path are parted") {
    const struct {
        std::string_view value;
        std::string_view host;
        std::uint16_t port;
        std::string_view path;
    } rows[] = {
        {"https://connect.gettyimages.com/api", "connect.gettyimages.com", 443, "/api"},
        {"https://connect.gettyimages.com", "connect.gettyimages.com", 443, ""},
        {"https://h/", "h", 443, ""},
        {"https://h///", "h", 443, ""},
        {"https://h/a/b/", "h", 443, "/a/b"},
        {"https://h//a", "h", 443, "//a"},
        {"https://h:8443", "h", 8443, ""},
        {"https://h:1/x", "h", 1, "/x"},
        {"https://h:65535/x", "h", 65535, "/x"},
        {"https://h:443", "h", 443, ""},
        {"https://h:00443", "h", 443, ""},
        {"HTTPS://h", "h", 443, ""},
        {"https://127.0.0.1:8443/api", "127.0.0.1", 8443, "/api"},
        {"https://[::1]", "::1", 443, ""},
        {"https://[::1]:8443/api", "::1", 8443, "/api"},
        {"https://[2001:db8::192.0.2.1]/", "2001:db8::192.0.2.1", 443, ""},
        {"https://h/a%20b;c=d,e@f:g", "h", 443, "/a%20b;c=d,e@f:g"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.value);
        const auto url = parse_https_url("base_url", row.value);
        REQUIRE(url.has_value());
        CHECK(url->host == row.host);
        CHECK(url->port == row.port);
        CHECK(url->path == row.path);
    }
}

TEST_CASE("url: what is not https is refused, naming option, value and mend") {
    for (const std::string_view bad :
         {"", "https", "https:", "https:/", "https:/h", "http://h", "h", "//h", "ftp://h", "httpss://h",
          " https://h", "https ://h", "file:///etc/passwd"}) {
        CAPTURE(bad);
        const std::string why = complaint(bad);
        CHECK(says(why, "base_url"));
        CHECK(says(why, "\"" + std::string(bad) + "\""));
        CHECK(says(why, "https://"));
    }
    CHECK(says(parse_https_url("token_url", "http://h").error().message(), "token_url"));
}

TEST_CASE("url: a host that cannot be asked for is refused") {
    const std::string long_name(256, 'a');
    for (const std::string& authority : {std::string(),
                                         std::string(":8443"),
                                         std::string("a b"),
                                         std::string("a\tb"),
                                         std::string("a\r\nHost: evil"),
                                         std::string("a\0b", 3),
                                         std::string("a_\xC3\xA4"),
                                         std::string("a<b"),
                                         std::string("a\"b"),
                                         std::string("a\\b"),
                                         std::string("a%"),
                                         std::string("a%4"),
                                         std::string("a%zz"),
                                         std::string("::1"),
                                         std::string("[::1"),
                                         std::string("::1]"),
                                         std::string("[]"),
                                         std::string("[::1]x"),
                                         std::string("[1.2.3.4]"),
                                         std::string("[::1%25eth0]"),
                                         std::string("[fe80::1%eth0]"),
                                         std::string("[:::]"),
                                         std::string("[v1.x]"),
                                         long_name}) {
        CAPTURE(authority);
        CHECK(says(complaint("https://" + authority + "/api"), "must name a host"));
    }
}

TEST_CASE("url: a port is 1 to 65535 in digits") {
    for (const char* port : {"", "0", "00000", "65536", "99999", "100000", "-1", "+1", "0x1", "1 ", " 1",
                             "1.0", "http", "8443:1"}) {
        CAPTURE(port);
        CHECK_FALSE(complaint("https://h:" + std::string(port)).empty());
        CHECK_FALSE(complaint("https://[::1]:" + std::string(port) + "/api").empty());
    }
}

TEST_CASE("url: what a query holds is not told") {
    for (const char* bad :
         {"https://h?key=pa55word", "https://h/api?a=b&key=pa55word", "http://h/?pa55word"}) {
        CAPTURE(bad);
        const std::string told = complaint(bad);
        CHECK_FALSE(says(told, "pa55word"));
        CHECK(says(told, "?...\""));
    }
}

TEST_CASE("url: query and fragment have no place in a base address") {
    for (const char* bad : {"https://h?a=b", "https://h/?a=b", "https://h/api?", "https://h#x",
                            "https://h/api#", "https://h/a?b#c"}) {
        CAPTURE(bad);
        CHECK(says(complaint(bad), "must end before"));
    }
}

TEST_CASE("url: a path that would break the request line is refused") {
    for (const std::string& path :
         {std::string("/a b"), std::string("/a\tb"), std::string("/a\r\nb"), std::string("/a\nb"),
          std::string("/a\0b", 4), std::string("/a\x7F"), std::string("/\xC3\xA4"), std::string("/ ")}) {
        CAPTURE(path);
        const std::string why = complaint("https://h" + path);
        CHECK(says(why, "percent-encoding"));
        CHECK(why.find_first_of("\r\n") == std::string::npos);
    }
}

TEST_CASE("url: user information is refused and never repeated, whatever else is wrong") {
    for (const char* bad :
         {"https://user:pa55word@h/api", "https://pa55word@h", "https://:pa55word@h",
          "https://user:pa55word@", "https://user:pa55word@h:99999", "https://user:pa55word@h?x",
          "https://user:pa55word@h/a b", "http://user:pa55word@h", "ftp://user:pa55word@h/x",
          "user:pa55word@h", "HTTPS://user:pa55word@h", "https:/user:pa55word@h", "https//user:pa55word@h",
          " https://user:pa55word@h", "https://user:pa55word@h@x", "https:///user:pa55word@h",
          "https://user:pa55/word@h", "https://user:pa55word?@h"}) {
        CAPTURE(bad);
        const std::string why = complaint(bad);
        CHECK_FALSE(why.empty());
        CHECK(says(why, "base_url"));
        CHECK_FALSE(says(why, "pa55"));
    }
}

TEST_CASE("url: a value of any length leaves room for the rule and the mend") {
    const std::string why = complaint("http://" + std::string(5000, 'h'));
    CHECK(says(why, "must begin with https://"));
    CHECK(says(complaint("https://h/" + std::string(5000, 'p') + " "), "percent-encoding"));
}

TEST_CASE("url: where a proxy is") {
    const struct {
        std::string_view value;
        std::string_view host;
        std::uint16_t port;
    } rows[] = {
        {"http://p", "p", 80},         {"http://p/", "p", 80},       {"HTTP://p:3128", "p", 3128},
        {"http://p:3128/", "p", 3128}, {"http://[::1]:8", "::1", 8}, {"http://127.0.0.1:1", "127.0.0.1", 1},
    };
    for (const auto& row : rows) {
        CAPTURE(row.value);
        const auto url = parse_proxy_url("proxy", row.value);
        REQUIRE(url.has_value());
        CHECK(url->host == row.host);
        CHECK(url->port == row.port);
    }
}

TEST_CASE("url: a proxy that cannot be used is refused with rule and mend, user information not shown") {
    const auto why = [](std::string_view value) { return parse_proxy_url("proxy", value).error().message(); };
    CHECK(says(why("https://p"), "proxy \"https://p\": must begin with http://"));
    CHECK(says(why("socks5://p"), "other kinds of proxy"));
    CHECK(says(why("p:3128"), "must begin with http://"));
    CHECK(says(why("http://p:0"), "a port only as in host:8443"));
    CHECK(says(why("http://p:65536"), "a port only as in host:8443"));
    CHECK(says(why("http://"), "must name a host"));
    CHECK(says(why("http://p/path"), "must name a host"));
    CHECK(says(why("http://p?q"), "must name a host"));
    CHECK(says(why("http://me:hunter2@p"), "proxy_credentials()"));
    CHECK(!says(why("http://me:hunter2@p"), "hunter2"));
    CHECK(!says(why("ftp://me:hunter2@p"), "hunter2"));
}
