// X1, X2: chunks, their extensions and trailers, by RFC 9112 7.1.
#include "proto/http/chunk_scanner.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace getty::connect::proto;
using state = chunk_scanner::state;

namespace {

constexpr chunk_scanner::limits plenty{
    .max_framing_bytes = 1000, .max_trailer_fields = 10, .max_body_bytes = 1000};

struct seen {
    state end = state::going_on;
    std::string body;
    std::string violation;
    bool in_trailer = false;
    std::size_t taken = 0;

    bool operator==(const seen&) const = default;
};

/// In pieces of `step` bytes.
seen scan(std::string_view bytes, std::size_t step, chunk_scanner::limits limits = plenty) {
    chunk_scanner scanner(limits);
    seen s;
    for (std::size_t at = 0; at < bytes.size() && scanner.now() == state::going_on; at += step) {
        std::string_view piece = bytes.substr(at, step);
        while (!piece.empty() && scanner.now() == state::going_on) {
            const auto found = scanner.next(piece);
            REQUIRE(found.framing + found.data <= piece.size());
            s.body += piece.substr(found.framing, found.data);
            s.taken += found.framing + found.data;
            piece.remove_prefix(found.framing + found.data);
        }
    }
    s.end = scanner.now();
    s.violation = scanner.violation();
    s.in_trailer = scanner.in_trailer();
    return s;
}

seen scan(std::string_view bytes, chunk_scanner::limits limits = plenty) {
    const seen whole = scan(bytes, bytes.size() + 1, limits);
    for (std::size_t step = 1; step <= bytes.size() && step < 9; ++step)
        CHECK(scan(bytes, step, limits) == whole);
    return whole;
}

/// The grammar as the RFC has it (erratum 4667 included), for a line without its end.
const std::regex& chunk_line() {
    static const std::regex line([] {
        const std::string token = "[-!#$%&'*+.^_`|~0-9A-Za-z]+";
        const std::string blanks = "[ \\t]*";
        const std::string quoted =
            "\"([\\t \\x21\\x23-\\x5B\\x5D-\\x7E\\x80-\\xFF]|\\\\[\\t \\x21-\\x7E\\x80-\\xFF])*\"";
        return "[0-9A-Fa-f]+(" + blanks + ";" + blanks + token + "(" + blanks + "=" + blanks + "(" + token +
               "|" + quoted + "))?)*";
    }());
    return line;
}
const std::regex& trailer_line() {
    static const std::regex line("[-!#$%&'*+.^_`|~0-9A-Za-z]+:[\\t \\x21-\\x7E\\x80-\\xFF]*");
    return line;
}

/// Calls `f` with each text of up to `most` bytes of `alphabet`.
template <class F>
void each_text(std::string_view alphabet, std::size_t most, F f) {
    std::vector<std::string> of_one_size{""};
    for (std::size_t size = 0;; ++size) {
        for (const std::string& text : of_one_size) f(text);
        if (size == most) return;
        std::vector<std::string> longer;
        for (const std::string& text : of_one_size) {
            for (const char c : alphabet) longer.push_back(text + c);
        }
        of_one_size = std::move(longer);
    }
}

}  // namespace

TEST_CASE("X1: a chunk's line is one of the RFC's grammar, or is refused, for every line of few bytes") {
    std::size_t good = 0;
    each_text("1f;=\"\\ x\r\n\x01", 4, [&](const std::string& text) {
        for (const std::string& before : {std::string(), std::string("1;x="), std::string("1;x=\"")}) {
            const std::string line = before + text;
            if (line.find("\r\n") != std::string::npos) continue;  // more than a line
            const bool expected = std::regex_match(line, chunk_line());
            good += expected ? 1U : 0U;
            CHECK_MESSAGE((scan(line + "\r\n", 3).end != state::malformed) == expected, line);
        }
    });
    CHECK(good > 500);
}

