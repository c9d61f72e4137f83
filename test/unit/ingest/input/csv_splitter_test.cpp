#include "ingest/input/csv_splitter.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;

namespace {

using row = std::vector<std::string>;

struct split {
    std::vector<row> rows;             // a trouble is a row of one field, "!…"
    std::vector<std::uint64_t> lines;  // on which they begin
    std::vector<std::uint64_t> ends;   // behind which byte
    friend bool operator==(const split&, const split&) = default;
};

split read(std::string_view bytes, const std::function<std::size_t()>& next_piece, std::size_t limit = 100) {
    csv_splitter splitter(',', limit);
    split all;
    const auto take = [&] {
        csv_splitter::state now = splitter.next();
        for (; now == csv_splitter::state::record; now = splitter.next()) {
            const csv_record& one = splitter.current();
            all.rows.emplace_back(one.fields.begin(), one.fields.end());
            if (!one.trouble.empty()) all.rows.back() = {"!" + std::string(one.trouble)};
            all.lines.push_back(one.line);
            all.ends.push_back(one.end_byte);
        }
        return now;
    };
    while (!bytes.empty()) {
        CHECK(take() == csv_splitter::state::more);
        const auto room = splitter.room();
        const std::size_t count = std::min({bytes.size(), room.size(), next_piece()});
        std::copy_n(bytes.data(), count, room.data());
        splitter.filled(count);
        bytes.remove_prefix(count);
    }
    splitter.finish();
    CHECK(take() == csv_splitter::state::end);
    return all;
}

split read(std::string_view bytes, std::size_t limit = 100) {
    return read(bytes, [] { return static_cast<std::size_t>(-1); }, limit);
}

const std::string behind_quote = "!it has text behind a closing quote; double the quotes inside a field";

}  // namespace

TEST_CASE("J1: records of RFC 4180, with its quotes, line ends and blank fields") {
    struct {
        std::string_view bytes;
        std::vector<row> rows;
    } const cases[] = {
        {"a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
        {"a,b\r\nc,d", {{"a", "b"}, {"c", "d"}}},
        {"\"a\",\"b,c\"\n", {{"a", "b,c"}}},
        {"\"a\r\nb\",c\n", {{"a\r\nb", "c"}}},
        {"\"say \"\"x\"\"\",2\r\n", {{"say \"x\"", "2"}}},
        {",\n,,\n", {{"", ""}, {"", "", ""}}},
        {"\"\"\n", {{""}}},
        {"\"\",\"\"\r\n", {{"", ""}}},
        {"\xEF\xBB\xBFid\n1\n", {{"id"}, {"1"}}},
        {"a\n\n\r\nb\n", {{"a"}, {"b"}}},
        {"5\" disk,\"5\"\" disk\"\n", {{"5\" disk", "5\" disk"}}},
        {"a\rb,c\r\r\n", {{"a\rb", "c\r"}}},
        {"", {}},
        {"\n\r\n", {}},
        {"\xEF\xBB\xBF", {}},
        {"a,\"b\"", {{"a", "b"}}},
        {"a,\"b\"\r", {{"a", "b"}}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.bytes);
        CHECK(read(one.bytes).rows == one.rows);
    }
}

TEST_CASE("J1: what is no record is told with its line, and the next one is read") {
    CHECK(read("a\n\"b\"c,d\ne\n").rows == std::vector<row>{{"a"}, {behind_quote}, {"e"}});
    CHECK(read("\"a\"\r\"b\ne\n").rows == std::vector<row>{{behind_quote}, {"e"}});
    const split open = read("a\n1,\"b\nc\n2,d\n");
    CHECK(open.rows == std::vector<row>{{"a"}, {"!it opens a quote that nothing closes"}, {"c"}, {"2", "d"}});
    CHECK(open.lines == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(open.ends == std::vector<std::uint64_t>{2, 7, 9, 13});
}

TEST_CASE("J1: a record beyond the limit costs itself alone, and a quote in it no other record") {
    const std::string long_line(300, 'x');
    CHECK(read("a\n" + long_line + "\nb\n").rows ==
          std::vector<row>{{"a"}, {"!it is longer than the limit of a record"}, {"b"}});
    CHECK(read("a\n" + long_line).rows ==
          std::vector<row>{{"a"}, {"!it is longer than the limit of a record"}});
    std::string bytes = "a\n\"open\n";
    for (int i = 0; i < 60; ++i) bytes += std::to_string(100 + i) + "\n";
    const split all = read(bytes);
    REQUIRE(all.rows.size() == 62);
    CHECK(all.rows[1] == row{"!it opens a quote that nothing closes"});
    CHECK(all.rows[2] == row{"100"});
    CHECK(all.rows[61] == row{"159"});
    CHECK(all.lines[61] == 62);
    // At the limit, and one beyond.
    CHECK(read(std::string(99, 'x') + "\n").rows == std::vector<row>{{std::string(99, 'x')}});
    CHECK(read(std::string(101, 'x') + "\n").rows.front().front().front() == '!');
}

TEST_CASE("J1: what was written by the rules is read back, whatever the pieces") {
    const auto random = core::seeded_random(7);
    const std::string alphabet = "ab,\"\n\r ";
    for (int round = 0; round < 400; ++round) {
        std::vector<row> rows;
        std::string bytes;
        std::vector<std::uint64_t> lines;
        std::vector<std::uint64_t> ends;
        std::uint64_t line = 1;
        for (std::size_t r = random->next() % 5; r > 0; --r) {
            lines.push_back(line);
            row& fields = rows.emplace_back();
            for (std::size_t f = 1 + random->next() % 4; f > 0; --f) {
                std::string& text = fields.emplace_back();
                for (std::size_t n = random->next() % 6; n > 0; --n)
                    text += alphabet[random->next() % alphabet.size()];
                if (fields.size() > 1) bytes += ',';
                bytes += '"';
                for (const char c : text) bytes += c == '"' ? std::string("\"\"") : std::string(1, c);
                bytes += '"';
                line += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
            }
            bytes += random->next() % 2 == 0 ? "\n" : "\r\n";
            ends.push_back(bytes.size());
            ++line;
        }
        const split whole = read(bytes);
        CAPTURE(bytes);
        REQUIRE(whole.rows == rows);
        REQUIRE(whole.lines == lines);
        REQUIRE(whole.ends == ends);
        REQUIRE(read(bytes, [] { return std::size_t{1}; }) == whole);
        REQUIRE(read(bytes, [&] { return 1 + random->next() % 5; }) == whole);
    }
}

TEST_CASE("J1: any bytes are read the same in any pieces, and each line end ends something") {
    const auto random = core::seeded_random(8);
    const std::string alphabet = "a,\"\n\r";
    for (int round = 0; round < 3000; ++round) {
        std::string bytes;
        for (std::size_t n = random->next() % 30; n > 0; --n)
            bytes += alphabet[random->next() % alphabet.size()];
        CAPTURE(bytes);
        const split whole = read(bytes, 12);
        REQUIRE(read(bytes, [] { return std::size_t{1}; }, 12) == whole);
        REQUIRE(read(bytes, [&] { return 1 + random->next() % 4; }, 12) == whole);
        REQUIRE(std::ranges::is_sorted(whole.lines));
        REQUIRE(std::ranges::is_sorted(whole.ends));
    }
}
