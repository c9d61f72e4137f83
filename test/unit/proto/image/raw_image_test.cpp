#include "proto/image/raw_image.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace getty::connect::proto;

namespace {

std::string_view found(std::string_view body, std::string_view id = "1") {
    std::string_view object = "untouched";
    const auto failure = find_raw_image(body, id, object);
    if (failure) FAIL_CHECK(body << ": " << failure->describe());
    return object;
}

decode_failure failure_of(std::string_view body, std::string_view id = "1") {
    std::string_view object = "untouched";
    const auto failure = find_raw_image(body, id, object);
    if (!failure) FAIL_CHECK("accepted: " << body);
    CHECK(object == "untouched");
    return failure.value_or(decode_failure{});
}

decode_failure failure_of_member(const std::string& member) {
    return failure_of("{\"Images\":[{" + member + "}]}");
}

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

}  // namespace

TEST_CASE("raw image: the object comes as it stands, braces included") {
    CHECK(found(R"({"CoordinationId":"c","Images":[{"ImageId":"1","x":[{"y":"}]"}]}],"z":0})") ==
          R"({"ImageId":"1","x":[{"y":"}]"}]})");
    CHECK(found("[{}]") == "{}");
    CHECK(found(" [ \n{ \"ImageId\" :\t\"1\" , \"a\" : -1.5e3 }\r\n ] ") ==
          "{ \"ImageId\" :\t\"1\" , \"a\" : -1.5e3 }");
    CHECK(found("\xEF\xBB\xBF[{\"a\":true}]") == "{\"a\":true}");
    CHECK(found(R"([{"a":"\\","b":"\"]}","ImageId":"1"}])") == R"({"a":"\\","b":"\"]}","ImageId":"1"})");
    CHECK(found("[{\"a\":\"M\xC3\xBCnchen \xF0\x9F\x93\xB7\"}]") ==
          "{\"a\":\"M\xC3\xBCnchen \xF0\x9F\x93\xB7\"}");
}

TEST_CASE("raw image: of several, the first with the wanted id is taken") {
    CHECK(found(R"([{"ImageId":"0"},{},{"ImageId":"1","a":1},{"ImageId":"1","a":2},{"ImageId":7},5])") ==
          R"({"ImageId":"1","a":1})");
    CHECK(found(R"({"Images":[{"ImageId":"2"}],"Images":[{"ImageId":"1"}]})") == R"({"ImageId":"1"})");
    CHECK(found(R"([{"ImageId":"2","ImageId":"1"}])") == R"({"ImageId":"2","ImageId":"1"})");
}

TEST_CASE("raw image: the id of a nested object is not the image's") {
    CHECK(found(R"([{"x":{"ImageId":"2"},"y":[{"ImageId":"3"}],"z":"ImageId"}])") ==
          R"({"x":{"ImageId":"2"},"y":[{"ImageId":"3"}],"z":"ImageId"})");
    CHECK(failure_of(R"([{"x":{"ImageId":"1"},"ImageId":"2"}])").kind == decode_kind::wrong_image);
}

TEST_CASE("raw image: one alone may have no id, several may not") {
    for (const std::string_view body : {R"([{"a":1}])", R"([{"ImageId":null}])", R"([{"ImageId":""}])",
                                        R"([null,{"a":1},null,""])", R"([{"ImageId":"9","ImageId":null}])"}) {
        CAPTURE(body);
        CHECK(found(body).front() == '{');
    }
    CHECK(failure_of(R"([{"a":1},{"b":1}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"a":1},{"ImageId":"2"}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"ImageId":"2"},{"a":1}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"ImageId":"1","ImageId":null},{"ImageId":"2"}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"ImageId":"1","ImageId":"2"}])").kind == decode_kind::wrong_image);
}

