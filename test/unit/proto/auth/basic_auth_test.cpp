#include "proto/auth/basic_auth.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

std::string written(std::string_view user, std::string_view password) {
    std::string out;
    append_basic(out, user, secret(password));
    return out;
}

}  // namespace

TEST_CASE("Basic: the examples of RFC 7617") {
    CHECK(written("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    CHECK(written("test", "123\xC2\xA3") == "Basic dGVzdDoxMjPCow==");
}

TEST_CASE("Basic: every length of padding, appended to what is there") {
    // by python3's base64
    CHECK(written("", "") == "Basic Og==");
    CHECK(written("a", "") == "Basic YTo=");
    CHECK(written("a", "b") == "Basic YTpi");
    CHECK(written("a", "\xFF\xFE:\xFB") == "Basic YTr//jr7");
    std::string out = "Proxy-Authorization: ";
    append_basic(out, "a", secret("b"));
    CHECK(out == "Proxy-Authorization: Basic YTpi");
}

TEST_CASE("X6: a user name that Basic cannot carry is told") {
    CHECK(is_basic_user("application-key"));
    CHECK(is_basic_user("J\xC3\xA4"));
    CHECK_FALSE(is_basic_user("a:b"));
    CHECK_FALSE(is_basic_user("a\r\nb"));
    CHECK_FALSE(is_basic_user("a\tb"));
    CHECK_FALSE(is_basic_user(std::string_view("a\0", 2)));
}
