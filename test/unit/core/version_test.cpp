#include <getty/connect/version.hpp>

#include <doctest/doctest.h>

#include <string>

TEST_CASE("version: the number, the text and the name of the namespace agree") {
    const int number = GETTY_CONNECT_VERSION;
    const std::string major = std::to_string(number / 10'000);
    const std::string minor = std::to_string(number / 100 % 100);
    CHECK(getty::connect::version == major + "." + minor + "." + std::to_string(number % 100));
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
    CHECK(std::string(TEXT(GETTY_CONNECT_ABI)) == "v" + major + "_" + minor);
}
