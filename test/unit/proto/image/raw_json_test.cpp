// What the raw scan hands out is JSON: held against the grammar's known corners and against Boost.JSON.
#include "proto/image/raw_image.hpp"
#include "support/json_oracle.hpp"

#include <doctest/doctest.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

using namespace getty::connect::proto;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view before = R"({"Images":[{"ImageId":"1","x":)";
constexpr std::string_view behind = R"(,"y":"z"}]})";

std::string inside_image(std::string_view value) {
    return std::string(before) + std::string(value) + std::string(behind);
}

std::optional<decode_failure> verdict(std::string_view body) {
    std::string_view object;
    return find_raw_image(body, "1", object);
}

/// Calls `check` with every text of up to `most` of the `pieces`.
template <class F>
void for_each_text(std::span<const std::string_view> pieces, std::size_t most, F&& check,
                   const std::string& start = {}) {
    check(start);
    if (most == 0) return;
    for (const std::string_view piece : pieces)
        for_each_text(pieces, most - 1, check, start + std::string(piece));
}

/// How many of the texts were JSON; each has Boost.JSON's verdict.
std::size_t accepted_with_boost(std::span<const std::string_view> pieces, std::size_t most,
                                std::string_view around_left, std::string_view around_right) {
    std::size_t accepted = 0;
    for_each_text(pieces, most, [&](const std::string& text) {
        const std::string body = inside_image(std::string(around_left) + text + std::string(around_right));
        const auto raw = verdict(body);
        if (!raw) ++accepted;
        if (!test::same_verdict(raw, body)) {
            FAIL_CHECK(body << ": " << (raw ? raw->describe() : "accepted"));
        }
    });
    return accepted;
}

// In the manner of JSONTestSuite's n_ files (https://github.com/nst/JSONTestSuite).
// clang-format off
constexpr auto not_json = std::to_array<std::string_view>({
    // arrays
    "[1 true]", "[a\xE5]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"",
    "[x", "[3[4]]", "[\xFF]", "[1:2]", "[,]", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]", "[1,,]", "[\"\x0B"
    "a\"\\f]", "[*]", "[\"\"", "[1,", "[1,\n1\n,1", "[{}", "[1\n2]", "[10\r\n24]", "[\"a\" \"b\"]", "[1\t\"a\"]",
    "[{}{}]", "[[][]]", "[null null]", "[]1", "[] []",
    // words
    "[fals]", "[nul]", "[tru]", "[True]", "[NULL]", "[nulll]", "[truefalse]", "[undefined]", "truth", "t", "n\0"sv,
    "nan", "abc", "[ false, nul", "[ true, fals", "*", "a\xC3\xA5",
    // numbers
    "123\0"sv, "[++1234]", "[+1]", "[+Inf]", "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]", "[0.1.2]",
    "[0.3e+]", "[0.3e]", "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]",
    "[1eE2]", "[2.e+3]", "[2.e-3]", "[2.e3]", "[9.e+]", "[Inf]", "[NaN]", "[\xEF\xBC\x91]", "[1+2]", "[0x1]",
    "[0x42]", "[Infinity]", "[0e+-1]", "[-123.123foo]", "[123\xE5]", "[1e1\xE5]", "[0\xE5]\n", "[-Infinity]",
    "[-foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]", "[1e\xE5]", "[1.]", "[.123]", "[1.2a-3]",
    "[1.8011670033376514H-308]", "[012]", "2@", "-", "00", "1_000", "1,000", "--1", "1e1.5", "1e1e1",
    // objects
    "[\"x\", truth]", "{[: \"x\"}\n", "{\"x\", null}", "{\"x\"::\"b\"}", "{\xF0\x9F\x87\xA8\xF0\x9F\x87\xAD}",
    "{\"a\":\"a\" 123}", "{key: 'value'}", "{\"\xB9\":\"0\",}", "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":",
    "{\"a\"", "{1:1}", "{9999E9999:1}", "{null:null,null:null}", "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}",
    "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}/**//", "{\"a\":\"b\"}//", "{\"a\":\"b\"}/", "{\"a\":\"b\",,\"c\":\"d\"}",
    "{a: \"b\"}", "{\"a\":\"a", "{ \"foo\" : \"bar\", \"a\" }", "{\"a\":\"b\"}#", "{true:1}", "{[]:1}", "{{}:1}",
    "{\"a\":1 \"b\":2}", "{\"a\":1:2}", "{,\"a\":1}", "{\"a\":}", "{\"a\"\n1}",
    // strings
    " ", "[\"\\uD800\\\"]", "[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]", "[\"\\uD800\\u1x\"]", "[\xC3\xA9]",
    "[\"\\\0\"]"sv, "[\"\\x00\"]", "[\"\\\\\\\"]", "[\"\\\t\"]", "[\"\\\xF0\x9F\x8C\x80\"]", "[\"\\\"]",
    "[\"\\u00A\"]", "[\"\\uD834\\uDd\"]", "[\"\\uD800\\uD800\\x\"]", "[\"\\u\xE5\"]", "[\"\\a\"]", "[\"\\uqqqq\"]",
    "[\"\\\xE5\"]", "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "[\"\\", "[\"a\0a\"]"sv,
    "[\"new\nline\"]", "[\"\t\"]", "\"\\UA66D\"", "\"\"x", "\"a\"\"b\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\'\"",
    "\"\\0\"", "\"\x1F\"", "\"\x7F\xFF\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xE2\x82\"",
    // structure
    "[\xE2\x81\xA0]", "\xEF\xBB\xBF", "<.>", "[<null>]", "[1]x", "[1]]", "[\"asd]", "1]", "{\"x\": true,", "[][]",
    "]", "\xEF\xBB{}", "\xE5", "[", "", "[\0]"sv, "{}}", "{\"\":", "{\"a\":/*comment*/\"b\"}",
    "{\"a\": true} \"x\"", "['", "[,", "[{", "[\"a", "[\"a\"", "{", "{]", "{,", "{[", "{\"a", "{'a'",
    "[\"\\{[\"\\{[\"\\{[\"\\{", "\xE9", "{\"a\":\"b\"}#{}", "[\\u000A\"\"]", "[1", "{\"asd\":\"asd\"", "\xC3\xA5",
    "[\x0C]", "[\xC2\xA0]", "[}", "{\"a\":[}", "[{]}", "}", ":", ",", "//", "#",
});
// clang-format on

// In the manner of its y_ files.
// clang-format off
constexpr auto is_json = std::to_array<std::string_view>({
    "[[]   ]", "[\"\"]", "[]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[null]", "[1\n]", " [1]",
    "[1,null,null,null,2]", "[2] ", "[123e65]", "[0e+1]", "[0e1]", "[ 4]",
    "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]", "[20e1]", "[-0]",
    "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]",
    "[123.456789]", "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\"}", "{\"a\":\"b\",\"a\":\"c\"}", "{}",
    "{\"\":0}", "{\"foo\\u0000bar\": 42}", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\"a\":[]}",
    "{\n\"a\": \"b\"\n}", "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]",
    "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]", "[\"\\\"\"]",
    "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]", "[\"\\\\n\"]", "[\"\\uDBFF\\uDFFF\"]", "[\"\xF4\x8F\xBF\xBF\"]",
    "[\"\xEF\xBF\xBF\"]", "[\"\\u0000\"]", "[\"\xE2\x80\xA8\"]", "\"\x7F\"", "\" \"", "\"\\uFFFE\"", "false", "42",
    "-0.1", "null", "\"asd\"", "true", "\t[\r\n]", "{\"a\"\t:\r1\n,\"b\" : 2}", "1e400", "-1E-99999",
    "123456789012345678901234567890", "0.0e-0",
});
// clang-format on

}  // namespace

