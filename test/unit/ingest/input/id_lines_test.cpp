#include "ingest/input/id_lines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace getty::connect::ingest;
using namespace std::string_literals;

namespace {

// What one line became: "NUMBER=id" or "!NUMBER: trouble".
std::string shown(const id_line& one) {
    const std::string number = std::to_string(one.number);
    return one.trouble.empty() ? number + "=" + one.id : "!" + number + ": " + one.trouble;
}

// Everything that `text` yields when it arrives in pieces of `piece` bytes; what is wrong as a whole as
// "!!why".
std::vector<std::string> read_all(std::string_view text, std::size_t piece) {
    id_lines lines;
    std::vector<std::string> found;
    bool ended = false;
    for (;;) {
        while (const std::optional<id_line> one = lines.next()) {
            CHECK(one->id.empty() != one->trouble.empty());
            found.push_back(shown(*one));
        }
        if (!lines.wrong().empty()) {
            CHECK_FALSE(lines.next().has_value());
            found.push_back("!!" + lines.wrong());
            return found;
        }
        if (text.empty()) {
            if (ended) return found;
            ended = true;
            lines.finish();
            continue;
        }
        const std::span<char> room = lines.room();
        if (room.empty()) throw std::logic_error("no room though more bytes are needed");
        const std::size_t count = std::min({room.size(), piece, text.size()});
        std::memcpy(room.data(), text.data(), count);
        lines.filled(count);
        text.remove_prefix(count);
    }
}

using found = std::vector<std::string>;

found one_line(std::string_view text) { return read_all(text, text.size()); }

}  // namespace

TEST_CASE("id lines: one id a line, with the number of its line") {
    CHECK(one_line("83454800\n200261415-001\n") == found{"1=83454800", "2=200261415-001"});
}

TEST_CASE("id lines: the last line needs no line end") {
    CHECK(one_line("1\n2") == found{"1=1", "2=2"});
    CHECK(one_line("1") == found{"1=1"});
    CHECK(one_line("") == found{});
}

TEST_CASE("id lines: blank lines and comments are skipped but counted") {
    CHECK(one_line("# head\n\n  \t \n1\n\r\n   # more\n2\n") == found{"4=1", "7=2"});
}

TEST_CASE("id lines: CRLF, blanks around an id and a byte order mark are dropped") {
    CHECK(one_line("\xEF\xBB\xBF"
                   "1\r\n \t2 \t\r\n3\r") == found{"1=1", "2=2", "3=3"});
    CHECK(one_line("\xEF\xBB\xBF\n1") == found{"2=1"});
}

TEST_CASE("X9: a byte order mark in the middle of a file is named") {
    CHECK(one_line("1\n\xEF\xBB\xBF"
                   "2\n3") ==
          found{"1=1",
                "!2: it holds U+FEFF, a byte order mark, as character 1; remove what is not part of the id",
                "3=3"});
}

TEST_CASE("X9: a line that cannot be an id is one trouble in its place, in JSON too") {
    CHECK(one_line("1\n\"2\",\n3\n") ==
          found{"1=1", "!2: it ends with a comma; write one id a line and nothing else", "3=3"});
    CHECK(one_line("{\"id\":\"1,2\"}\n3") == found{"!1: its \"id\" holds a comma; write one id a line and "
                                                   "nothing else (of CSV, the column of the ids "
                                                   "alone)",
                                                   "2=3"});
    CHECK(one_line(R"({"ImageId":"1\u200b"})").at(0).starts_with("!1: its \"ImageId\" holds U+200B"));
    CHECK(one_line("1\n2\r3\n").at(1).starts_with("!2: it holds U+000D, a carriage return, as character 2"));
}

TEST_CASE("X9: a comment does not swallow what stands behind a CR alone") {
    CHECK(one_line("1\n# note\r2\n3\n") ==
          found{"1=1", "!2: it is a comment that holds U+000D, a carriage return; end it with LF", "3=3"});
    CHECK(one_line("# note\r1\r2\r") ==
          found{"!!its lines end with CR alone; convert it with: tr '\\r' '\\n'"});
    CHECK(one_line("# note \r\r\n1\n") == found{"2=1"});
}