TEST_CASE("raw image: ids and keys written with escapes compare by what they mean") {
    CHECK(found(R"([{"ImageId":"\u0031"}])") == R"({"ImageId":"\u0031"})");
    CHECK(found("[{\"Image\\u0049d\":\"\xC3\xBC-\\/1\"}]", "\xC3\xBC-/1").size() == 25);
    CHECK(found(R"({"\u0049mages":[{"ImageId":"\ud83d\udcf7"}]})", "\xF0\x9F\x93\xB7") ==
          R"({"ImageId":"\ud83d\udcf7"})");
    CHECK(failure_of(R"([{"ImageId":"\u0032"}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"ImageId":"1\u0000"}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"ImageId":"\ud83d"}])").kind == decode_kind::invalid_utf8);
    CHECK(failure_of(R"([{"ImageId":"2"}])").detail == "asked for 1, got 2");
}

TEST_CASE("raw image: a document without images says so") {
    for (const std::string_view body :
         {"{}", "[]", R"({"Images":null})", R"({"Images":[]})", R"({"Images":""})", R"({"Images":[null]})",
          R"({"images":[{"ImageId":"1"}]})", R"({"Images":[{"ImageId":"1"}],"Images":[]})",
          R"({"Images":[{"ImageId":"1"}],"Images":null})", R"({"x":{"Images":[{"ImageId":"1"}]}})",
          R"({"status":404,"error":"no"})"}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::no_images);
    }
}

TEST_CASE("X4: the raw scan refuses what is mistyped at the levels it reads") {
    CHECK(failure_of(R"({"Images":{}})").field == "Images");
    CHECK(failure_of(R"({"Images":5})").kind == decode_kind::wrong_type);
    CHECK(failure_of(R"({"Images":[null,5]})").field == "Images[1]");
    CHECK(failure_of("[[]]").field == "[0]");
    CHECK(failure_of(R"({"Images":[{"ImageId":7}]})").field == "Images[0].ImageId");
    CHECK(failure_of(R"([{"ImageId":["1"]}])").field == "[0].ImageId");
    CHECK(failure_of(R"([{"ImageId":7}])").offset == 12);
    for (const std::string_view body : {"null", "true", "5", "-1.5", "\"text\"", "\"\""}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::not_an_object);
    }
}

TEST_CASE("X4: the raw scan finds structure that does not close, at its place") {
    const std::string whole = R"({"Images":[{"ImageId":"1","a":[1,{"b":"c\n"}],"d":null}],"e":{}})";
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        CAPTURE(cut);
        const decode_failure f = failure_of(std::string_view(whole).substr(0, cut));
        CHECK(f.kind == decode_kind::not_json);
        CHECK(f.offset <= cut);
    }
    for (const std::string_view body : {"[{]",
                                        "[}",
                                        "[{\"a\":[}]",
                                        "[{\"a\":{]}]",
                                        "[{\"a\":[[}]]}]",
                                        "[{\"a\":[{]}]}]",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":1,}",
                                        "{a:1}",
                                        "['a']",
                                        "[{\"a\":1 2}]",
                                        "[{\"a\" 1}]",
                                        "[{,}]",
                                        "[{\"a\":NaN}]",
                                        "[{\"a\":tru}]",
                                        "[{\"a\":+1}]",
                                        "[{\"a\":.5}]",
                                        "[{\"a\":[\xC3\xBC]}]",
                                        "[{\"a\":[\x01]}]",
                                        "[{\"a\":[\\]}]",
                                        "[{}",
                                        "[{},]",
                                        "[,{}]",
                                        "[{\"a\":1]}",
                                        "nul",
                                        "<html>",
                                        "/**/[{}]"}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::not_json);
    }
    CHECK(failure_of("").detail == "the body is empty");
    CHECK(failure_of("<html>").detail == "it looks like HTML");
}