TEST_CASE("X8: what is no JSON inside an image is refused, in the raw form too") {
    for (const std::string_view text : not_json) {
        CAPTURE(text);
        for (const std::string& body :
             {inside_image(text), inside_image("[1,{\"a\":" + std::string(text) + "}]"),
              "[{\"x\":" + std::string(text) + "}]", "[{\"ImageId\":\"1\"}," + std::string(text) + "]",
              "{\"z\":" + std::string(text) + ",\"Images\":[{}]}"}) {
            const auto raw = verdict(body);
            CHECK_MESSAGE(raw.has_value(), body);
            if (raw) CHECK(raw->offset <= body.size());
            CHECK(test::same_verdict(raw, body));
        }
    }
}

TEST_CASE("X8: what is JSON inside an image is handed out as it came") {
    for (const std::string_view text : is_json) {
        CAPTURE(text);
        const std::string body = inside_image(text);
        std::string_view object;
        const auto failure = find_raw_image(body, "1", object);
        CHECK_MESSAGE(!failure, (failure ? failure->describe() : ""));
        CHECK(object == body.substr(11, body.size() - 13));
    }
}

TEST_CASE("X8: the raw form is refused at the byte that cannot stand there, with what was expected") {
    const auto refused = [](std::string_view value, std::size_t offset, std::string_view detail,
                            decode_kind kind = decode_kind::not_json) {
        CAPTURE(value);
        const auto raw = verdict(inside_image(value));
        REQUIRE(raw.has_value());
        CHECK(raw->kind == kind);
        CHECK(raw->offset == before.size() + offset);
        CHECK(raw->detail == detail);
    };
    refused("[1 true]", 3, "expected a comma or the end of the array");
    refused("[1\n2]", 3, "expected a comma or the end of the array");
    refused("{\"a\":1 2}", 7, "expected a comma or the end of the object");
    refused("[NaN]", 1, "expected a value");
    refused("[1,]", 3, "expected a value");
    refused("[nul]", 1, "expected a value");
    refused("{1:1}", 1, "expected a key");
    refused("{\"a\":1,}", 7, "expected a key");
    refused("{\"a\" 1}", 5, "expected a colon");
    refused("[012]", 2, "digits behind a leading zero");
    refused("[-]", 2, "expected a digit");
    refused("[1.]", 3, "expected a digit");
    refused("[1.5e+]", 6, "expected a digit");
    refused("\"\\x\"", 2, "unknown escape");
    refused("\"\\u12\"", 5, "expected four hexadecimal digits");
    refused("\"a\nb\"", 2, "control character in a string");
    refused("\"a\xFF\"", 2, "", decode_kind::invalid_utf8);
    refused("\"a\\uD800b\"", 2, "an escape that is half of a surrogate pair", decode_kind::invalid_utf8);
    refused("\"\\uDC00\"", 1, "an escape that is half of a surrogate pair", decode_kind::invalid_utf8);
}

