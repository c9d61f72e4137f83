#include "proto/http/redirect.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using getty::connect::proto::resolve_redirect;

namespace {

constexpr std::string_view from =
    "/b/c/d;p?q";  // the base of RFC 3986 5.4, as far as it fits a request target

std::string target(std::string_view location) {
    return resolve_redirect(location, from, "a.example:8443").target;
}
bool refused(std::string_view location, std::string_view why) {
    const auto to = resolve_redirect(location, from, "a.example:8443");
    return to.target.empty() && to.refused.find(why) != std::string_view::npos;
}

}  // namespace

TEST_CASE("X7: relative references are resolved as the examples of RFC 3986 section 5.4") {
    const struct {
        std::string_view reference, result;
    } rows[] = {
        {"g", "/b/c/g"},
        {"./g", "/b/c/g"},
        {"g/", "/b/c/g/"},
        {"/g", "/g"},
        {"?y", "/b/c/d;p?y"},
        {"g?y", "/b/c/g?y"},
        {"g#s", "/b/c/g"},
        {"g?y#s", "/b/c/g?y"},
        {";x", "/b/c/;x"},
        {"g;x", "/b/c/g;x"},
        {"g;x?y#s", "/b/c/g;x?y"},
        {".", "/b/c/"},
        {"./", "/b/c/"},
        {"..", "/b/"},
        {"../", "/b/"},
        {"../g", "/b/g"},
        {"../..", "/"},
        {"../../", "/"},
        {"../../g", "/g"},
        {"../../../g", "/g"},
        {"../../../../g", "/g"},
        {"/./g", "/g"},
        {"/../g", "/g"},
        {"g.", "/b/c/g."},
        {".g", "/b/c/.g"},
        {"g..", "/b/c/g.."},
        {"..g", "/b/c/..g"},
        {"./../g", "/b/g"},
        {"./g/.", "/b/c/g/"},
        {"g/./h", "/b/c/g/h"},
        {"g/../h", "/b/c/h"},
        {"g;x=1/./y", "/b/c/g;x=1/y"},
        {"g;x=1/../y", "/b/c/y"},
        {"g?y/./x", "/b/c/g?y/./x"},
        {"g?y/../x", "/b/c/g?y/../x"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.reference);
        CHECK(target(row.reference) == row.result);
    }
}

TEST_CASE("X7: the same origin is followed however it is spelt") {
    CHECK(target("https://a.example:8443/x?y=1") == "/x?y=1");
    CHECK(target("HTTPS://A.EXAMPLE:8443/x") == "/x");
    CHECK(target("//a.example:8443/x") == "/x");
    CHECK(target("https://a.example:8443") == "/");
    CHECK(target("https://a.example:8443?q") == "/?q");
    CHECK(resolve_redirect("https://a.example:443/x", "/", "a.example").target == "/x");
    CHECK(resolve_redirect("https://[::1]:8443/x", "/", "[::1]:8443").target == "/x");
}

TEST_CASE("X7: another host, port or scheme, and what cannot be requested, is refused") {
    CHECK(refused("https://b.example:8443/x", "another origin"));
    CHECK(refused("https://a.example/x", "another origin"));
    CHECK(refused("https://a.example:8444/x", "another origin"));
    CHECK(refused("https://a.example.:8443/x", "another origin"));
    CHECK(refused("//b.example/x", "another origin"));
    CHECK(refused("https://a.example:8443@b.example/x", "another origin"));
    CHECK(refused("https://user@a.example:8443/x", "another origin"));
    CHECK(refused("https://b.example\\@a.example:8443/x", "another origin"));
    CHECK(refused("///x", "another origin"));
    CHECK(refused("http://a.example:8443/x", "away from https"));
    CHECK(refused("javascript:alert(1)", "away from https"));
    CHECK(refused("https:g", "without a host"));
    CHECK(refused("", "without a Location"));
    CHECK(refused("#only", "without a Location"));
    CHECK(refused("/a b", "cannot be requested"));
    CHECK(refused("/a\xC3\xA9", "cannot be requested"));
    CHECK(refused("/" + std::string(9'000, 'x'), "cannot be requested"));
}
