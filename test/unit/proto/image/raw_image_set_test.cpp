#include "proto/image/image_set.hpp"
#include "support/image_set.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect::proto;

namespace {

using texts = std::vector<std::string>;
using views = std::vector<std::string_view>;

test::told_objects found(std::string_view body) {
    test::told_objects told;
    const auto failure = find_raw_images(body, told);
    if (failure) FAIL_CHECK(body << ": " << failure->describe());
    return told;
}

decode_failure failure_of(std::string_view body) {
    test::told_objects told;
    const auto failure = find_raw_images(body, told);
    if (!failure) FAIL_CHECK("accepted: " << body);
    return failure.value_or(decode_failure{});
}

std::string nested(int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
}

}  // namespace

TEST_CASE("raw image set: each object is handed out byte for byte, from within the body") {
    const std::string body =
        "\xEF\xBB\xBF { \"x\" : [ {\"id\":\"no\"} ],\r\n\"images\" : [ { \"id\" : \"1\",\n "
        "\"title\":\"}\\\"\" } ,null,\"\","
        "{\"a\":{\"id\":\"no\"},\"id\":\"200261415-001\"}] , "
        "\"images_not_found\":[\"9\",null,\"\",\"\\u0038\"] }\n";
    const test::told_objects told = found(body);
    CHECK(told.ids == texts{"1", "200261415-001"});
    CHECK(told.objects == views{"{ \"id\" : \"1\",\n \"title\":\"}\\\"\" }",
                                "{\"a\":{\"id\":\"no\"},\"id\":\"200261415-001\"}"});
    CHECK(told.missing == texts{"9", "8"});
    CHECK(told.objects.at(0).data() == body.data() + body.find("{ \"id\""));
}

TEST_CASE("raw image set: ids and keys may be written with escapes, and the last id counts") {
    const test::told_objects told = found(
        R"({"\u0069mages":[{"\u0069d":"\u0031"},{"id":"no","id":"2"},{"id":"a\/b\ud83d\udcf7\""}],"images\u005fnot_found":["\n"]})");
    CHECK(told.ids == texts{"1", "2", "a/b\xF0\x9F\x93\xB7\""});
    CHECK(told.missing == texts{"\n"});
}

TEST_CASE("raw image set: images without an id are counted") {
    const test::told_objects told =
        found(R"({"images":[{},{"id":null},{"id":""},{"id":"1","id":null},{"id":"2"}]})");
    CHECK(told.without_id == 4);
    CHECK(told.ids == texts{"2"});
}

TEST_CASE("raw image set: each of the two lists may be missing or blank, but not both missing") {
    for (const std::string_view nothing : {"null", "[]", "\"\"", "[null]", "[\"\",null]"}) {
        const std::string blank(nothing);
        for (const std::string& body : {"{\"images\":" + blank + "}", "{\"images_not_found\":" + blank + "}",
                                        "{\"images_not_found\":" + blank + ",\"images\":" + blank + "}"}) {
            const test::told_objects told = found(body);
            CHECK(told.ids.empty());
            CHECK(told.missing.empty());
            CHECK(told.without_id == 0);
        }
    }
    const test::told_objects twice = found(
        R"({"images":[{"id":"1"}],"images_not_found":["5"],"images":[{"id":"2"}],"images_not_found":["6"]})");
    CHECK(twice.ids == texts{"1", "2"});
    CHECK(twice.missing == texts{"5", "6"});
    for (const std::string_view body :
         {"{}", R"({"Images":[]})", R"({"x":{"images":[]}})", R"({"ErrorCode":"ImageNotFound"})"}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::no_images);
        CHECK(failure_of(body).field == "images");
    }
}

TEST_CASE("X4: the raw scan of a set refuses what is mistyped at the levels it reads") {
    CHECK(failure_of(R"({"images":{}})").field == "images");
    CHECK(failure_of(R"({"images":5})").kind == decode_kind::wrong_type);
    CHECK(failure_of(R"({"images":[null,5]})").field == "images[1]");
    CHECK(failure_of(R"({"images":[{},{"id":7}]})").field == "images[1].id");
    CHECK(failure_of(R"({"images":[{"id":["1"]}]})").field == "images[0].id");
    CHECK(failure_of(R"({"images":[{"id":7}]})").offset == 17);
    CHECK(failure_of(R"({"images_not_found":{}})").field == "images_not_found");
    CHECK(failure_of(R"({"images_not_found":["1",null,7]})").field == "images_not_found[2]");
    CHECK(failure_of(R"([{"id":"1"}])").describe() == "wrong type, expected an object (at byte 0)");
    for (const std::string_view body : {"null", "true", "5", "\"text\""}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::not_an_object);
    }
}

TEST_CASE("X4: the raw scan of a set fails where a body is torn, with what came before still in the body") {
    const std::string whole =
        R"({"images":[{"id":"1","a":[1,{"b":"c\n"}],"d":null},{"id":"\u0032"}],"images_not_found":["3"]})";
    const test::told_objects all = found(whole);
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        CAPTURE(cut);
        const std::string_view body = std::string_view(whole).substr(0, cut);
        test::told_objects told;
        const auto failure = find_raw_images(body, told);
        REQUIRE(failure.has_value());
        CHECK(failure->kind == decode_kind::not_json);
        CHECK(failure->offset <= cut);
        REQUIRE(told.objects.size() <= all.objects.size());
        for (std::size_t i = 0; i < told.objects.size(); ++i) {
            CHECK(told.objects[i].data() == all.objects[i].data());
            CHECK(told.objects[i] == all.objects[i]);
        }
    }
    CHECK(failure_of("").detail == "the body is empty");
    CHECK(failure_of("<html>").detail == "it looks like HTML");
    CHECK(failure_of("{\"images\":[]}x").offset == 13);
    CHECK(failure_of("{\"images\":[{\"x\":\"\xFF\"}]}").kind == decode_kind::invalid_utf8);
    CHECK(failure_of("{\"images\":[{\"x\":\"\\ud800\"}]}").kind == decode_kind::invalid_utf8);
}

TEST_CASE("X4: the raw scan of a set limits nesting to 32 levels") {
    CHECK(found(R"({"images":[{"x":)" + nested(29) + "}]}").without_id == 1);
    CHECK(failure_of(R"({"images":[{"x":)" + nested(30) + "}]}").kind == decode_kind::too_deep);
    CHECK(failure_of("{\"x\":" + nested(32) + "}").kind == decode_kind::too_deep);
    CHECK(failure_of("{\"x\":" + std::string(1'000'000, '[')).kind == decode_kind::too_deep);
}