// Oracle of the next five: Boost.JSON's parser.
TEST_CASE("X8: tokens in any order are JSON to the raw scan exactly when they are to Boost.JSON") {
    constexpr auto pieces =
        std::to_array<std::string_view>({"{", "}", "[", "]", ",", ":", "\"a\"", "1", "true", " ", "\n"});
    CHECK(accepted_with_boost(pieces, 4, "", "") > 100);
    CHECK(accepted_with_boost(pieces, 4, "[", "]") > 100);
    CHECK(accepted_with_boost(pieces, 4, "{\"k\":", "}") > 100);
}

TEST_CASE("X8: numbers are numbers to the raw scan exactly when they are to Boost.JSON") {
    constexpr auto pieces = std::to_array<std::string_view>({"0", "1", "-", "+", ".", "e", "E"});
    CHECK(accepted_with_boost(pieces, 6, "", "") > 100);
}

TEST_CASE("X8: words are words to the raw scan exactly when they are to Boost.JSON") {
    constexpr auto pieces =
        std::to_array<std::string_view>({"t", "tru", "true", "fals", "e", "false", "n", "ull", "N"});
    CHECK(accepted_with_boost(pieces, 4, "[", "]") > 3);
}

TEST_CASE("X8: strings are strings to the raw scan exactly when they are to Boost.JSON") {
    constexpr auto escapes =
        std::to_array<std::string_view>({"\\", "u", "\"", "d83", "dc0", "0", "c", "\\ud83d", "\\udcf7", "n"});
    CHECK(accepted_with_boost(escapes, 4, "\"", "\"") > 100);
    constexpr auto bytes =
        std::to_array<std::string_view>({"\xC2", "\xE0", "\xED", "\xF0", "\xF4", "\x80", "\x8F", "\x90",
                                         "\xA0", "\xBF", "\xFF", "a", "\x1F"});
    CHECK(accepted_with_boost(bytes, 4, "\"", "\"") > 10);
}

TEST_CASE("X8: where a block of the scan ends makes no difference to what is JSON") {
    for (std::size_t length = 0; length < 140; ++length) {
        const std::string run(length, 'r');
        for (const std::string_view end :
             {"\"", "\\\"", "\\\\\"", "\\\\\\\"", "\\q\"", "\\u00e9\"", "\\u00e\"", "\\ud83d\\udcf7\"",
              "\\ud83d\"", "\n\"", "\xC3\xBC\"", "\xC3\"", "\xF0\x9F\x93\xB7\"", "\xF0\x9F\x93\"", "\"\"",
              "\" \"", "\",1 2,\"\"", "\\", "\xFF"}) {
            for (const std::string_view more : {"", ",\"b\"", ",\"\\\\\"", ",\"\x01\"", ",nul"}) {
                const std::string body =
                    inside_image("[\"" + run + std::string(end) + std::string(more) + "]");
                const auto raw = verdict(body);
                if (!test::same_verdict(raw, body)) {
                    FAIL_CHECK(body << ": " << (raw ? raw->describe() : "accepted"));
                }
            }
        }
    }
}

TEST_CASE(
    "X8: a body that is cut anywhere, or has one byte changed to any other, is JSON to both or to neither") {
    const std::string whole =
        "\xEF\xBB\xBF{ \"Images\" : [ "
        "{\"ImageId\":\"1\",\"a\":[1.5e3,\"\\u00fc\xC3\xBC\"],\r\n\t\"b\":{\"c\":null}} ] } \n";
    CHECK_FALSE(verdict(whole).has_value());
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const std::string_view end : {""sv, " "sv, "}"sv, "]"sv, "\0"sv}) {
            const std::string body = whole.substr(0, at) + std::string(end);
            CHECK(test::same_verdict(verdict(body), body));
        }
        for (int byte = 0; byte < 256; ++byte) {
            std::string body = whole;
            body[at] = static_cast<char>(byte);
            const auto raw = verdict(body);
            if (!test::same_verdict(raw, body)) {
                FAIL_CHECK(body << ": " << (raw ? raw->describe() : "accepted"));
            }
        }
    }
}
