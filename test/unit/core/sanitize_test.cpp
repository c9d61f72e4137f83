#include "core/sanitize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

using getty::connect::core::has_control;
using getty::connect::core::printable;

TEST_CASE("printable: white space runs become one blank, none stays at the ends") {
    CHECK(printable("  a \t\r\n b  ", 100) == "a b");
    CHECK(printable("", 10) == "");
    CHECK(printable(" \n ", 10) == "");
}

TEST_CASE("printable: UTF-8 passes, ill-formed bytes and C1 controls do not") {
    CHECK(printable("M\xC3\xBCnchen \xF0\x9F\x93\xB7", 100) == "M\xC3\xBCnchen \xF0\x9F\x93\xB7");
    CHECK(printable("a\xFFz", 100) == "a?z");
    CHECK(printable("a\xC3", 100) == "a?");
    CHECK(printable("\xED\xA0\x80", 100) == "???");  // a surrogate
    CHECK(printable("\xC0\xAF", 100) == "??");       // overlong
    CHECK(printable("a\xC2\x9B"
                    "2J",
                    100) == "a?2J");  // U+009B, a terminal's CSI
}

TEST_CASE("printable: marks that turn the direction of what is read become a question mark") {
    const std::pair<unsigned, unsigned> ranges[] = {
        {0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};
    const auto utf8 = [](unsigned c) {
        std::string text;
        if (c < 0x800) {
            text += static_cast<char>(0xC0 | (c >> 6));
        } else {
            text += static_cast<char>(0xE0 | (c >> 12));
            text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        }
        text += static_cast<char>(0x80 | (c & 0x3F));
        return text;
    };
    for (unsigned c = 0x0600; c < 0x2100; ++c) {
        CAPTURE(c);
        const bool turns = std::any_of(std::begin(ranges), std::end(ranges),
                                       [c](const auto& r) { return c >= r.first && c <= r.second; });
        CHECK(printable("a" + utf8(c) + "b", 20) == (turns ? "a?b" : "a" + utf8(c) + "b"));
    }
}

TEST_CASE("printable: a cut never splits a character and is marked") {
    const std::string long_text = "ab\xC3\xBC\xC3\xBC\xC3\xBC";
    CHECK(printable(long_text, 8) == long_text);
    CHECK(printable(long_text, 7) == "ab\xC3\xBC...");
    CHECK(printable(long_text, 6) == "ab...");
    CHECK(printable("abcdef", 2) == "..");
}

TEST_CASE("control characters: those of ASCII, wherever they stand, and nothing else") {
    CHECK_FALSE(has_control(""));
    for (unsigned byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const bool wanted = byte < 0x20 || byte == 0x7F;
        const std::string one(1, static_cast<char>(byte));
        CHECK(has_control(one) == wanted);
        CHECK(has_control("a" + one) == wanted);
        CHECK(has_control(one + "a") == wanted);
    }
}
