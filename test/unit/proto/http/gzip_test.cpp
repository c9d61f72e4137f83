#include "proto/http/gzip.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>
#include <string_view>

using getty::connect::proto::gzip_decoder;
using outcome = gzip_decoder::outcome;

namespace {

std::string packed(std::string_view plain) {
    z_stream z{};
    REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&z, plain.size()) + 32, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

// printf 'hello hello hello\n' | gzip -n9
constexpr std::string_view hello(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x5c\x00\x3b\x7c\x8a\xdf\x12"
    "\x00\x00\x00",
    29);

outcome unpack(std::string_view coded, std::size_t most = 1'000'000) {
    gzip_decoder decoder;
    std::string out;
    return decoder.decode(coded, most, out);
}

/// Hard to pack: consecutive squares in decimal.
std::string numbers(std::size_t bytes) {
    std::string out;
    for (std::uint64_t n = 1; out.size() < bytes; ++n) out += std::to_string(n * n * 2'654'435'761U);
    out.resize(bytes);
    return out;
}

}  // namespace

TEST_CASE("gzip: what the gzip program packed comes out again") {
    gzip_decoder decoder;
    std::string out = "left over";
    CHECK(decoder.decode(hello, 100, out) == outcome::done);
    CHECK(out == "hello hello hello\n");
    CHECK(decoder.decode(packed(""), 100, out) == outcome::done);
    CHECK(out.empty());
}

TEST_CASE("gzip: every length comes out whole, one decoder after the other body") {
    gzip_decoder decoder;
    std::string out;
    for (const std::size_t size : {1U, 16'383U, 16'384U, 16'385U, 32'768U, 100'000U, 999'999U, 1'000'000U}) {
        const std::string plain = numbers(size);
        CHECK(decoder.decode(packed(plain), 1'000'000, out) == outcome::done);
        CHECK((out == plain));
    }
}

TEST_CASE("X3: a gzip body cut anywhere is truncated, and the decoder lives on") {
    gzip_decoder decoder;
    std::string out;
    for (std::size_t size = 0; size < hello.size(); ++size) {
        CAPTURE(size);
        CHECK(decoder.decode(hello.substr(0, size), 100, out) == outcome::truncated);
    }
    CHECK(decoder.decode(hello, 100, out) == outcome::done);
}

TEST_CASE("X3: a gzip body with any byte changed is refused or means the same") {
    for (std::size_t at = 0; at < hello.size(); ++at) {
        CAPTURE(at);
        std::string changed(hello);
        changed[at] = static_cast<char>(changed[at] ^ 0xFF);
        gzip_decoder decoder;
        std::string out;
        const outcome what = decoder.decode(changed, 100, out);
        // Time, extra flags and system (bytes 4 to 9) say nothing about the content.
        if (at >= 4 && at < 10) {
            CHECK(what == outcome::done);
        } else {
            CHECK(what != outcome::done);
        }
    }
}

TEST_CASE("X3: a second gzip member and other surplus are refused") {
    CHECK(unpack(std::string(hello) + std::string(hello)) == outcome::surplus);
    CHECK(unpack(std::string(hello) + '\0') == outcome::surplus);
}

TEST_CASE("X3: a gzip body of gzip is unpacked once") {
    gzip_decoder decoder;
    std::string out;
    CHECK(decoder.decode(packed(hello), 1'000, out) == outcome::done);
    CHECK(out == hello);
}

TEST_CASE("X3: a bomb is stopped at the cap of bytes and at that of the ratio") {
    const std::string bomb = packed(std::string(50'000'000, 'x'));
    gzip_decoder decoder;
    std::string out;
    CHECK(decoder.decode(bomb, 50'000'000, out) == outcome::too_dense);
    CHECK(out.capacity() < 300'000);
    CHECK(unpack(packed(numbers(100'001)), 100'000) == outcome::too_large);
    CHECK(unpack(packed(numbers(100'000)), 100'000) == outcome::done);
    // A small body may be as dense as it likes.
    CHECK(unpack(packed(std::string(60'000, ' '))) == outcome::done);
}

TEST_CASE("gzip: zlib's other format and plain text are no gzip") {
    CHECK(unpack("{\"Images\":[]}") == outcome::malformed);
    CHECK(unpack("x\x9c\xcbH\xcd\xc9\xc9\x07\x00\x06,\x02\x15") == outcome::malformed);
}
