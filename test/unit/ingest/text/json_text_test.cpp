#include "ingest/text/json_text.hpp"

#include "core/utf8.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace getty::connect;
using namespace getty::connect::ingest;
using namespace std::string_literals;

namespace {

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("json text: a string of every character reads back as it was") {
    // Oracle: Boost.JSON's parser.
    std::string all;
    for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
    all += "M\xC3\xBCnchen \xE6\x9D\xB1\xE4\xBA\xAC \xF0\x9F\x93\xB7";
    CHECK(boost::json::parse(quoted(all)).as_string() == all);
}

TEST_CASE("json text: a string holds no control character, whatever is put in") {
    std::string all;
    for (int c = 0; c < 0x100; ++c) all += static_cast<char>(c);
    for (const char c : quoted(all)) {
        CHECK(static_cast<unsigned char>(c) >= 0x20);
        CHECK(c != 0x7F);
    }
}

TEST_CASE("json text: ill-formed UTF-8 becomes U+FFFD and swallows nothing after it") {
    // Table 3-7 of the Unicode standard: overlong, surrogate, beyond U+10FFFF, cut, stray.
    for (const std::string& bad : {"\xC0\x80"s, "\xE0\x80\x80"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s,
                                   "\xF5"s, "\xFF"s, "\x80"s, "\xE2\x82"s, "\xC3"s}) {
        CAPTURE(bad);
        CHECK_FALSE(core::is_utf8(bad));
        const boost::json::value read = boost::json::parse(quoted(bad + "\"x"));
        CHECK(read.as_string().ends_with("\"x"));
        CHECK(read.as_string().starts_with("\xEF\xBF\xBD"));
    }
    CHECK(core::is_utf8(""));
    CHECK(core::is_utf8("\xF4\x8F\xBF\xBF"));
    CHECK(core::is_utf8("\xED\x9F\xBF"));
}

TEST_CASE("json text: every code has an identifier of its own") {
    std::set<std::string_view> seen;
    for (int code = static_cast<int>(errc::invalid_id); code <= static_cast<int>(errc::wrong_image); ++code) {
        const std::string_view name = identifier(static_cast<errc>(code));
        CAPTURE(code);
        CHECK(name != "unknown");
        CHECK(seen.insert(name).second);
    }
    CHECK(identifier(errc::not_found) == "not_found");
}

TEST_CASE("json text: an image line carries the image as it came, and what is known of its lookup") {
    std::string out;
    append_image_line(out, "834\"54800", R"({"ImageId": "834"})", {});
    CHECK(out == R"({"id":"834\"54800","image":{"ImageId": "834"}})");
    out.clear();
    append_image_line(out, "834", R"({"ImageId": "834"})", R"({"ms":7})");
    CHECK(out == R"({"id":"834","image":{"ImageId": "834"},"meta":{"ms":7}})");
}

TEST_CASE("json text: an error line tells code, kind, status, stage, message and attempts") {
    std::string out;
    append_error_line(out, "404", error(errc::not_found, stage::read, "no \"such\" image").with_status(404),
                      1, {});
    CHECK(out == R"({"id":"404","error":{"code":"not_found","kind":"not_found","status":404,"stage":"read",)"
                 R"("message":"no \"such\" image","attempts":1}})");
}

TEST_CASE("json text: an error line without status, words or id says null and the code's own words") {
    std::string out;
    append_error_line(out, {}, error(errc::connect_failed, stage::connect), 0, 17);
    CHECK(
        out ==
        R"({"id":null,"error":{"code":"connect_failed","kind":"unreachable","status":null,"stage":"connect",)"
        R"("message":"no connection to the service","attempts":0},"line":17})");
    out.clear();
    append_error_line(out, "1", error(errc::connect_failed, stage::connect), 2, {}, R"({"ms":7})");
    CHECK(out.ends_with(R"("attempts":2},"meta":{"ms":7}})"));
}
