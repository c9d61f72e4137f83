#include "sandbox/http/parameters.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect::sandbox;

TEST_CASE("parameters: names and values are decoded, empty ones kept") {
    // expectations: python3 urllib.parse.parse_qsl(..., keep_blank_values=True)
    const auto all = parse_parameters("a=1&b=x+y%2Bz&&c&d=&%65=M%C3%BCnchen&f==g=").value();
    REQUIRE(all.size() == 6);
    CHECK(*find(all, "a") == "1");
    CHECK(*find(all, "b") == "x y+z");
    CHECK(find(all, "c")->empty());
    CHECK(find(all, "d")->empty());
    CHECK(*find(all, "e") == "München");
    CHECK(*find(all, "f") == "=g=");
    CHECK(find(all, "g") == nullptr);
    CHECK(parse_parameters("").value().empty());
    CHECK(parse_parameters("&&").value().empty());
}

TEST_CASE("parameters: malformed escapes, ill-formed UTF-8, repetition and floods are refused") {
    for (const char* bad : {"a=%", "a=%4", "a=%g0", "a=%0g", "%=1", "a=%ff", "a=%c3", "a=1&a=2", "a&%61=1"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_parameters(bad).has_value());
    }
    std::string many;
    for (std::size_t i = 0; i < max_parameters; ++i) many += "p" + std::to_string(i) + "=&";
    CHECK(parse_parameters(many).has_value());
    CHECK_FALSE(parse_parameters(many + "one-more=").has_value());
}

TEST_CASE("parameters: a plus sign in a path is a plus sign") {
    CHECK(percent_decoded("a+b%20c", plus::literal).value() == "a+b c");
    CHECK(percent_decoded("a+b", plus::blank).value() == "a b");
    CHECK(percent_decoded("%00", plus::literal).value() == std::string(1, '\0'));
}