TEST_CASE("X1: a trailer is a field of the RFC's grammar, or is refused, for every trailer of few bytes") {
    std::size_t good = 0;
    each_text(": aZ-\t\"\r\n\x01\x7F\xE9", 5, [&](const std::string& line) {
        if (line.find("\r\n") != std::string::npos) return;  // more than a line
        const bool expected = line.empty() || std::regex_match(line, trailer_line());
        good += expected ? 1U : 0U;
        const seen s = scan("0\r\n" + line + (line.empty() ? "\r\n" : "\r\n\r\n"), 2);
        CHECK_MESSAGE((s.end == state::done) == expected, line);
    });
    CHECK(good > 1000);
}

TEST_CASE("X1: what is wrong with a chunked body is said in the same words in whatever pieces it comes") {
    constexpr std::string_view bad_extension = "a chunk extension that is neither a name nor name=value";
    constexpr std::string_view open_quote = "a chunk extension whose quote does not end";
    constexpr std::string_view no_size = "a chunk size that is not a hexadecimal number";
    constexpr std::string_view no_line_end = "a chunk's line that does not end in CR LF";
    constexpr std::string_view longer = "a chunk whose data does not end where its size says";
    constexpr std::string_view folded = "a field folded over several lines";
    const struct {
        std::string bytes;
        std::string_view why;
        bool in_trailer = false;
    } rows[] = {
        {"x\r\n", no_size},
        {"\r\n", no_size},
        {"-1\r\n", no_size},
        {" 5\r\n", no_size},
        {"0x5\r\n", no_size},
        {"5:\r\n", no_size},
        {"10000000000000000\r\n", "a chunk size of 2^64 or more"},
        {"5 \r\n", bad_extension},
        {"5;\r\n", bad_extension},
        {"5;a=\r\n", bad_extension},
        {"5;a=b c\r\n", bad_extension},
        {"5;a=\"b\"c\r\n", bad_extension},
        {"5;a=\"\x01\"\r\n", bad_extension},
        {"5;a=\"b\r\nhello\r\n0;q=\"\r\n\r\n", open_quote},
        {"5;a=\"b\\\r\n", open_quote},
        {"5;a=\"b\n", open_quote},
        {"5\nhello", no_line_end},
        {"5\rhello", no_line_end},
        {"5;a\n", no_line_end},
        {"2\r\nhello\r\n", longer},
        {"2\r\nhe\n0\r\n\r\n", longer},
        {"2\r\nhe\r0\r\n\r\n", longer},
        {"0\r\nX: \x01\r\n\r\n", "a control character in the value", true},
        {"0\r\nX: y\n\r\n", "a line that does not end in CR LF", true},
        {"0\r\nX: y\rz\r\n\r\n", "a line that does not end in CR LF", true},
        {"0\r\nX: y\r\n\rz", "a line that does not end in CR LF", true},
        {"0\r\nX\r\n\r\n", "no field name in front of a colon", true},
        {"0\r\n: y\r\n\r\n", "no field name in front of a colon", true},
        {"0\r\nX : y\r\n\r\n", "no field name in front of a colon", true},
        {"0\r\nX: y\r\n z\r\n\r\n", folded, true},
        {"0\r\n\tX: y\r\n\r\n", folded, true},
        {"0\r\ncontent-LENGTH: 5\r\n\r\n", "a Content-Length, which belongs in the header", true},
        {"0\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n",
         "a Transfer-Encoding, which belongs in the header", true},
        {"0\r\nContent-Encoding:\r\n\r\n", "a Content-Encoding, which belongs in the header", true},
    };
    for (const auto& r : rows) {
        CAPTURE(r.bytes);
        const seen s = scan(r.bytes);
        CHECK(s.end == state::malformed);
        CHECK(s.violation == r.why);
        CHECK(s.in_trailer == r.in_trailer);
        CHECK(scan(r.bytes + "0\r\n\r\n").violation == r.why);
    }
    // Names that only begin as those, or go on.
    for (const char* name :
         {"Content-Lengt", "Content-Length-X", "Content-Encodings", "Transfer-Encodin", "T"})
        CHECK(scan("0\r\n" + std::string(name) + ": chunked\r\n\r\n").end == state::done);
}

