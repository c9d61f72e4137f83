#include "proto/http/no_proxy.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace getty::connect::proto;

TEST_CASE("P17: which hosts are reached without the proxy") {
    const struct {
        std::string_view list;
        std::string_view host;
        bool expected;
    } rows[] = {
        {"", "a.example.com", false},
        {"*", "a.example.com", true},
        {"*", "192.0.2.1", true},
        {"example.com", "example.com", true},
        {"example.com", "a.example.com", true},
        {"example.com", "b.a.example.com", true},
        {"example.com", "notexample.com", false},
        {"example.com", "example.com.org", false},
        {".example.com", "example.com", true},
        {".example.com", "a.example.com", true},
        {"*.example.com", "a.example.com", true},
        {"EXAMPLE.com", "a.Example.COM", true},
        {"example.com.", "example.com", true},
        {"example.com", "example.com.", true},
        {"a,b , example.com\tc", "example.com", true},
        {",, ,", "example.com", false},
        {".", "example.com", false},
        {"com", "example.com", true},
        {"localhost,127.0.0.1", "localhost", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.70", false},
        {"2.7", "192.0.2.7", false},  // an address has no domains above it
        {"192.0.2.0/24", "192.0.2.200", true},
        {"192.0.2.0/24", "192.0.3.1", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.129", true},
        {"0.0.0.0/0", "192.0.2.1", true},
        {"192.0.2.1/33", "192.0.2.1", false},
        {"192.0.2.1/", "192.0.2.1", false},
        {"10.0.0.0/8", "a.example.com", false},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"::1", "::1", true},
        {"[::1]", "::1", true},
        {"0.0.0.0/0", "::1", false},
        {"example.com:443", "example.com", true},
        {"example.com:8443", "example.com", false},
        {"192.0.2.7:443", "192.0.2.7", true},
        {"[::1]:443", "::1", true},
        {"[::1]:8443", "::1", false},
        {"example.com:", "example.com", false},
        {"example.com:443x", "example.com", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.list);
        CAPTURE(row.host);
        CHECK(bypasses_proxy(row.list, row.host, 443) == row.expected);
    }
}
