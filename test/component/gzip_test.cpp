// X3: bodies packed with gzip, as a reader takes them.
#include "support/reader_harness.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

// printf 'hello hello hello\n' | gzip -n9
const std::string packed(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x5c\x00\x3b\x7c\x8a\xdf\x12"
    "\x00\x00\x00",
    29);

response_limits with_gzip() {
    response_limits limits;
    limits.accepts_gzip = true;
    return limits;
}

std::string answer(const std::string& body, const std::string& coding = "Content-Encoding: gzip\r\n") {
    return "HTTP/1.1 200 OK\r\n" + coding + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

verdict read_packed(const std::string& bytes, const cut& next = everything, ending end = ending::open) {
    response_reader reader(with_gzip());
    return read(reader, bytes, end, next);
}

}  // namespace

TEST_CASE("X3: a packed body is unpacked, however it is framed and cut") {
    std::string in_chunks =
        "HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char c : packed) in_chunks += "1\r\n" + std::string(1, c) + "\r\n";
    in_chunks += "0\r\n\r\n";
    const std::string to_the_end = "HTTP/1.1 200 OK\r\nContent-Encoding: GZIP\r\n\r\n" + packed;
    for (const cut& next : {cut(everything), cut(one), slices(1), slices(2)}) {
        for (const std::string& bytes : {answer(packed), in_chunks, to_the_end}) {
            const verdict v = read_packed(bytes, next, ending::clean);
            REQUIRE(v.state == progress::done);
            CHECK(v.body == "hello hello hello\n");
        }
    }
    CHECK(read_packed(answer(packed)).reusable);
}

TEST_CASE("X3: a packed body that is damaged, cut or followed by more is malformed, and nothing is reused") {
    for (const std::string& body :
         {packed.substr(0, 20), packed + packed, packed + "x", std::string("{}"), std::string()}) {
        const verdict v = read_packed(answer(body));
        CHECK(v.state == progress::failed);
        CHECK(v.code == errc::malformed_response);
        CHECK(v.why.find("gzip body") != std::string::npos);
        CHECK_FALSE(v.reusable);
    }
}

TEST_CASE("X3: nested, other and repeated codings are refused, and gzip that was not asked for") {
    const auto refused = [](const verdict& v) {
        return v.state == progress::failed && v.code == errc::malformed_response &&
               v.why.find("Content-Encoding") != std::string::npos;
    };
    CHECK(refused(read_packed(answer(packed, "Content-Encoding: gzip, gzip\r\n"))));
    CHECK(refused(read_packed(answer(packed, "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"))));
    CHECK(refused(read_packed(answer(packed, "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"))));
    CHECK(refused(read_packed(answer(packed, "Content-Encoding: br\r\n"))));
    CHECK(refused(read_packed(answer(packed, "Content-Encoding: deflate\r\n"))));
    CHECK(refused(read(answer(packed))));
}

TEST_CASE("X3: gzip that nobody declared is a body like any other") {
    const verdict v = read_packed(answer(packed, ""));
    REQUIRE(v.state == progress::done);
    CHECK(v.body == packed);
}

TEST_CASE("X3: a body that unpacks to more than max_body_bytes is stopped there") {
    // printf 'a%.0s' {1..100} | gzip -n9
    const std::string dense(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\xa4\x3d\x00\x00\x64\x7a\x70\xaf\x64\x00\x00\x00",
        24);
    response_limits limits = with_gzip();
    limits.max_body_bytes = 99;
    response_reader reader(limits);
    CHECK(read(reader, answer(dense), ending::open, everything).code == errc::body_too_large);
    limits.max_body_bytes = 100;
    response_reader enough(limits);
    CHECK(read(enough, answer(dense), ending::open, everything).body == std::string(100, 'a'));
}

TEST_CASE("X3: no body needs no unpacking") {
    for (const std::string status : {"204 No Content", "304 Not Modified"}) {
        const verdict v = read_packed("HTTP/1.1 " + status + "\r\nContent-Encoding: gzip\r\n\r\n");
        REQUIRE(v.state == progress::done);
        CHECK(v.body.empty());
    }
}
