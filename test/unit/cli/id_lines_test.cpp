#include "cli/id_lines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace getty::connect::cli;
using namespace std::string_literals;

namespace {

// Everything that `text` yields when it arrives in pieces of `piece` bytes: ids as they are, troubles as
// "!line: ...".
std::vector<std::string> read_all(std::string_view text, std::size_t piece) {
    id_lines lines;
    std::vector<std::string> found;
    for (;;) {
        while (const std::optional<id_line> one = lines.next()) {
            CHECK(one->id.empty() != one->trouble.empty());
            found.push_back(one->trouble.empty() ? std::to_string(one->number) + "=" + one->id
                                                 : "!" + one->trouble);
        }
        if (text.empty()) {
            lines.finish();
            while (const std::optional<id_line> one = lines.next()) {
                found.push_back(one->trouble.empty() ? std::to_string(one->number) + "=" + one->id
                                                     : "!" + one->trouble);
            }
            return found;
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
                   "1\r\n \t2 \t\r\n3 4\r") == found{"1=1", "2=2", "3=3 4"});
    CHECK(one_line("\xEF\xBB\xBF\n1") == found{"2=1"});
}

TEST_CASE("id lines: a byte order mark counts at the very start only") {
    CHECK(one_line("1\n\xEF\xBB\xBF"
                   "2") == found{"1=1",
                                 "2=\xEF\xBB\xBF"
                                 "2"});
}

TEST_CASE("id lines: the tool's own output is input again") {
    CHECK(one_line(R"({"id":"83454800","error":{"code":"timeout","attempts":3}})") == found{"1=83454800"});
    CHECK(one_line(R"({"id":"1","image":{"ImageId":"2"}})") == found{"1=1"});
    CHECK(one_line(R"({"Artist":"x","ImageId":"200261415-001"})") == found{"1=200261415-001"});
    CHECK(one_line(" {\"ImageId\":\"a\\u00fc\"} \r\n") == found{"1=a\xC3\xBC"});
}

TEST_CASE("id lines: an object that names no id fails with its line and the reason") {
    CHECK(one_line("\n{\"id\":83454800}") ==
          found{"!line 2: its \"id\" is no string; write the id in quotes"});
    CHECK(one_line(R"({"id":null,"line":7})") ==
          found{"!line 1: its \"id\" is no string; write the id in quotes"});
    CHECK(one_line(R"({"id":""})") == found{"!line 1: its \"id\" is empty"});
    CHECK(one_line(R"({"Id":"1"})") == found{"!line 1: its JSON object has neither \"id\" nor \"ImageId\""});
    for (const char* broken : {"{", "{\"id\":\"1\"", "{\"id\":\"1\"} x", "{'id':'1'}",
                               "{\"id\":\"1\"}{\"id\":\"2\"}", "{\"id\":\"\\ud800\"}"}) {
        CAPTURE(broken);
        const found lines = one_line(broken);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].starts_with("!line 1: it begins with '{' but is no JSON object: "));
    }
    CHECK(one_line(std::string(10'000, '{')).at(0).starts_with("!line 1: it begins with '{'"));
    CHECK(one_line("{\"a\":" + std::string(10'000, '[')).at(0).starts_with("!line 1: it begins with '{'"));
}

TEST_CASE("id lines: a line that is no UTF-8 fails, the lines around it do not") {
    CHECK(one_line("1\na\xFFz\n3\n") == found{"1=1", "!line 2: it is not valid UTF-8", "3=3"});
    CHECK(one_line("\xFF\xFE"
                   "1\0\n\0"s)
              .at(0) == "!line 1: it is UTF-16; convert the file with: iconv -f UTF-16 -t UTF-8");
}

TEST_CASE(
    "id lines: a line of the greatest length is read, one byte more fails once, and the next line is read") {
    const std::string longest(id_lines::max_line_bytes, 'x');
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{4096}, std::size_t{65'536}, std::size_t{1'000'000}}) {
        CAPTURE(piece);
        CHECK(read_all(longest + "\n2\n", piece) == found{"1=" + longest, "2=2"});
        CHECK(read_all(longest, piece) == found{"1=" + longest});
        const std::string failed = "!line 1: it is longer than 65536 bytes";
        CHECK(read_all(longest + "x\n2\n", piece) == found{failed, "2=2"});
        CHECK(read_all(longest + "x", piece) == found{failed});
        CHECK(read_all(longest + longest + longest + "\n2\n", piece) == found{failed, "2=2"});
        CHECK(read_all(longest + longest + longest, piece) == found{failed});
        CHECK(read_all("\xEF\xBB\xBF#" + longest + "\n2\n", piece) == found{"2=2"});
        CHECK(read_all("1\n" + longest + "x\n\n4", piece) ==
              found{"1=1", "!line 2: it is longer than 65536 bytes", "4=4"});
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
        std::string text;
        std::size_t expected = 0;
        for (int line = 0; line < 20; ++line) {
            std::string one;
            for (std::size_t i = random() % 12; i > 0; --i) {
                const char c = static_cast<char>(random() % 256);
                if (c != '\n') one += c;
            }
            std::string_view rest = one;
            if (line == 0 && rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
            const std::size_t first = rest.find_first_not_of(" \t\r");
            if (first != std::string_view::npos && rest[first] != '#') ++expected;
            text += one + "\n";
        }
        CHECK(one_line(text).size() == expected);
    }
}
