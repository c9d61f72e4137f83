#include "proto/http/framing_guard.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

using namespace getty::connect::proto;
using field = framing_field;

namespace {

using fields = std::initializer_list<std::pair<field, std::string_view>>;

/// What came of a whole header.
struct seen {
    std::string violation;
    framing kind = framing::until_close;
    bool reusable = false;
    std::optional<std::chrono::seconds> idle_timeout;
};

seen watch(int status, int version, fields list) {
    framing_guard guard;
    seen s;
    s.violation = guard.status_line(status, version);
    for (const auto& [which, value] : list) {
        if (s.violation.empty()) s.violation = guard.field(which, value);
    }
    if (s.violation.empty()) s.violation = guard.header_end();
    s.kind = guard.kind();
    s.reusable = guard.reusable();
    s.idle_timeout = guard.idle_timeout();
    return s;
}

bool refused(int status, int version, fields list) { return !watch(status, version, list).violation.empty(); }
bool refused(fields list) { return refused(200, 11, list); }

}  // namespace

TEST_CASE("framing: the body's end is found as RFC 9112 section 6.3 says") {
    const seen none = watch(200, 11, {});
    CHECK(none.violation.empty());
    CHECK(none.kind == framing::until_close);
    CHECK(watch(200, 11, {{field::content_length, "5"}}).kind == framing::length);
    CHECK(watch(404, 11, {{field::content_length, "0"}}).kind == framing::length);
    CHECK(watch(503, 11, {{field::transfer_encoding, "chunked"}}).kind == framing::chunked);
    for (const int status : {204, 304}) {
        CHECK(watch(status, 11, {}).kind == framing::none);
        CHECK(watch(status, 11, {}).reusable);
    }
    // A 304 describes the 200 that it stands for.
    CHECK(watch(304, 11, {{field::content_length, "5"}}).kind == framing::none);
    CHECK(watch(304, 11, {{field::transfer_encoding, "chunked"}}).kind == framing::none);
    CHECK(watch(204, 11, {{field::content_length, "000"}}).violation.empty());
}

TEST_CASE("framing: only responses of HTTP/1.0 and 1.1 with a known class of status are taken") {
    for (const int status : {200, 204, 299, 300, 404, 599}) CHECK_FALSE(refused(status, 11, {}));
    for (const int status : {-1, 0, 99, 600, 999, 1000}) CHECK(refused(status, 11, {}));
    CHECK_FALSE(refused(200, 10, {}));
    for (const int version : {0, 9, 12, 19, 20, 30, 110}) CHECK(refused(200, version, {}));
}

TEST_CASE("P20: an interim response is no answer, and 16 of them at most come before it") {
    framing_guard guard;
    for (int i = 0; i < framing_guard::max_interim; ++i) {
        CHECK(guard.after_interim() == (i > 0));
        CHECK(guard.status_line(i % 2 ? 103 : 100, 11).empty());
        CHECK(guard.header_end().empty());
        CHECK(guard.kind() == framing::interim);
        CHECK_FALSE(guard.reusable());
        guard.next();
    }
    framing_guard one_more = guard;
    CHECK(one_more.status_line(100, 11) == "more than 16 interim responses before the response");
    CHECK(guard.status_line(200, 11).empty());
    CHECK(guard.field(field::content_length, "5").empty());
    CHECK(guard.header_end().empty());
    CHECK(guard.kind() == framing::length);
    CHECK(guard.reusable());
}

TEST_CASE("P20: an interim response that could be read in two ways is refused") {
    CHECK(watch(101, 11, {}).violation == "a switch of protocols that was not asked for");
    for (const int status : {100, 102, 103, 110, 199}) {
        CHECK(watch(status, 11, {}).kind == framing::interim);
        CHECK(watch(status, 10, {}).kind == framing::interim);
        CHECK(watch(status, 11, {{field::content_length, "0"}}).violation.empty());
        CHECK(watch(status, 11, {{field::content_length, "5"}}).violation ==
              "an interim response with a body");
        CHECK(watch(status, 11, {{field::transfer_encoding, "chunked"}}).violation ==
              "an interim response with a body");
        // It may tell of the response to come (RFC 8297).
        CHECK(watch(status, 11, {{field::content_encoding, "br"}}).violation.empty());
    }
}

TEST_CASE("P20: nothing of an interim response frames the one after it, but for a close that it announces") {
    for (const auto& [version, closes] : {std::pair(11, false), std::pair(11, true), std::pair(10, false)}) {
        framing_guard guard(framing_guard::codings::gzip);
        CHECK(guard.status_line(103, version).empty());
        CHECK(guard.field(field::content_length, "0").empty());
        CHECK(guard.field(field::content_encoding, "gzip").empty());
        CHECK(guard.field(field::keep_alive, "timeout=5").empty());
        if (closes) CHECK(guard.field(field::connection, "close").empty());
        CHECK(guard.header_end().empty());
        guard.next();
        CHECK(guard.status_line(200, 11).empty());
        CHECK(guard.field(field::content_length, "7").empty());
        CHECK(guard.header_end().empty());
        CHECK_FALSE(guard.gzip());
        CHECK_FALSE(guard.idle_timeout());
        CHECK(guard.reusable() == (version == 11 && !closes));
    }
}

