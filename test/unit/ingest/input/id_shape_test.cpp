#include "ingest/input/id_shape.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

using namespace getty::connect::ingest;
using namespace std::string_literals;

namespace {

std::string trouble(std::string_view text) { return id_trouble(text).value_or(""); }

// Of a code point, by RFC 3629's table.
std::string utf8(char32_t c) {
    const auto tail = [c](unsigned shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
    if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
    return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

}  // namespace

TEST_CASE("X9: what the service may have issued as an id passes") {
    for (const char* id : {"83454800",
                           "200261415-001",
                           "a",
                           "-1",
                           "-",
                           "_",
                           ".",
                           "..",
                           "83454800.0",
                           "1e5",
                           "8E07",
                           "1E-05",
                           "a/b",
                           "a?b=c&d",
                           "a#b",
                           "%2e%2e",
                           "a:b;c",
                           "a|b",
                           "a*b",
                           "a+b",
                           "1+2",
                           "E+07",
                           "8.E+07",
                           "8.35E+",
                           "8.35E+07x",
                           "(1)",
                           "<1>",
                           "@1",
                           "\xC3\xBC",
                           "\xE6\x9D\xB1",
                           "\xF0\x9F\x93\xB7"}) {
        CAPTURE(id);
        CHECK(trouble(id).empty());
    }
    CHECK(trouble(std::string(60'000, '7')).empty());
}

TEST_CASE("X9: what lists and tables leave around an id is named with the mend") {
    const std::string alone = "write one id a line and nothing else";
    CHECK(trouble("83454800,") == "ends with a comma; " + alone);
    CHECK(trouble("\"83454800\",") == "ends with a comma; " + alone);
    CHECK(trouble("1,2") == "holds a comma; " + alone + " (of CSV, the column of the ids alone)");
    CHECK(trouble("83454800, a title").starts_with("holds a comma; "));
    CHECK(trouble("[\"83454800\"]") ==
          "begins with '[', as a JSON array does; " + alone + ", such as with: jq -r '.[]'");
    CHECK(trouble("[").starts_with("begins with '['"));
    CHECK(trouble("]") == "holds the bracket ']'; " + alone);
    CHECK(trouble("1}") == "holds the bracket '}'; " + alone);
    CHECK(trouble("\"83454800\"") == "holds a quote (\"); write the id without");
    CHECK(trouble("'83454800") == "holds a quote ('); write the id without");
    CHECK(trouble("\xE2\x80\x9C"
                  "1"
                  "\xE2\x80\x9D") == "holds a quote (U+201C); write the id without");
    CHECK(trouble("1\t2") == "holds a tab, U+0009; " + alone + " (of a table, the column of the ids alone)");
    CHECK(trouble("1 2") == "holds a blank; " + alone);
    CHECK(trouble("") == "is empty");
}

TEST_CASE("X9: a number that a spreadsheet has shortened is named") {
    for (const char* text : {"8.35E+07", "8.345480E+07", "8E+07", "8.35e+07", "2.00261E+11"}) {
        CAPTURE(text);
        CHECK(trouble(text) ==
              "is a number that a spreadsheet has shortened, its last digits are lost; export that column as "
              "text");
    }
    CHECK(trouble("8,35E+07").starts_with("holds a comma"));
}

TEST_CASE("X9: a character that nobody sees is named by its code point and its place") {
    const std::string mend = "; remove what is not part of the id";
    CHECK(trouble("8345\xC2\xA0"
                  "4800") == "holds U+00A0, a no-break space, as character 5" + mend);
    CHECK(trouble("\xEF\xBB\xBF"
                  "1") == "holds U+FEFF, a byte order mark, as character 1" + mend);
    CHECK(trouble("\xC3\xBC"
                  "1\xE2\x80\x8B") == "holds U+200B, a zero-width space, as character 3" + mend);
    CHECK(trouble("1\xF3\xA0\x80\x81") == "holds U+E0001 as character 2" + mend);
    CHECK(trouble("1\x7F"
                  "2") == "holds U+007F as character 2" + mend);
    CHECK(trouble("1\0"s) == "holds U+0000, NUL, as character 2" + mend);
    CHECK(trouble("1\r2") == "holds U+000D, a carriage return, as character 2" + mend);
}

TEST_CASE("X9: of all characters exactly the invisible ones, quotes, commas and brackets are refused") {
    unsigned refused_visible = 0;
    unsigned refused_invisible = 0;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;  // no characters
        const std::string why = trouble("1" + utf8(c) + "2");
        if (is_invisible(c)) {
            CHECK_FALSE(why.empty());
            ++refused_invisible;
            continue;
        }
        if (!why.empty()) ++refused_visible;
    }
    // Python's unicodedata (14.0.0) has 247 of categories Cc, Cf, Zs, Zl and Zp; with those that the standard
    // calls ignored by default, U+2800, U+FFFE, U+FFFF and the Egyptian controls of Unicode 15 it is 4293.
    CHECK(refused_invisible == 4293);
    // " ' , [ ] { } and eight curved, two pairs of pointed quotes
    CHECK(refused_visible == 7 + 8 + 4);
    // A letter, a digit and a sign of each plane in use stay what they are.
    for (const char32_t c : {U'\x3B1', U'\x5D0', U'\x915', U'\x4E00', U'\xAC00', U'\x1F600', U'\x20000'}) {
        CHECK_FALSE(is_invisible(c));
    }
}

TEST_CASE("X9: bytes that are no UTF-8 are named with the first of them") {
    CHECK(trouble("caf\xE9") ==
          "is not valid UTF-8 from byte 4 on, 0xE9; if the file is Latin-1, convert it with: iconv -f LATIN1 "
          "-t UTF-8");
    CHECK(trouble("\xFF").starts_with("is not valid UTF-8 from byte 1 on, 0xFF"));
    CHECK(trouble("1\xC3").starts_with("is not valid UTF-8 from byte 2 on, 0xC3"));
}

TEST_CASE("X9: packed and wide files are known by their first bytes") {
    // The signatures as RFC 1952, RFC 8878, the .xz, .zip, .7z and LZ4 frame formats and Unicode 3.10 have
    // them.
    const auto kind = [](const std::string& bytes) {
        const std::string text = packed_trouble(bytes).value_or("; ");
        return text.substr(0, text.find(';'));
    };
    CHECK(kind("\x1F\x8B\x08\0\0"s) == "is packed with gzip");
    CHECK(kind("\x1F\x9D\x90"s) == "is packed with compress");
    CHECK(kind("\x28\xB5\x2F\xFD\x04"s) == "is packed with zstd");
    CHECK(kind("\xFD\x37\x7A\x58\x5A\0\0"s) == "is packed with xz");
    CHECK(kind("BZh91AY&SY\x01"s) == "is packed with bzip2");
    CHECK(kind("\x04\x22\x4D\x18\x64"s) == "is packed with lz4");
    CHECK(kind("\x37\x7A\xBC\xAF\x27\x1C"s) == "is a 7z archive");
    CHECK(kind("PK\x03\x04\x14"s) == "is a zip archive, as spreadsheets are too");
    CHECK(kind("\xFF\xFE\x31\0"s) == "is UTF-16");
    CHECK(kind("\xFE\xFF\0\x31"s) == "is UTF-16");
    CHECK(kind("\xFF\xFE\0\0"s) == "is UTF-32");
    CHECK(kind("\0\0\xFE\xFF"s) == "is UTF-32");
    for (const char* text : {"", "83454800",
                             "\xEF\xBB\xBF"
                             "1",
                             "PK3", "BZh9", "7z", "{\"id\":\"1\"}"}) {
        CAPTURE(text);
        CHECK_FALSE(packed_trouble(text).has_value());
    }
}