TEST_CASE("X9: a file that is wrong as a whole says what it is and how to mend it, however it is cut") {
    const std::string cr = "!!its lines end with CR alone; convert it with: tr '\\r' '\\n'";
    const std::string endless = "!!it begins with a line of more than 65,536 bytes; write one id a line";
    const std::string zeros = "!!it holds NUL (U+0000): binary data, not text with one id a line";
    const std::string wide =
        "!!it holds NUL (U+0000) and looks like UTF-16 without a byte order mark; convert it with: "
        "iconv -f UTF-16";
    std::string list;
    for (int i = 0; i < 10'000; ++i) list += std::to_string(83'454'800 + i) + ",";
    const std::pair<std::string, found> table[] = {
        {"1\r2\r3\r", {cr}},
        {"\n \n1\r2\n3", {cr}},
        {"\xEF\xBB\xBF"
         "1\r2",
         {cr}},
        {"1\n2\r3",
         {"1=1",
          "!2: it holds U+000D, a carriage return, as character 2; remove what is not part of the id"}},
        {"\xFF\xFE"
         "1\0\n\0"s,
         {"!!it is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"}},
        {"\xFE\xFF\0"
         "1\0\n"s,
         {"!!it is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"}},
        {"1\0"
         "2\0\n\0"
         "3\0\n\0"s,
         {wide + "LE -t UTF-8"}},
        {"\0"
         "1\0"
         "2\0\n"s,
         {wide + "BE -t UTF-8"}},
        {"\x1F\x8B\x08\0\0"s, {"!!it is packed with gzip; unpack it with: gzip -dc"}},
        {"1\nab\0"
         "c\n2\n"s,
         {"1=1", zeros}},
        {"# \0\n1"s, {zeros}},
        {std::string(70'000, '\0'), {zeros}},
        {std::string(70'000, '8'), {endless}},
        {"# ids\n\n" + list,
         {endless + "; it looks like a list with commas, which this turns into lines: tr ',' '\\n'"}},
        {"[" + list + "1]",
         {endless + "; it looks like a JSON array, which this turns into lines: jq -r '.[]'"}},
        {"#" + std::string(70'000, '\r') + "\n1", {"2=1"}},
        {"1\n" + list + "\n2", {"1=1", "!2: it is longer than 65,536 bytes", "3=2"}},
        {"{\"x\":\"" + list + "\n2", {"!1: it is longer than 65,536 bytes", "2=2"}},
    };
    for (const auto& [text, wanted] : table) {
        CAPTURE(text.substr(0, 40));
        for (const std::size_t piece :
             {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{4096}, text.size()}) {
            CHECK(read_all(text, piece) == wanted);
        }
    }
}

TEST_CASE("X9: beyond the head of a file a NUL is a bad line as any other") {
    std::string head;
    while (head.size() < id_lines::head_bytes) head += "8\n";
    const std::string rest = "a\0b\n7\n"s;
    const found lines = one_line(head + rest);
    const std::size_t good = head.size() / 2;
    REQUIRE(lines.size() == good + 2);
    CHECK(lines[good] == "!" + std::to_string(good + 1) +
                             ": it holds U+0000, NUL, as character 2; remove what is not part of the id");
    CHECK(lines[good + 1] == std::to_string(good + 2) + "=7");
    // One that ends beyond it counts as beyond.
    CHECK(one_line(head.substr(2) + rest).back() == std::to_string(good + 1) + "=7");
    CHECK(one_line(head.substr(4) + rest).back().starts_with("!!it holds NUL"));
}

TEST_CASE("id lines: the tool's own output is input again") {
    CHECK(one_line(R"({"id":"83454800","error":{"code":"timeout","attempts":3}})") == found{"1=83454800"});
    CHECK(one_line(R"({"id":"1","image":{"ImageId":"2"}})") == found{"1=1"});
    CHECK(one_line(R"({"Artist":"x","ImageId":"200261415-001"})") == found{"1=200261415-001"});
    CHECK(one_line("{\"id\":83454800}") == found{"1=83454800"});
    CHECK(one_line("{\"id\":18446744073709551615}") == found{"1=18446744073709551615"});
    CHECK(one_line(" {\"ImageId\":\"a\\u00fc\"} \r\n") == found{"1=a\xC3\xBC"});
}

TEST_CASE("id lines: an object that names no id fails with its line and the reason") {
    CHECK(one_line(R"({"id":null,"line":7})") ==
          found{"!1: its \"id\" is neither a string nor a whole number; write the id in quotes"});
    for (const char* number : {"-1", "1.0", "1e3", "18446744073709551616"}) {
        CHECK(
            one_line("\n{\"id\":" + std::string(number) + "}") ==
            found{"!2: its \"id\" is a number that is not whole, or beyond 64 bits; write the id in quotes"});
    }
    CHECK(one_line(R"({"id":""})") == found{"!1: its \"id\" is empty"});
    CHECK(one_line(R"({"Id":"1"})") == found{"!1: its JSON object has neither \"id\" nor \"ImageId\""});
    for (const char* broken : {"{", "{\"id\":\"1\"", "{\"id\":\"1\"} x", "{'id':'1'}",
                               "{\"id\":\"1\"}{\"id\":\"2\"}", "{\"id\":\"\\ud800\"}"}) {
        CAPTURE(broken);
        const found lines = one_line(broken);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].starts_with("!1: it begins with '{' but is no JSON object: "));
    }
    CHECK(one_line(std::string(10'000, '{')).at(0).starts_with("!1: it begins with '{'"));
    CHECK(one_line("{\"a\":" + std::string(10'000, '[')).at(0).starts_with("!1: it begins with '{'"));
}

TEST_CASE("id lines: a line that is no UTF-8 fails, the lines around it do not") {
    const found lines = one_line("1\na\xFFz\n3\n");
    REQUIRE(lines.size() == 3);
    CHECK(lines[1].starts_with("!2: it is not valid UTF-8 from byte 2 on, 0xFF; "));
    CHECK(lines[2] == "3=3");
}

TEST_CASE(
    "id lines: a line of the greatest length is read, one byte more fails once, and the next line is read") {
    const std::string longest(id_lines::max_line_bytes, 'x');
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{4096}, std::size_t{65'536}, std::size_t{1'000'000}}) {
        CAPTURE(piece);
        CHECK(read_all(longest + "\n2\n", piece) == found{"1=" + longest, "2=2"});
        CHECK(read_all(longest, piece) == found{"1=" + longest});
        const std::string failed = "!2: it is longer than 65,536 bytes";
        CHECK(read_all("1\n" + longest + "x\n2\n", piece) == found{"1=1", failed, "3=2"});
        CHECK(read_all("1\n" + longest + "x", piece) == found{"1=1", failed});
        CHECK(read_all("1\n" + longest + longest + longest + "\n2\n", piece) == found{"1=1", failed, "3=2"});
        CHECK(read_all("1\n" + longest + longest + longest, piece) == found{"1=1", failed});
        CHECK(read_all("\xEF\xBB\xBF#" + longest + "\n2\n", piece) == found{"2=2"});
        CHECK(read_all("1\n" + longest + "x\n\n4", piece) ==
              found{"1=1", "!2: it is longer than 65,536 bytes", "4=4"});
        CHECK(read_all("#" + longest + longest + "\n2\n", piece) == found{"2=2"});
    }
}

TEST_CASE("id lines: however the bytes are cut, the same lines come out") {
    std::mt19937 random(4711);
    const std::vector<std::string> kinds = {"83454800\n",
                                            "\r\n",
                                            "# c\n",
                                            "{\"id\":\"a\"}\r\n",
                                            "a\xFF\n",
                                            " x \n",
                                            "\xE6\x9D\xB1\n",
                                            "{\n",
                                            std::string(70'000, 'y') + "\n",
                                            "\n"};
    for (int round = 0; round < 20; ++round) {
        std::string text;
        for (int i = 0; i < 30; ++i) text += kinds[random() % kinds.size()];
        const found whole = read_all(text, text.size());
        for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U, 65'535U})
            CHECK(read_all(text, piece) == whole);
    }
}

TEST_CASE("id lines: random bytes yield one result for every line that is neither blank nor a comment") {
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        std::string text = "1\n";
        std::size_t expected = 1;
        for (int line = 0; line < 20; ++line) {
            std::string one;
            for (std::size_t i = random() % 12; i > 0; --i) {
                const char c = static_cast<char>(random() % 256);
                // Without what makes a file wrong as a whole, or a comment a line.
                if (c != '\n' && c != '\r' && c != '\0') one += c;
            }
            const std::size_t first = one.find_first_not_of(" \t");
            if (first != std::string::npos && one[first] != '#') ++expected;
            text += one + "\n";
        }
        CHECK(one_line(text).size() == expected);
    }
}
