// The bodies of v3.
#include "sandbox/v3/answer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace getty::connect::sandbox;
using v3::found_set;

namespace {

found_set of(const std::vector<std::string>& ids, const std::vector<std::string>& missing = {}) {
    found_set made;
    for (const std::string& id : ids) made.images.push_back({id, "{\"id\":\"" + id + "\"}"});
    made.missing = missing;
    return made;
}

std::string body(const found_set& found, v3_nothing_missing form = v3_nothing_missing::empty_list) {
    std::string out;
    v3::append_found(out, found, form);
    return out;
}

std::string spoiled(std::string_view spec, found_set found, const std::string& id) {
    v3::spoil(found, parse_fault(spec).value(), id);
    return body(found);
}

}  // namespace

TEST_CASE("v3 answer: what is missing is listed, nothing missing is told as the switch says") {
    CHECK(body(of({"1"})) == R"({"images":[{"id":"1"}],"images_not_found":[]})");
    CHECK(body(of({"1"}), v3_nothing_missing::null) == R"({"images":[{"id":"1"}],"images_not_found":null})");
    CHECK(body(of({"1"}), v3_nothing_missing::absent) == R"({"images":[{"id":"1"}]})");
    for (const auto form :
         {v3_nothing_missing::empty_list, v3_nothing_missing::null, v3_nothing_missing::absent}) {
        CHECK(body(of({"1", "2"}, {"3", "\"é"}), form) ==
              R"({"images":[{"id":"1"},{"id":"2"}],"images_not_found":["3","\"é"]})");
        CHECK(body(of({}, {"3"}), form) == R"({"images":[],"images_not_found":["3"]})");
    }
}

TEST_CASE("v3 answer: shuffled images come in another order than asked for, the same one each time") {
    for (std::size_t count = 0; count < 40; ++count) {
        CAPTURE(count);
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < count; ++i) ids.push_back(std::to_string(1'000 + i * 3));
        const auto shuffled = [&](std::vector<std::string> in) {
            found_set found = of(in);
            v3::shuffle(found.images);
            std::vector<std::string> out;
            for (const auto& one : found.images) out.push_back(one.id);
            return out;
        };
        const std::vector<std::string> first = shuffled(ids);
        CHECK(shuffled(ids) == first);
        CHECK((first != ids) == (count > 1));
        CHECK((shuffled(first) != first) == (count > 1));
        std::vector<std::string> sorted = first;
        std::sort(sorted.begin(), sorted.end());
        CHECK(sorted == ids);
    }
}

TEST_CASE("v3 answer: a fault changes the set of images, and nothing else") {
    const found_set three = of({"1", "2", "3"}, {"9"});
    const std::string end = R"(],"images_not_found":["9"]})";
    CHECK(spoiled("omit", three, "2") == R"({"images":[{"id":"1"},{"id":"3"})" + end);
    CHECK(spoiled("omit", three, "9") ==
          R"({"images":[{"id":"1"},{"id":"2"},{"id":"3"}],"images_not_found":[]})");
    CHECK(spoiled("reorder", three, "1") == R"({"images":[{"id":"3"},{"id":"2"},{"id":"1"})" + end);
    CHECK(spoiled("duplicate-image", three, "2") ==
          R"({"images":[{"id":"1"},{"id":"2"},{"id":"3"},{"id":"2","title":"A second answer"})" + end);
    // about an id that has no image: another one is spoiled in its place
    CHECK(spoiled("duplicate-image", three, "9").ends_with(R"({"id":"1","title":"A second answer"})" + end));
    const std::string stranger = spoiled("stranger", three, "1");
    CHECK(stranger.starts_with(R"({"images":[{"id":"10000001",)"));
    CHECK(stranger.ends_with(R"(,{"id":"1"},{"id":"2"},{"id":"3"})" + end));
    CHECK(spoiled("stranger", of({"10000001"}), "10000001").starts_with(R"({"images":[{"id":"10000002",)"));
    const std::string wrong = spoiled("wrong-image", three, "2");
    CHECK(wrong.starts_with(R"({"images":[{"id":"1"},{"id":"10000001",)"));
    CHECK(wrong.ends_with(R"(},{"id":"3"})" + end));
    CHECK(spoiled("drip", three, "1") == body(three));
}

TEST_CASE("v3 answer: errors have the form of the application's or of the gateway's") {
    std::string out;
    v3::append_application_error(out, "ImageNotFound", "Image id not found: \"1\"");
    CHECK(out == R"({"ErrorCode":"ImageNotFound","ErrorMessage":"Image id not found: \"1\""})");
    out.clear();
    v3::append_gateway_error(out, "Unauthorized");
    CHECK(out == R"({"message":"Unauthorized"})");
    CHECK(v3::error_code_of(404) == "ImageNotFound");
    CHECK(v3::error_code_of(400) == "InvalidRequest");
    CHECK(v3::error_code_of(500) == "SystemError");
    for (const int status : {401, 403, 414, 429, 502, 503, 504}) CHECK(v3::error_code_of(status).empty());
}