TEST_CASE("X4: the raw scan refuses control characters and unknown escapes in strings, wherever they stand") {
    for (std::size_t before : {0U, 1U, 7U, 8U, 14U, 15U, 16U, 17U, 31U, 32U, 33U}) {
        const std::string run(before, 'a');
        for (int control = 0; control < 0x20; ++control) {
            const std::string text = "\"" + run + static_cast<char>(control) + "bbbbbbbbbbbbbbbbbbbbb\"";
            const decode_failure f = failure_of("[{\"x\":" + text + "}]");
            CHECK(f.kind == decode_kind::not_json);
            CHECK(f.offset == 7 + before);
            CHECK(failure_of("[{\"x\":[{" + text + ":1}]}]").kind == decode_kind::not_json);
            CHECK(failure_of("[{\"x\":[{" + text + ":1}]}]").offset == 9 + before);
        }
        CHECK(failure_of("[{\"x\":\"" + run + "\\q\"}]").offset == 8 + before);
        CHECK(failure_of("[{\"x\":[\"" + run + "\\q\"]}]").offset == 9 + before);
        CHECK(found("[{\"x\":\"" + run + "\x7F\"}]").size() == 8 + before + 1);
    }
}

TEST_CASE("X4: the raw scan refuses a body that is not UTF-8, whichever image is wanted") {
    for (const std::string_view bytes :
         {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE2\x82", "\xC3("}) {
        for (std::size_t before : {0U, 5U, 20U, 40U}) {
            const std::string text = std::string(before, 'a') + std::string(bytes);
            CHECK(failure_of_member("\"a\":\"" + text + "\"").kind == decode_kind::invalid_utf8);
            CHECK(failure_of_member("\"a\":\"" + text + "\"").offset == 17 + before);
            CHECK(failure_of_member("\"ImageId\":\"1\",\"a\":[{\"" + text + "\":0}]").kind ==
                  decode_kind::invalid_utf8);
            CHECK(failure_of("[{\"a\":\"" + text + "\"},{\"ImageId\":\"1\"}]").kind ==
                  decode_kind::invalid_utf8);
            CHECK(failure_of("[{\"ImageId\":\"1\"},{\"a\":\"" + text + "\"}]").offset == 23 + before);
        }
    }
}

TEST_CASE("X4: the raw scan limits nesting to 32 levels") {
    CHECK(found(R"({"Images":[{"x":)" + nested(29) + "}]}").size() == 6 + 58);
    CHECK(failure_of(R"({"Images":[{"x":)" + nested(30) + "}]}").kind == decode_kind::too_deep);
    CHECK(found(R"([{"x":)" + nested(30) + "}]").size() == 6 + 60);
    CHECK(failure_of(R"([{"x":)" + nested(31) + "}]").kind == decode_kind::too_deep);
    CHECK(failure_of("{\"x\":" + nested(32) + "}").kind == decode_kind::too_deep);
    CHECK(failure_of("{\"x\":" + std::string(1'000'000, '[')).kind == decode_kind::too_deep);
}

TEST_CASE("X4: the raw scan refuses data after the document, at its place") {
    for (const std::string_view more : {"x", "{}", "]", ",", "\"\"", "\x01"}) {
        CAPTURE(more);
        const decode_failure f = failure_of("[{}] \n" + std::string(more));
        CHECK(f.kind == decode_kind::trailing_data);
        CHECK(f.offset == 6);
    }
    CHECK(failure_of(std::string("[{}]\0", 5)).kind == decode_kind::trailing_data);
}

TEST_CASE("raw image: strings and brackets are told apart wherever a block of the scan ends") {
    for (std::size_t before = 0; before < 140; ++before) {
        const std::string run(before, 'r');
        for (const std::string_view piece :
             {"\\\"", "\\\\", "]}", "{[", "\\\\\\\"[", "\\u005d", "\xC3\xBC}", ""}) {
            const std::string object =
                "{\"a\":[[\"" + run + std::string(piece) + "\",{\"b\":[]}],\"]\"],\"c\":1}";
            CHECK(found("[" + object + "]") == object);
            CHECK(failure_of("[" + object.substr(0, object.size() - 8) + ",\"c\":1}]").kind ==
                  decode_kind::not_json);
        }
        CHECK(failure_of("[{\"a\":[\"" + run + "\\").kind == decode_kind::not_json);
        CHECK(failure_of("[{\"a\":[\"" + run).detail == "unterminated string");
    }
}
