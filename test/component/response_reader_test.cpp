// X1, P20: what arrives instead of a response, or before it, and in which pieces.
#include "support/reader_harness.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <utility>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

struct row {
    std::string_view name;
    std::string bytes;
    ending end = ending::open;
    errc code{};  ///< zero: a response
    int status = 200;
    std::string body = "";
    bool reusable = true;
};

/// The verdicts follow from RFC 9112: sections 4 (status line), 5 (fields), 6 (body length), 7 (chunks), 8
/// (incomplete messages), 9.6 (closing).
std::vector<row> good_rows() {
    return {
        {"length", ok + "Content-Length: 5\r\n\r\nhello", {}, {}, 200, "hello"},
        {"length 0", ok + "Content-Length: 0\r\n\r\n"},
        {"length with leading zeros", ok + "Content-Length: 0005\r\n\r\nhello", {}, {}, 200, "hello"},
        {"lower-case names, blanks around values",
         ok + "content-length: \t5 \t\r\ncontent-type:text/x\r\n\r\nhello",
         {},
         {},
         200,
         "hello"},
        {"no reason phrase", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", {}, {}, 200, "x"},
        {"neither a reason phrase nor the blank before it",
         "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
         {},
         {},
         200,
         "x"},
        {"a status line of that kind alone", "HTTP/1.1 204\r\n\r\n", {}, {}, 204},
        {"the same length twice",
         ok + "Content-Length: 5\r\nX: y\r\nContent-Length: 05\r\n\r\nhello",
         {},
         {},
         200,
         "hello"},
        {"a list of equal lengths", ok + "Content-Length: 5, 5\r\n\r\nhello", {}, {}, 200, "hello"},
        {"reason phrase of bytes beyond ASCII",
         "HTTP/1.1 404 caf\xC3\xA9\r\nContent-Length: 1\r\n\r\nx",
         {},
         {},
         404,
         "x"},
        {"a field value of bytes beyond ASCII", ok + "X-Name: caf\xE9\r\nContent-Length: 0\r\n\r\n"},
        {"an empty field value", ok + "X-Empty:\r\nContent-Length: 0\r\n\r\n"},
        {"a body with line ends and zeros",
         ok + "Content-Length: 9\r\n\r\n\r\n\r\n\n" + std::string(4, '\0'),
         {},
         {},
         200,
         "\r\n\r\n\n" + std::string(4, '\0')},
        {"chunks", chunked + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", {}, {}, 200, "hello"},
        {"no chunk but the last", chunked + "0\r\n\r\n"},
        {"chunk sizes in either case, with leading zeros",
         chunked + "00A\r\n0123456789\r\n0b\r\n0123456789a\r\n000\r\n\r\n",
         {},
         {},
         200,
         "01234567890123456789a"},
        {"chunk extensions",
         chunked + "3;name=value\r\nhel\r\n2;q=\"a;b\";flag\r\nlo\r\n0;end\r\n\r\n",
         {},
         {},
         200,
         "hello"},
        {"chunks that hold what looks like a chunk",
         chunked + "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
         {},
         {},
         200,
         "\r\n0\r\n\r\n"},
        {"trailers", chunked + "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", {}, {}, 200, "hello"},
        {"chunked in upper case",
         ok + "TRANSFER-ENCODING: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n",
         {},
         {},
         200,
         "x"},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", {}, {}, 204},
        {"204 that says 0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", {}, {}, 204},
        {"304 that says what a 200 would have had",
         "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
         {},
         {},
         304},
        {"close", ok + "Connection: close\r\nContent-Length: 1\r\n\r\nx", {}, {}, 200, "x", false},
        {"close among others",
         ok + "Connection: foo, CLOSE\r\nContent-Length: 1\r\n\r\nx",
         {},
         {},
         200,
         "x",
         false},
        {"keep-alive", ok + "Connection: keep-alive\r\nContent-Length: 1\r\n\r\nx", {}, {}, 200, "x"},
        {"HTTP/1.0",
         "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
         {},
         {},
         200,
         "x",
         false},
        {"until the end", ok + "\r\nhello", ending::clean, {}, 200, "hello", false},
        {"until the end, empty", ok + "\r\n", ending::clean, {}, 200, "", false},
        {"identity coding",
         ok + "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx",
         {},
         {},
         200,
         "x"},
        {"surplus after a length",
         ok + "Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n",
         {},
         {},
         200,
         "x",
         false},
        {"surplus after chunks", chunked + "1\r\nx\r\n0\r\n\r\n\r\n", {}, {}, 200, "x", false},
        {"surplus after 204", "HTTP/1.1 204 No Content\r\n\r\nx", {}, {}, 204, "", false},
    };
}

std::vector<row> bad_rows() {
    const errc malformed = errc::malformed_response;
    const errc gone = errc::peer_closed;
    return {
        {"nothing, cleanly", "", ending::clean, gone},
        {"nothing, cut", "", ending::cut, gone},
        {"half a status line", "HTTP/1.1 20", ending::clean, gone},
        {"half a header", ok + "Content-Le", ending::clean, gone},
        {"a field without its line end", ok + "Content-Length: 5", ending::cut, gone},
        {"half a body", ok + "Content-Length: 5\r\n\r\nhell", ending::clean, gone},
        {"half a chunk", chunked + "5\r\nhell", ending::clean, gone},
        {"no last chunk", chunked + "5\r\nhello\r\n", ending::clean, gone},
        {"half a last chunk", chunked + "5\r\nhello\r\n0\r\n", ending::clean, gone},
        {"until the end, cut instead of ended", ok + "\r\nhello", ending::cut, gone},
        {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", {}, malformed},
        {"a TLS alert", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), {}, malformed},
        {"bare HTML", "<html><body>Bad request</body></html>", {}, malformed},
        {"an empty line first", "\r\n" + ok + "Content-Length: 0\r\n\r\n", {}, malformed},
        {"lower-case protocol", "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"HTTP/2", "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"HTTP/0.9", "HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"two digits of status", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"four digits of status", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"a status line cut short, and no end of the header", "HTTP/1.1 2\n\r\n5\r\n", {}, malformed},
        {"a status line without a status, and no end", "HTTP/1.1\r\nX: 1\r\n", {}, malformed},
        {"letters for a status", "HTTP/1.1 2xx OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"a status beyond 599", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"length and chunked",
         ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         {},
         malformed},
        {"chunked and length",
         ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
         {},
         malformed},
        {"two lengths", ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", {}, malformed},
        {"a list of lengths", ok + "Content-Length: 5, 6\r\n\r\nhello", {}, malformed},
        {"a list of lengths that ends in a comma", ok + "Content-Length: 5,\r\n\r\nhello", {}, malformed},
        {"no status and no blank before it", "HTTP/1.1\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"a bare status beyond 599", "HTTP/1.1 600\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"a bare status line that ends in LF", "HTTP/1.1 200\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"a negative length", ok + "Content-Length: -5\r\n\r\nhello", {}, malformed},
        {"a signed length", ok + "Content-Length: +5\r\n\r\nhello", {}, malformed},
        {"a hexadecimal length", ok + "Content-Length: 0x5\r\n\r\nhello", {}, malformed},
        {"an empty length", ok + "Content-Length:\r\n\r\nhello", {}, malformed},
        {"2^64", ok + "Content-Length: 18446744073709551616\r\n\r\nhello", {}, malformed},
        {"2^64 + 5", ok + "Content-Length: 18446744073709551621\r\n\r\nhello", {}, malformed},
        {"xchunked", ok + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {}, malformed},
        {"gzip, chunked", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {}, malformed},
        {"chunked, identity", ok + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", {}, malformed},
        {"chunked twice",
         ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         {},
         malformed},
        {"chunked in HTTP/1.0",
         "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         {},
         malformed},
        {"gzip that nobody asked for",
         ok + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
         {},
         malformed},
        {"204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", {}, malformed},
        {"204 in chunks",
         "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         {},
         malformed},
        {"a folded field", ok + "X-Long: a\r\n b\r\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"a folded framing field", ok + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", {}, malformed},
        {"a folded field and then the end", ok + "X-Long: a\r\n\tb", ending::clean, malformed},
        {"a blank before the first field", ok + " Content-Length: 5\r\n\r\nhello", {}, malformed},
        {"a blank before the colon", ok + "Content-Length : 5\r\n\r\nhello", {}, malformed},
        {"no colon", ok + "Content-Length 5\r\n\r\nhello", {}, malformed},
        {"no name", ok + ": 5\r\n\r\nhello", {}, malformed},
        {"a zero in a value", ok + std::string("X: a\0b\r\n\r\n", 10), {}, malformed},
        {"a CR in a value", ok + "X: a\rb\r\n\r\n", {}, malformed},
        {"bare LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", {}, malformed},
        {"bare LF after a field", ok + "Content-Length: 0\n\r\n", {}, malformed},
        {"a bare LF for the empty line", ok + "Content-Length: 0\r\n\n", {}, malformed},
        {"a bare LF for the empty line, and what could be a body until the end", ok + "\n\r\nhello",
         ending::clean, malformed},
        {"bare LFs throughout", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", {}, malformed},
        {"a bad field and then the end", ok + "X: a\x01\r\n", ending::cut, gone},
        {"two lengths, then more, then the end", ok + "Content-Length: 5\r\nContent-Length: 6\r\nX: y\r\n",
         ending::cut, malformed},
        {"a chunk size that is none", chunked + "x\r\n", {}, malformed},
        {"a negative chunk size", chunked + "-1\r\n", {}, malformed},
        {"a chunk size with a blank before it", chunked + " 5\r\nhello\r\n0\r\n\r\n", {}, malformed},
        {"a chunk size of 17 digits", chunked + "10000000000000000\r\n", {}, malformed},
        {"a chunk that is longer than it says", chunked + "3\r\nhello\r\n0\r\n\r\n", {}, malformed},
        {"a chunk extension whose quote does not end", chunked + "fffff;q=\"a\r\nhello", ending::cut,
         malformed},
        {"a chunk extension whose quote ends in a later line",
         chunked + "3;q=\"a\\\"\r\nhel\r\n2;q=\"\r\nlo\r\n",
         {},
         malformed},
        {"a last chunk whose quote does not end", chunked + "0;q=\"a\r\nX: 1\r\n\r\n", {}, malformed},
        {"a chunk ended by a bare LF", chunked + "3\nhel\r\n0\r\n\r\n", {}, malformed},
        {"trailers beyond their limit, and broken there",
         chunked + "0\r\nX: " + std::string(16 * 1024, 'a') + "\r\nY: a\rb\r\n\r\n",
         {},
         errc::header_too_large},
        {"a trailer without a colon", chunked + "0\r\nfoo bar\r\n\r\n", {}, malformed},
        {"a trailer that frames", chunked + "0\r\nTransfer-Encoding: chunked\r\n\r\n", {}, malformed},
    };
}

const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";

std::string times(int n, std::string_view text) {
    std::string out;
    for (int i = 0; i < n; ++i) out += text;
    return out;
}

std::vector<row> interim_rows() {
    const errc malformed = errc::malformed_response;
    const errc gone = errc::peer_closed;
    const std::string last = ok + "Content-Length: 5\r\n\r\nhello";
    const std::string until_close = "Connection: close\r\n\r\n";
    return {
        {"100", go_on + last, {}, {}, 200, "hello"},
        {"103", hints + last, {}, {}, 200, "hello"},
        {"102 and 199", "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199\r\n\r\n" + last, {}, {}, 200, "hello"},
        {"16 of them", times(8, go_on + hints) + last, {}, {}, 200, "hello"},
        {"17 of them", times(17, go_on) + last, {}, malformed},
        {"before chunks", hints + chunked + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", {}, {}, 200, "hello"},
        {"before a body until the end", hints + ok + "\r\nhello", ending::clean, {}, 200, "hello", false},
        {"before a 204", hints + "HTTP/1.1 204 No Content\r\n\r\n", {}, {}, 204},
        {"with an empty body",
         "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n" + last,
         {},
         {},
         200,
         "hello"},
        {"announcing a close", "HTTP/1.1 100 x\r\n" + until_close + last, {}, {}, 200, "hello", false},
        {"by HTTP/1.0", "HTTP/1.0 100 x\r\n\r\n" + last, {}, {}, 200, "hello", false},
        {"surplus after the response", hints + last + "H", {}, {}, 200, "hello", false},
        {"another one after the response", last + go_on, {}, {}, 200, "hello", false},
        {"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", {}, malformed},
        {"101 after a 100", go_on + "HTTP/1.1 101 x\r\n\r\n" + last, {}, malformed},
        {"099", "HTTP/1.1 099 x\r\n\r\n" + last, {}, malformed},
        {"with a body", "HTTP/1.1 103 x\r\nContent-Length: 5\r\n\r\nhello" + last, {}, malformed},
        {"in chunks", "HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + last, {}, malformed},
        {"a body that was not announced", go_on + "hello" + last, {}, malformed},
        {"before another protocol", hints + "SSH-2.0-x\r\n", {}, malformed},
        {"with a folded field", "HTTP/1.1 103 x\r\nLink: a\r\n b\r\n\r\n" + last, {}, malformed},
        {"and then the end", hints, ending::clean, gone},
        {"and then half a header", hints + "HTTP/1.1 200 OK\r\nX", ending::clean, gone},
        {"half of one and then the end", go_on + "HTTP/1.1 10", ending::cut, gone},
    };
}

void check_cuts(const std::vector<row>& rows) {
    response_reader reader{
        response_limits()};  // one for all: nothing of one response may be left in the next
    for (const row& r : rows) {
        CAPTURE(r.name);
        const verdict whole = read(reader, r.bytes, r.end, everything);
        CHECK(whole.state == (r.code == errc{} ? progress::done : progress::failed));
        CHECK(whole.code == r.code);
        if (r.code == errc{}) {
            CHECK(whole.status == r.status);
            CHECK(whole.body == r.body);
            CHECK(whole.reusable == r.reusable);
        }
        std::vector<cut> cuts{one};
        for (std::uint64_t seed = 1; seed <= 30; ++seed) cuts.push_back(slices(seed));
        for (const cut& next : cuts) {
            const verdict cut_up = read(reader, r.bytes, r.end, next);
            CHECK(cut_up.code == whole.code);
            CHECK(cut_up.why == whole.why);
            CHECK(cut_up == whole);
            if (!(cut_up == whole)) break;
        }
    }
}

}  // namespace

TEST_CASE("X1: a good response is the same in whatever pieces it comes") { check_cuts(good_rows()); }

TEST_CASE("X1: a bad response is refused in the same words in whatever pieces it comes") {
    check_cuts(bad_rows());
}

TEST_CASE("P20: interim responses are dropped, or refused in the same words, in whatever pieces they come") {
    check_cuts(interim_rows());
}

TEST_CASE("P20: nothing of an interim response is left in the one after it") {
    const std::string interim =
        "HTTP/1.1 103 Early Hints\r\nDate: then\r\nRetry-After: 7\r\nLocation: /x\r\nContent-Type: a/b\r\n"
        "WWW-Authenticate: Basic realm=\"b\"\r\nX-Error-Detail: no\r\nAuthentication-Info: "
        "nextnonce=\"n\"\r\n"
        "Keep-Alive: timeout=5\r\nContent-Encoding: br\r\n\r\n";
    const std::string last = ok + "Authentication-Info: nextnonce=\"m\"\r\nContent-Length: 1\r\n\r\nx";
    response_reader reader{response_limits()};
    for (const cut& next : std::vector<cut>{everything, one, slices(1)}) {
        const verdict plain = read(reader, last, ending::open, next);
        REQUIRE(plain.state == progress::done);
        CHECK(read(reader, interim + last, ending::open, next) == plain);
    }
}

TEST_CASE("P20: an interim response is not the answer, but a sign that the peer has the request") {
    response_reader reader{response_limits()};
    CHECK_FALSE(reader.started());
    CHECK(read(reader, hints, ending::open, everything).state == progress::need_more);
    CHECK(reader.started());
    CHECK(reader.ended(true) == progress::failed);
    CHECK(reader.failure() == errc::peer_closed);
    CHECK(reader.failure_text() == "after an interim response, before the response");
    reader.start();
    CHECK_FALSE(reader.started());
    CHECK(reader.ended(true) == progress::failed);
    CHECK(reader.failure_text() == "before the first byte of a response");
}

TEST_CASE("P20: of two responses that came together, each may have interim ones before it") {
    const std::string both =
        hints + ok + "Content-Length: 1\r\n\r\na" + go_on + hints + ok + "Content-Length: 1\r\n\r\nb";
    response_reader reader{response_limits()};
    for (std::size_t first = 1; first < both.size(); ++first) {
        CAPTURE(first);
        reader.start();
        std::string bodies;
        bool taken_back = false;
        const auto feed = [&](std::string_view bytes) {
            std::copy(bytes.begin(), bytes.end(), reader.space().begin());
            progress state = reader.received(bytes.size());
            while (state == progress::done) {
                bodies += reader.message().body;
                CHECK(reader.keeps_open());
                if (!reader.has_more()) {
                    reader.start();
                    break;
                }
                reader.next();
                state = reader.received(0);
            }
            taken_back = taken_back || state == progress::failed;
        };
        feed(std::string_view(both).substr(0, first));
        feed(std::string_view(both).substr(first));
        CHECK(bodies == "ab");
        CHECK_FALSE(taken_back);
    }
}

TEST_CASE("X1: a header that is refused is told by its line, without what may be secret") {
    const std::string long_value(100, '1');
    const struct {
        std::string bytes;
        std::string why;
    } rows[] = {
        {"HTTP/1.1 600 Own Words\r\n\r\n", "status line \"HTTP/1.1 600\": a status beyond 599"},
        {"HTTP/1.1 600\r\n\r\n", "status line \"HTTP/1.1 600\": a status beyond 599"},
        {"HTTP/1.1 2000 OK\r\n\r\n", "status line \"HTTP/1.1 2000\": a status that is not three digits"},
        {"HTTP/1.1 200 O\x01K\r\n\r\n",
         "status line \"HTTP/1.1 200\": a control character in the reason phrase"},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n",
         "status line \"HTTP/1.1 101\": a switch of protocols that was not asked for"},
        {"HTTP/1.1 204 No Content\r\nX: y\r\nContent-Length: 5\r\n\r\n",
         "status line \"HTTP/1.1 204\": a 204 with a body"},
        {times(17, go_on),
         "status line \"HTTP/1.1 100\": more than 16 interim responses before the response"},
        {ok + "X: y\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
         "header line 3 \"Content-Length: 6\": two values of Content-Length that differ"},
        {ok + "Content-Length: 5,\t6\r\n\r\n",
         "header line 1 \"Content-Length: 5, 6\": two values of Content-Length that differ"},
        {ok + "content-length: +5\r\n\r\n",
         "header line 1 \"content-length: +5\": a Content-Length that is not a number"},
        {ok + "Content-Length: " + long_value + "\r\n\r\n",
         "header line 1 \"Content-Length\": a Content-Length of 2^64 or more"},
        {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
         "header line 1 \"Transfer-Encoding: gzip, chunked\": a Transfer-Encoding other than chunked"},
        {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         "header line 2 \"Transfer-Encoding: chunked\": both Content-Length and Transfer-Encoding"},
        {ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
         "header line 2 \"Content-Length: 5\": both Content-Length and Transfer-Encoding"},
        {ok + "Content-Encoding: b\xC2\x9Br\r\n\r\n",
         "header line 1 \"Content-Encoding: b?r\": a Content-Encoding that was not asked for"},
        {ok + "A: b\r\nSet-Cookie: secret=\x01\r\n\r\n",
         "header line 2 \"Set-Cookie\": a control character in the value"},
        {ok + "A: b\r\n\rX: y\r\n\r\n", "header line 2 \"X\": a line that does not end in CR LF"},
        {ok + "A: b\r\n\n", "header line 2: a line that does not end in CR LF"},
        {ok + "secret of no field\r\n\r\n", "header line 1: no field name in front of a colon"},
        {ok + "A: b\r\nX-Long: secret\r\n more\r\n\r\n",
         "header line 2 \"X-Long\": a field folded over several lines"},
        {hints + ok + "A: b\r\nContent-Length: x\r\n\r\n",
         "header line 2 \"Content-Length: x\": a Content-Length that is not a number"},
        {chunked + "0\r\nContent-Length: 5\r\n\r\n",
         "in a trailer: a Content-Length, which belongs in the header"},
        {chunked + "0\r\nX: secret\x01\r\n\r\n", "in a trailer: a control character in the value"},
        {chunked + "x\r\n", "a chunk size that is not a hexadecimal number"},
    };
    response_reader reader{response_limits()};
    for (const auto& r : rows) {
        CAPTURE(r.bytes);
        for (const cut& next : std::vector<cut>{everything, one, slices(1)}) {
            const verdict v = read(reader, r.bytes, ending::open, next);
            CHECK(v.code == errc::malformed_response);
            CHECK(v.why == r.why);
        }
    }
}

TEST_CASE("X1: every field that the library acts on survives every cut, and the growth of the buffer") {
    const std::string header =
        "HTTP/1.1 401 Unauthorized\r\nDate: Thu, 09 Oct 2025 08:53:20 GMT\r\nRetry-After: 7\r\n"
        "Location: /elsewhere\r\nContent-Type: text/plain\r\nwww-authenticate: Digest realm=\"a\"\r\n"
        "WWW-Authenticate: Basic realm=\"b\"\r\nX-ERROR-Detail: too fast\r\nX-Mashery-Error-Code: ERR_1\r\n"
        "Authentication-Info: nextnonce=\"n\"\r\nKeep-Alive: timeout=5, max=100\r\n"
        "X-Amzn-RequestId: r-1\r\nX-Amz-Cf-Id: edge-1\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    std::string expected;
    std::string bytes = header;
    for (int i = 0; i < 3000; ++i) {
        const std::string piece = std::to_string(i) + "/";
        expected += piece;
        bytes +=
            std::string(1, "0123456789"[piece.size()]) + ";n=" + std::to_string(i) + "\r\n" + piece + "\r\n";
    }
    bytes += "0\r\n\r\n";
    response_reader reader{response_limits()};
    for (const cut& next : std::vector<cut>{everything, one, slices(1), slices(2), slices(3)}) {
        const verdict v = read(reader, bytes, ending::open, next);
        REQUIRE(v.state == progress::done);
        CHECK(v.status == 401);
        CHECK(v.body == expected);
        CHECK(v.date == "Thu, 09 Oct 2025 08:53:20 GMT");
        CHECK(v.retry_after == "7");
        CHECK(v.location == "/elsewhere");
        CHECK(v.content_type == "text/plain");
        CHECK(v.challenges == std::vector<std::string>{"Digest realm=\"a\"", "Basic realm=\"b\""});
        CHECK(v.error_detail == "too fast");
        CHECK(v.request_id == "r-1");
        CHECK(v.authentication_info == "nextnonce=\"n\"");
        CHECK(v.idle_timeout == std::chrono::seconds(5));
        CHECK(v.reusable);
    }
}

TEST_CASE("X1: a body of 200 KiB in chunks of odd sizes is put together over every growth of the buffer") {
    auto random = core::seeded_random(7);
    std::string expected;
    std::string bytes = chunked;
    while (expected.size() < 200 * 1024) {
        std::string piece(1 + random->next() % 9973, ' ');
        for (char& c : piece) c = static_cast<char>(random->next());
        expected += piece;
        char size[16];
        (void)std::snprintf(size, sizeof size, "%zX\r\n", piece.size());
        bytes += size + piece + "\r\n";
    }
    bytes += "0\r\nX-Trailer: yes\r\n\r\n";
    response_reader reader{response_limits()};
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto steps = std::shared_ptr<core::random_source>(core::seeded_random(seed));
        const cut next = [&]() -> std::size_t {
            return seed == 0 ? everything() : 1 + steps->next() % 16'384;
        };
        const verdict v = read(reader, bytes, ending::open, next);
        REQUIRE(v.state == progress::done);
        CHECK(v.body.size() == expected.size());
        REQUIRE((v.body == expected));
        CHECK(v.reusable);
    }
}

TEST_CASE("X1: a body may end in what looks like the beginning of a last chunk, cut anywhere") {
    const std::string body = "{\"a\":0\r\n}";
    for (const bool until_close : {false, true}) {
        CAPTURE(until_close);
        const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
        const std::string bytes = "HTTP/1.1 200 OK\r\n" + (until_close ? "" : length) + "\r\n" + body;
        response_reader reader{response_limits()};
        for (std::size_t first = 1; first < bytes.size(); ++first) {
            CAPTURE(first);
            bool begun = false;
            const cut next = [&]() -> std::size_t {
                return std::exchange(begun, true) ? bytes.size() : first;
            };
            const verdict v = read(reader, bytes, until_close ? ending::clean : ending::open, next);
            REQUIRE(v.state == progress::done);
            CHECK(v.body == body);
        }
    }
}