TEST_CASE("X1: the data is what is in the chunks, and what follows the last one is left alone") {
    const struct {
        std::string bytes;
        std::string body;
    } rows[] = {
        {"0\r\n\r\n", ""},
        {"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"},
        {"00000000000000000000000005\r\nhello\r\n000\r\n\r\n", "hello"},
        {"A\r\n0123456789\r\n0b\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a"},
        {"7 ;\ta = b ; c=\"d;\\\"e\"\t;f\r\n\r\n0\r\n\r\n\r\n0;x\r\nX: y\r\nEmpty:\r\n\r\n", "\r\n0\r\n\r\n"},
    };
    for (const auto& r : rows) {
        CAPTURE(r.bytes);
        const seen s = scan(r.bytes);
        CHECK(s.end == state::done);
        CHECK(s.body == r.body);
        CHECK(s.taken == r.bytes.size());
        CHECK(scan(r.bytes + "HTTP/1.1").taken == r.bytes.size());
        for (std::size_t size = 0; size < r.bytes.size(); ++size)
            CHECK(scan(std::string_view(r.bytes).substr(0, size)).end == state::going_on);
    }
}

TEST_CASE("X2: framing of the limit is read, one byte more is refused, also where it is malformed") {
    const std::string pad(100, 'p');
    const struct {
        std::string before;  // does not count
        std::string framing;
        std::string after;
    } rows[] = {
        {"", "1;" + pad + "\r\n", "x\r\n0\r\n\r\n"},
        {"1\r\nx", "\r\n1;" + pad + "\r\n", "x\r\n0\r\n\r\n"},
        {"1\r\nx", "\r\n0;" + pad + "\r\n\r\n", ""},
        {"1\r\nx", "\r\n0\r\nX: " + pad + "\r\nY: " + pad + "\r\n\r\n", ""},
        {"", "0\r\nX: " + pad + "\r\n\r\n", ""},
    };
    for (const auto& r : rows) {
        CAPTURE(r.framing);
        chunk_scanner::limits limits = plenty;
        limits.max_framing_bytes = r.framing.size();
        CHECK(scan(r.before + r.framing + r.after, limits).end == state::done);
        --limits.max_framing_bytes;
        CHECK(scan(r.before + r.framing + r.after, limits).end == state::framing_too_long);
        std::string broken = r.framing;
        broken.back() = '\x01';
        CHECK(scan(r.before + broken + r.after, limits).end == state::framing_too_long);
        ++limits.max_framing_bytes;
        CHECK(scan(r.before + broken + r.after, limits).end == state::malformed);
    }
}

TEST_CASE("X2: trailers of the limit are read, one more is refused") {
    chunk_scanner::limits limits = plenty;
    for (const std::size_t most : {0U, 1U, 3U}) {
        limits.max_trailer_fields = most;
        std::string fields;
        for (std::size_t n = 0; n < most; ++n) fields += "X: y\r\n";
        CHECK(scan("0\r\n" + fields + "\r\n", limits).end == state::done);
        CHECK(scan("0\r\n" + fields + "X: y\r\n\r\n", limits).end == state::too_many_fields);
    }
}

TEST_CASE("X2: a chunk beyond the body's limit is refused when its line ends, before a byte of its data") {
    chunk_scanner::limits limits = plenty;
    limits.max_body_bytes = 5;
    CHECK(scan("5\r\nhello\r\n0\r\n\r\n", limits).body == "hello");
    CHECK(scan("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", limits).body == "hello");
    CHECK(scan("3\r\nhel\r\n3", limits).end == state::going_on);
    for (const char* size : {"3", "ffffffffffffffff", "0fffffffffffffffe"}) {
        const seen s = scan("3\r\nhel\r\n" + std::string(size) + "\r\n", limits);
        CHECK(s.end == state::body_too_large);
        CHECK(s.body == "hel");
    }
    CHECK(scan("6;a=\"\r\n", limits).end == state::malformed);
}