TEST_CASE("framing: a Content-Length is one number, however often it is said") {
    for (const std::string_view good :
         {"0", "5", "005", "18446744073709551615", " 5", "5 ", "\t5\t", "5,5", "5, 5", "5 ,\t05,5"}) {
        CAPTURE(good);
        CHECK_FALSE(refused({{field::content_length, good}}));
    }
    for (const std::string_view bad : {"", " ", "-1", "+1", "0x5", "5.0", "1e3", "5 5", "5,", ",5", "5,,5",
                                       "5, 6", "5, a", "a", "5\v", "\xD9\xA5", "18446744073709551616"}) {
        CAPTURE(bad);
        CHECK(refused({{field::content_length, bad}}));
    }
    CHECK(refused({{field::content_length, std::string_view("5\0", 2)}}));
    CHECK(watch(200, 11, {{field::content_length, "5"}, {field::content_length, "5, 05"}}).kind ==
          framing::length);
    const std::string_view differ = "two values of Content-Length that differ";
    CHECK(watch(200, 11, {{field::content_length, "0"}, {field::content_length, "5"}}).violation == differ);
    CHECK(watch(200, 11, {{field::content_length, "5, 6"}}).violation == differ);
}

TEST_CASE("framing: a Transfer-Encoding is chunked and nothing else, once, and not in HTTP/1.0") {
    for (const std::string_view good : {"chunked", "Chunked", "CHUNKED", " chunked", "chunked\t"}) {
        CAPTURE(good);
        CHECK(watch(200, 11, {{field::transfer_encoding, good}}).kind == framing::chunked);
    }
    for (const std::string_view bad :
         {"", "xchunked", "chunkedx", "chunked,", ",chunked", "chunked, chunked", "gzip, chunked",
          "chunked, gzip", "identity", "chunked;q=1", "\"chunked\"", "chun ked", "\vchunked"}) {
        CAPTURE(bad);
        CHECK(refused({{field::transfer_encoding, bad}}));
    }
    CHECK(refused({{field::transfer_encoding, "chunked"}, {field::transfer_encoding, "chunked"}}));
    CHECK(refused(200, 10, {{field::transfer_encoding, "chunked"}}));
}

TEST_CASE("framing: a length beside chunks is refused, whichever comes first") {
    CHECK(refused({{field::transfer_encoding, "chunked"}, {field::content_length, "5"}}));
    CHECK(refused({{field::content_length, "5"}, {field::transfer_encoding, "chunked"}}));
    CHECK(refused({{field::content_length, "0"}, {field::transfer_encoding, "chunked"}}));
    CHECK(refused(304, 11, {{field::content_length, "5"}, {field::transfer_encoding, "chunked"}}));
}

TEST_CASE("framing: a 204 that speaks of a body is refused") {
    CHECK(refused(204, 11, {{field::content_length, "5"}}));
    CHECK(refused(204, 11, {{field::content_length, "01"}}));
    CHECK(refused(204, 11, {{field::transfer_encoding, "chunked"}}));
}

TEST_CASE("framing: a content coding that nobody asked for is refused") {
    for (const std::string_view bad :
         {"gzip", "br", "deflate", "identity, gzip", "gzip, identity", "identityx"}) {
        CAPTURE(bad);
        CHECK(refused({{field::content_encoding, bad}}));
    }
    for (const std::string_view good : {"identity", "Identity", "", " "})
        CHECK_FALSE(refused({{field::content_encoding, good}}));
}

TEST_CASE("framing: a connection is used again only when HTTP/1.1 keeps it open and the end is known") {
    const auto reusable = [](int version, std::string_view connection) {
        return watch(200, version, {{field::connection, connection}, {field::content_length, "1"}}).reusable;
    };
    for (const std::string_view open :
         {"", "keep-alive", "Keep-Alive, foo", "closed", "not-close", "clos", "close-notify"}) {
        CAPTURE(open);
        CHECK(reusable(11, open));
        CHECK_FALSE(reusable(10, open));
    }
    for (const std::string_view closed :
         {"close", "CLOSE", " close ", "keep-alive, close", "close,keep-alive", "foo ,\tClose", ",,close,"}) {
        CAPTURE(closed);
        CHECK_FALSE(reusable(11, closed));
    }
    CHECK_FALSE(watch(200, 11, {}).reusable);
    CHECK_FALSE(watch(200, 11, {{field::connection, "keep-alive"}}).reusable);
    CHECK(watch(200, 11, {{field::transfer_encoding, "chunked"}}).reusable);
    // Said once in any of several lines.
    CHECK_FALSE(
        watch(200, 11,
              {{field::connection, "close"}, {field::connection, "keep-alive"}, {field::content_length, "1"}})
            .reusable);
    CHECK_FALSE(watch(204, 11, {{field::connection, "close"}}).reusable);
}

TEST_CASE("framing: nothing is reusable before the header has ended") {
    framing_guard guard;
    CHECK_FALSE(guard.reusable());
    CHECK(guard.status_line(200, 11).empty());
    CHECK(guard.field(field::content_length, "1").empty());
    CHECK_FALSE(guard.reusable());
}

TEST_CASE("framing: the time that a peer keeps an idle connection is read when it is a plain number") {
    const auto timeout = [](std::string_view value) {
        const seen s = watch(200, 11, {{field::keep_alive, value}, {field::content_length, "1"}});
        CHECK(s.violation.empty());
        return s.idle_timeout;
    };
    using std::chrono::seconds;
    CHECK(timeout("timeout=5") == seconds(5));
    CHECK(timeout("timeout=5, max=100") == seconds(5));
    CHECK(timeout("max=100 ,\tTIMEOUT=015") == seconds(15));
    CHECK(timeout("timeout=0") == seconds(0));
    CHECK(timeout("timeout=2147483647") == seconds(2147483647));
    for (const std::string_view none :
         {"", "timeout", "timeout=", "timeout=-5", "timeout=+5", "timeout=5s", "timeout=5.5",
          "timeout=2147483648", "timeout=99999999999999999999", "xtimeout=5", "max=5", "timeout =5"}) {
        CAPTURE(none);
        CHECK_FALSE(timeout(none));
    }
}
