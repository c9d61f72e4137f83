#include "proto/image/error_body.hpp"

#include "core/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using getty::connect::core::utf8_sequence;
using getty::connect::proto::describe_error_body;
using getty::connect::proto::error_name;

namespace {

std::string json(std::string_view body) { return describe_error_body("application/json", body); }
std::string html(std::string_view body) { return describe_error_body("text/html; charset=utf-8", body); }
std::string plain(std::string_view body) { return describe_error_body("text/plain", body); }

bool printable_line(std::string_view text) {
    if (text.size() > 512) return false;
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const auto byte = static_cast<unsigned char>(text.front());
        if (length == 0 || byte < 0x20 || byte == 0x7F) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace

TEST_CASE("error body: the documented form gives status and words, bare or in an array") {
    CHECK(json(R"({"status":404,"error":"No such image"})") == "404: No such image");
    CHECK(json(R"([{"status":"404","error":"No such image"}])") == "404: No such image");
    CHECK(json(R"([{"error":"No such image"}])") == "No such image");
    CHECK(json(R"({"status":404})") == "404");
}

TEST_CASE("error body: the forms of the sibling services are understood") {
    CHECK(json(R"({"message":"Unauthorized"})") == "Unauthorized");
    CHECK(json(R"({"code":"ImageNotFound","message":"It is gone"})") == "ImageNotFound: It is gone");
    CHECK(json(R"({"ErrorCode":"ImageNotFound","ErrorMessage":"It is gone"})") ==
          "ImageNotFound: It is gone");
    CHECK(json(R"({"error":"invalid_client","error_description":"Who are you?"})") ==
          "invalid_client: Who are you?");
    CHECK(json(R"({"error":"invalid_client"})") == "invalid_client");
    CHECK(json(R"({"error":{"code":17,"message":"Nested"}})") == "17: Nested");
    CHECK(json(R"("just words")") == "just words");
    CHECK(json("\xEF\xBB\xBF{\"message\":\"after a mark\"}") == "after a mark");
}

TEST_CASE("error body: the names of members count in any case") {
    CHECK(json(R"({"Message":"Not now"})") == "Not now");
    CHECK(json(R"({"errorcode":"ImageNotFound","ERRORMESSAGE":"It is gone"})") ==
          "ImageNotFound: It is gone");
    CHECK(json(R"({"Code":7,"Message":"It is gone"})") == "7: It is gone");
    CHECK(json(R"({"Error":"invalid_client","Error_Description":"Who are you?"})") ==
          "invalid_client: Who are you?");
    CHECK(json(R"({"Status":404,"Error":"No such image"})") == "404: No such image");
    CHECK(json(R"({"Error":{"Code":17,"Message":"Nested"}})") == "17: Nested");
    // What has the name as it is goes before what only sounds like it.
    CHECK(json(R"({"MESSAGE":"second","message":"first"})") == "first");
}

TEST_CASE("error body: what it calls its error") {
    CHECK(error_name(R"({"error":"invalid_grant","error_description":"too old"})") == "invalid_grant");
    CHECK(error_name(R"({"ErrorCode":"ImageNotFound","ErrorMessage":"gone","code":"x"})") == "ImageNotFound");
    CHECK(error_name(R"({"errorCODE":"ImageNotFound"})") == "ImageNotFound");
    CHECK(error_name("\xEF\xBB\xBF [{\"Code\":17}]") == "17");
    for (const std::string_view nameless :
         {"", "[]", "{}", "null", "invalid_grant", "<html>", R"({"message":"invalid_grant"})",
          R"({"error":["invalid_grant"]})", R"({"error":"invalid_grant")"}) {
        CAPTURE(nameless);
        CHECK(error_name(nameless).empty());
    }
}

TEST_CASE("error body: what is in JSON counts, not what the header calls it") {
    CHECK(html(R"({"message":"Unauthorized"})") == "Unauthorized");
    CHECK(describe_error_body("", R"( {"message":"Unauthorized"})") == "Unauthorized");
}

TEST_CASE("error body: JSON of another form, or broken, is quoted") {
    CHECK(json(R"({"fault":{"x":1}})") == R"({"fault":{"x":1}})");
    CHECK(json(R"({"message":["a"]})") == R"({"message":["a"]})");
    CHECK(json("[]") == "[]");
    CHECK(json("[5]") == "[5]");
    CHECK(json(R"({"message":"cut)") == R"({"message":"cut)");
    CHECK(json(std::string(5000, '[')).size() <= 512);
    CHECK(json("null") == "null");
}

TEST_CASE("error body: of a page, the title speaks, else the text without markup") {
    CHECK(html("<!DOCTYPE html><html><head><TITLE lang=en>502 Bad\n Gateway</TITLE></head>"
               "<body><h1>ignored</h1></body></html>") == "502 Bad Gateway");
    CHECK(
        html(
            "<html><title> </title><body><h1>503</h1><p>Try&nbsp;later &amp; again&#33; &#x41;</p></body>") ==
        "503 Try later & again! A");
    CHECK(html("<html><script>var a = '<b>';</script><style>p{}</style><!-- > hidden --><p>seen</p>") ==
          "seen");
    CHECK(describe_error_body("", "<html><title>unlabelled</title>") == "unlabelled");
    CHECK(html("<p>a &unknown; &#; &#xZZ; &#9999999; b</p>") == "a &unknown; &#; &#xZZ; &#9999999; b");
    CHECK(html("<p>&#xD800;x</p>") == "???x");  // half a surrogate pair
    CHECK(html("<html") == "");
    CHECK(html("<html><title>never closed") == "never closed");
    CHECK(html("<html><script>never closed") == "");
}

TEST_CASE("error body: plain text is one line") {
    CHECK(plain("Not\r\n  found\t!\n") == "Not found !");
    CHECK(plain("a < b") == "a < b");
    CHECK(plain("<a> is not a page") == "<a> is not a page");
    CHECK(plain("") == "");
    CHECK(plain(" \r\n\t ") == "");
    CHECK(plain("\x1B[31mred\x1B[0m enough of it to be called text") ==
          "?[31mred?[0m enough of it to be called text");
}

TEST_CASE("error body: what is no text is named with its size") {
    CHECK(plain(std::string_view("PK\x03\x04\0\0", 6)) == "binary data of 6 bytes");
    CHECK(describe_error_body("image/jpeg", "\xFF\xD8\xFF\xE0 JFIF") == "binary data of 9 bytes");
    CHECK(plain("M\xFCnchen und viele andere St\xE4"
                "dte") == "M?nchen und viele andere St?dte");  // Latin-1, still text
}

TEST_CASE("error body: the result is bounded and printable whatever the body") {
    for (const std::string& text :
         {std::string(100'000, 'x'), std::string(2000, ' ') + std::string(2000, 'y'),
          std::string("\xC3\xBC\xE2\x82\xAC") + std::string(600, '\xBC')}) {
        for (const std::string& body :
             {text, R"({"message":")" + text + "\"}",
              R"({"code":")" + text + R"(","message":")" + text + "\"}", "<html><title>" + text + "</title>",
              "<html><body>" + text, R"({"message":"a\u0000\u001b[2J\u009b\n)" + text + "\"}"}) {
            CHECK(printable_line(json(body)));
            CHECK(printable_line(html(body)));
            CHECK(printable_line(plain(body)));
        }
    }
    CHECK(json(R"({"message":"a\u0000\u001b[2J\u009bz"})") == "a??[2J?z");
}
