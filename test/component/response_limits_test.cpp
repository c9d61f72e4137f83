// X2, P20: responses beyond every limit, and what they cost.
#include "support/reader_harness.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {
std::atomic<std::size_t> largest_array{0};
}

// The reader's buffer is the only large array of this program: its size is what a peer can make us hold.
void* operator new[](std::size_t bytes) {
    if (bytes > largest_array.load()) largest_array = bytes;
    if (void* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
    throw std::bad_alloc();
}
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

TEST_CASE("X2: a header of the limit is read, one byte more is refused, in whatever pieces it comes") {
    const std::string frame = ok + "X-Pad: \r\nContent-Length: 0\r\n\r\n";
    response_reader reader{response_limits()};
    for (const bool many_fields : {false, true}) {
        CAPTURE(many_fields);
        for (const std::size_t size :
             {std::size_t{16 * 1024}, std::size_t{16 * 1024 + 1}, std::size_t{30'000}}) {
            CAPTURE(size);
            std::string header = ok;
            if (many_fields) {
                while (header.size() + frame.size() + 100 < size)
                    header += "X-Field: " + std::string(80, 'f') + "\r\n";
            }
            header += "X-Pad: ";
            const std::string rest = "\r\nContent-Length: 0\r\n\r\n";
            header += std::string(size - header.size() - rest.size(), 'p') + rest;
            REQUIRE(header.size() == size);
            const bool fits = size == 16 * 1024;
            for (const cut& next : std::vector<cut>{everything, one, slices(1), slices(2)}) {
                const verdict v = read(reader, header, ending::open, next);
                CHECK(v.state == (fits ? progress::done : progress::failed));
                if (!fits) CHECK(v.code == errc::header_too_large);
            }
        }
    }
}

TEST_CASE("X2: 1,000 fields are read, 1,001 are refused, in whatever pieces they come") {
    response_reader reader{response_limits()};
    for (const int fields : {1000, 1001}) {
        std::string header = ok;
        for (int i = 0; i < fields - 1; ++i) header += "a: b\r\n";
        header += "Content-Length: 0\r\n\r\n";
        for (const cut& next : std::vector<cut>{everything, one, slices(1)}) {
            const verdict v = read(reader, header, ending::open, next);
            CHECK(v.state == (fields == 1000 ? progress::done : progress::failed));
            if (fields == 1001) CHECK(v.code == errc::header_too_large);
        }
    }
}

TEST_CASE("P20: an interim response has the limits of a header, each for itself") {
    response_limits limits;
    limits.max_header_bytes = 200;
    limits.max_header_fields = 4;
    const auto interim = [](std::size_t bytes, int fields) {
        std::string header = "HTTP/1.1 103 x\r\n";
        for (int i = 1; i < fields; ++i) header += "a: b\r\n";
        header += "Link: ";
        return header + std::string(bytes - header.size() - 4, 'l') + "\r\n\r\n";
    };
    const std::string last = ok + "Content-Length: 150\r\n\r\n" + std::string(150, 'b');
    response_reader reader(limits);
    for (const cut& next : std::vector<cut>{everything, one, slices(1), slices(2)}) {
        std::string most;
        for (int i = 0; i < 16; ++i) most += interim(200, 4);
        CHECK(read(reader, most + last, ending::open, next).body.size() == 150);
        CHECK(read(reader, interim(201, 4) + last, ending::open, next).code == errc::header_too_large);
        CHECK(read(reader, interim(200, 5) + last, ending::open, next).code == errc::header_too_large);
        CHECK(read(reader, most + interim(40, 1) + last, ending::open, next).code ==
              errc::malformed_response);
    }
}

namespace {

/// Never ends: a beginning, then the same again and again. Returns how many bytes were taken.
std::size_t feed_for_ever(response_reader& reader, std::string_view head, std::string_view again,
                          std::size_t most, std::size_t slice, errc& code) {
    reader.start();
    std::string pending(head);
    std::size_t fed = 0;
    while (fed < most) {
        while (pending.size() < 64 * 1024) pending += again;
        const auto room = reader.space();
        const std::size_t count = std::min(room.size(), slice);
        std::copy_n(pending.data(), std::min(count, pending.size()), room.data());
        const std::size_t taken = std::min(count, pending.size());
        pending.erase(0, taken);
        fed += taken;
        if (reader.received(taken) != progress::need_more) {
            code = reader.failure();
            return fed;
        }
    }
    code = errc{};
    return fed;
}

}  // namespace

TEST_CASE("X2: what never ends is refused with the memory that the limits allow") {
    response_limits limits;
    limits.max_body_bytes = 256 * 1024;
    const std::size_t bound = 2 * limits.max_header_bytes + limits.max_body_bytes + 16 * 1024;
    const std::string extension(2000, 'e');
    const struct {
        std::string_view name;
        std::string head;
        std::string again;
        errc code;
    } rows[] = {
        {"a status line", "HTTP/1.1 200 ", "OK", errc::header_too_large},
        {"a field value", ok + "X: ", "x", errc::header_too_large},
        {"a field name", ok, "x", errc::header_too_large},
        {"fields", ok, "Abc: def\r\n", errc::header_too_large},
        {"fields of an interim response", "HTTP/1.1 103 x\r\n", "Abc: def\r\n", errc::header_too_large},
        {"interim responses", "", "HTTP/1.1 103 x\r\nAbc: def\r\n\r\n", errc::malformed_response},
        {"a body without a length", ok + "\r\n", "x", errc::body_too_large},
        {"chunks", chunked, "10\r\n0123456789abcdef\r\n", errc::body_too_large},
        {"chunks of one byte", chunked, "1\r\nx\r\n", errc::body_too_large},
        {"chunks of one byte with extensions", chunked, "1;" + extension + "\r\nx\r\n", errc::body_too_large},
        {"a chunk extension", chunked + "1;", "e", errc::header_too_large},
        {"a later chunk extension", chunked + "1\r\nx\r\n1;", "e", errc::header_too_large},
        {"zeros before a chunk size", chunked, "0", errc::header_too_large},
        {"trailers", chunked + "1\r\nx\r\n0\r\n", "Abc: def\r\n", errc::header_too_large},
        {"a trailer", chunked + "1\r\nx\r\n0\r\nX: ", "x", errc::header_too_large},
    };
    for (const auto& r : rows) {
        CAPTURE(r.name);
        for (const std::size_t slice :
             {std::size_t{100}, std::size_t{16 * 1024}, static_cast<std::size_t>(-1)}) {
            CAPTURE(slice);
            response_reader reader(limits);
            largest_array = 0;
            errc code{};
            const std::size_t most = std::size_t{2'200} * limits.max_body_bytes;
            (void)feed_for_ever(reader, r.head, r.again, most, slice, code);
            CHECK(code == r.code);
            CHECK(largest_array.load() <= bound);
            CHECK(largest_array.load() >= 16 * 1024);
        }
    }
}

TEST_CASE(
    "X2: a chunk's line, or all trailers, of the limit are read, one byte more is refused, in whatever "
    "pieces") {
    const std::size_t limit = response_limits().max_header_bytes;
    for (const std::size_t size : {limit, limit + 1, limit + 2, limit + 3, limit + 1000}) {
        CAPTURE(size);
        const auto padded = [size](const std::string& before, const std::string& after) {
            return before + std::string(size - before.size() - after.size(), 'p') + after;
        };
        const std::string forms[] = {
            chunked + padded("1;", "\r\n") + "x\r\n0\r\n\r\n",
            chunked + "1\r\nx" + padded("\r\n1;", "\r\n") + "y\r\n0\r\n\r\n",
            chunked + "1\r\nx" + padded("\r\n0\r\nX-Pad: ", "\r\n\r\n"),
            chunked + "1\r\nx" + padded("\r\n0;", "\r\n\r\n"),
        };
        for (const std::string& form : forms) {
            CAPTURE(form.substr(chunked.size(), 20));
            response_reader reader{response_limits()};
            for (const cut& next : std::vector<cut>{everything, one, slices(1), slices(2)}) {
                const verdict v = read(reader, form, ending::open, next);
                CHECK(v.state == (size == limit ? progress::done : progress::failed));
                CHECK(v.code == (size == limit ? errc{} : errc::header_too_large));
            }
        }
    }
}

TEST_CASE("X2: a body of the limit is read, one byte more is refused, announced or not") {
    response_limits limits;
    limits.max_body_bytes = 4096;
    for (const std::size_t size : {std::size_t{4096}, std::size_t{4097}}) {
        CAPTURE(size);
        const std::string body(size, 'b');
        const std::string half = body.substr(0, size / 2);
        char sizes[2][16];
        (void)std::snprintf(sizes[0], sizeof sizes[0], "%zx", half.size());
        (void)std::snprintf(sizes[1], sizeof sizes[1], "%zx", size - half.size());
        const struct {
            std::string bytes;
            ending end;
        } forms[] = {
            {ok + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + body, ending::open},
            {chunked + sizes[0] + "\r\n" + half + "\r\n" + sizes[1] + "\r\n" + body.substr(half.size()) +
                 "\r\n0\r\n\r\n",
             ending::open},
            {ok + "\r\n" + body, ending::clean},
        };
        for (const auto& form : forms) {
            response_reader reader(limits);
            for (const cut& next : std::vector<cut>{everything, one, slices(5)}) {
                const verdict v = read(reader, form.bytes, form.end, next);
                CHECK(v.state == (size == 4096 ? progress::done : progress::failed));
                CHECK(v.code == (size == 4096 ? errc{} : errc::body_too_large));
            }
        }
    }
}

TEST_CASE("X2: a body announced beyond the limit is refused before a byte of it is there") {
    for (const char* length : {"1048577", "99999999999", "18446744073709551615"}) {
        CAPTURE(length);
        const verdict v = read(ok + "Content-Length: " + length + "\r\n\r\n");
        CHECK(v.code == errc::body_too_large);
    }
    CHECK(read(chunked + "100001\r\n").code == errc::body_too_large);
    CHECK(read(chunked + "ffffffffffffffff\r\n").code == errc::body_too_large);
}

TEST_CASE("G11: where large responses are usual, the buffer of one serves the next") {
    response_limits limits;
    limits.large_are_usual = true;
    const std::string body(300 * 1024, 'b');
    const std::string response = ok + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (const std::string& bytes : {response, ok + "\r\n" + body}) {
        response_reader reader(limits);
        CHECK(read(reader, bytes, ending::clean, everything).body.size() == body.size());
        largest_array = 0;
        for (int i = 0; i < 3; ++i) {
            CHECK(read(reader, bytes, ending::clean, everything).body.size() == body.size());
        }
        CHECK(largest_array.load() < 16 * 1024);
    }
}

TEST_CASE("G11: a buffer that the last response did not use a quarter of is given back") {
    response_limits limits;
    limits.large_are_usual = true;
    const auto response = [](std::size_t bytes) {
        return ok + "Content-Length: " + std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'b');
    };
    response_reader reader(limits);
    for (const std::size_t kib : {900U, 230U, 56U}) {
        CAPTURE(kib);
        CHECK(read(reader, response(900 * 1024), ending::open, everything).state == progress::done);
        CHECK(read(reader, response(kib * 1024), ending::open, everything).state == progress::done);
        reader.start();
        CHECK(reader.space().size() > (kib > 200 ? 900 * 1024 : 0));
        CHECK(reader.space().size() < (kib > 200 ? 1024 * 1024 : 64 * 1024));
    }
}

TEST_CASE("G11: where the header tells the length, the buffer holds that much and little more") {
    response_limits limits;
    limits.large_are_usual = true;
    response_reader reader(limits);
    for (const std::size_t bytes : {70'000U, 140'000U, 300'000U, 600'000U, 1'048'576U}) {
        CAPTURE(bytes);
        largest_array = 0;
        const std::string header = ok + "Content-Length: " + std::to_string(bytes) + "\r\n\r\n";
        CHECK(read(reader, header + std::string(bytes, 'b'), ending::open, everything).state ==
              progress::done);
        CHECK(largest_array.load() >= header.size() + bytes);
        CHECK(largest_array.load() <= header.size() + bytes + 4 * 1024);
    }
}

TEST_CASE("a large response does not leave a large buffer behind") {
    response_reader reader{response_limits()};
    const std::string body(900 * 1024, 'b');
    const verdict v = read(reader, ok + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                           {}, everything);
    CHECK(v.body.size() == body.size());
    reader.start();
    CHECK(reader.space().size() <= 64 * 1024);
}
