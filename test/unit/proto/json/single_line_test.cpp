#include <getty/connect/outcome.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using getty::connect::append_single_line;

namespace {

std::string single_line(std::string_view text) {
    std::string out = "before ";
    append_single_line(out, text);
    return out.substr(7);
}

/// What stands between white space, structure and quotes, and these; a string is one token. For any text.
std::vector<std::string> tokens(std::string_view text) {
    constexpr std::string_view white = " \t\r\n";
    constexpr std::string_view alone = "{}[],:";
    std::vector<std::string> found;
    bool joins = false;  // the next byte goes on with the last token
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '"') {
            std::size_t end = at + 1;
            while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
            end = std::min(end + 1, text.size());
            found.emplace_back(text.substr(at, end - at));
            at = end;
            joins = false;
            continue;
        }
        ++at;
        if (white.find(c) != white.npos) {
            joins = false;
        } else if (alone.find(c) != alone.npos || !joins) {
            found.emplace_back(1, c);
            joins = alone.find(c) == alone.npos;
        } else {
            found.back() += c;
        }
    }
    return found;
}

bool breaks_between_tokens(std::string_view text) {
    for (const std::string& token : tokens(text)) {
        if (token.front() == '"') continue;
        if (token.find_first_of("\r\n\t") != token.npos) return true;
    }
    std::size_t breaks = 0;
    for (const char c : text) breaks += c == '\n' || c == '\r' || c == '\t' ? 1 : 0;
    for (const std::string& token : tokens(text)) {
        for (const char c : token) breaks -= c == '\n' || c == '\r' || c == '\t' ? 1 : 0;
    }
    return breaks != 0;
}

template <class F>
void for_each_text(std::string_view alphabet, std::size_t most, F&& check, const std::string& start = {}) {
    check(start);
    if (most == 0) return;
    for (const char c : alphabet) for_each_text(alphabet, most - 1, check, start + c);
}

}  // namespace

TEST_CASE("single line: line breaks and tabs between tokens go, with the blanks around them") {
    CHECK(single_line(R"({"a": 1, "b": "x y"})") == R"({"a": 1, "b": "x y"})");
    CHECK(single_line("{\r\n  \"a\": [\n\t1,\n\t2\n  ],\t\"b\" : \"x  y\"\n}") ==
          R"({"a": [1,2],"b" : "x  y"})");
    CHECK(single_line("") == "");
    CHECK(single_line("{}") == "{}");
    CHECK(single_line("{\n}") == "{}");
    CHECK(single_line("\n{}\t") == "{}");
}

TEST_CASE("single line: strings stay untouched, whatever they hold") {
    CHECK(single_line("{\n\"a\":\"\\n \\\" { \\\\\"\n,\"\\t\"\t:\"\xC3\xBC  \"}") ==
          "{\"a\":\"\\n \\\" { \\\\\",\"\\t\":\"\xC3\xBC  \"}");
    const std::string blanks = std::string(40, ' ') + "\\\"" + std::string(40, ' ');
    CHECK(single_line("{\n\"a\":\"" + blanks + "\"}") == "{\"a\":\"" + blanks + "\"}");
    // a quote that is escaped ends no string: the tab is inside, where it is no JSON, and not ours to drop
    CHECK(single_line("\"a\\\"\tb\"\n") == "\"a\\\"\tb\"");
    CHECK(single_line("\n\"\\") == "\"\\");
}

TEST_CASE("X8: no two tokens become one, in text that is no JSON either") {
    CHECK(single_line("{\"EventIds\":[1\n2],\"x\":10\r\n24}") == R"({"EventIds":[1 2],"x":10 24})");
    CHECK(single_line("[tru\ne,nul\t\tl,-\n1,1\n.5,1\t e5,\xC3\n\xBC]") ==
          "[tru e,nul l,- 1,1 .5,1 e5,\xC3 \xBC]");
    // Reference: a plain reader of tokens, over every short text of these characters.
    for_each_text("1e\"\\[, \n\t", 6, [](const std::string& text) {
        const std::string line = single_line(text);
        if (tokens(line) != tokens(text)) FAIL_CHECK("\"" << text << "\" became \"" << line << "\"");
        if (breaks_between_tokens(line)) FAIL_CHECK("\"" << text << "\" is more than a line");
    });
}

TEST_CASE("X8: a document on a single line says what it said before") {
    // Oracle: Boost.JSON's parser.
    const std::string text =
        "{\r\n\t\"a\" :\t[ 1 ,\n2.5e3,\ntrue,\r\n\tnull ],\n\"b\\n\":\"x\\ty \\\\\",\n\n\"c\":{\n}\n}\n";
    const std::string line = single_line(text);
    CHECK(line.find_first_of("\r\n\t") == line.npos);
    CHECK(boost::json::parse(line) == boost::json::parse(text));
}
