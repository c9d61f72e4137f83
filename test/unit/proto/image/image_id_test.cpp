#include "proto/image/image_id.hpp"

#include "core/percent_encoding.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {
std::string encoded(std::string_view id) {
    std::string out;
    core::append_percent_encoded(out, id);
    return out;
}
}  // namespace

TEST_CASE("id: the documented forms pass unchanged") {
    for (const char* id : {"83454800", "200261415-001", "a.b_c~d", "..."}) {
        CHECK(why_invalid_id(id).empty());
        CHECK(encoded(id) == id);
    }
}

TEST_CASE("X5: an id is one encoded path segment, whatever it holds") {
    CHECK(encoded("a/b") == "a%2Fb");
    CHECK(encoded("%2e%2e") == "%252e%252e");
    CHECK(encoded("a?b") == "a%3Fb");
    CHECK(encoded("a#b") == "a%23b");
    CHECK(encoded("a b+c") == "a%20b%2Bc");
    CHECK(encoded("\xF0\x9F\x93\xB7") == "%F0%9F%93%B7");
}

TEST_CASE("X5: an id that can name no image is refused with the reason") {
    CHECK(why_invalid_id("") == "it is empty");
    CHECK(why_invalid_id(".") == "it is a relative path segment");
    CHECK(why_invalid_id("..") == "it is a relative path segment");
    CHECK(why_invalid_id("a\r\nb") == "it holds a control character");
    CHECK(why_invalid_id(std::string_view("a\0b", 3)) == "it holds a control character");
    CHECK(why_invalid_id("a\xFF") == "it is not valid UTF-8");
    CHECK(why_invalid_id(std::string(10'240, 'x')) == "it is longer than 128 bytes");
    CHECK(why_invalid_id(std::string(128, 'x')).empty());
}
