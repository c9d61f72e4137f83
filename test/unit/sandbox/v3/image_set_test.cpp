// What the sandbox answers in v3 is what the library reads.
#include "support/image_set.hpp"

#include "sandbox/v3/answer.hpp"
#include "sandbox/v3/image_v3.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace getty::connect;
using namespace getty::connect::sandbox;

namespace {

constexpr v3::field_set everything = (v3::field_set{1} << 49) - 1;

/// A made-up answer of `count` images from `first` on, each tenth id not found.
std::string answer(std::size_t first, std::size_t count, v3::field_set fields, v3_dates dates,
                   v3_nothing_missing form) {
    v3::found_set found;
    for (std::size_t i = first; i < first + count; ++i) {
        std::string id = std::to_string(10'000'001 + i * 7);
        if (i % 10 == 9) {
            found.missing.push_back(std::move(id));
            continue;
        }
        std::string json;
        v3::append_image(json, id, i % 5, fields, dates);
        found.images.push_back({std::move(id), std::move(json)});
    }
    v3::shuffle(found.images);
    std::string body;
    v3::append_found(body, found, form);
    return body;
}

}  // namespace

TEST_CASE(
    "v3 image set: the library reads thousands of images of the sandbox as Boost.JSON's document says them") {
    proto::image_set_decoder decoder;
    std::size_t images = 0;
    std::size_t missing = 0;
    for (std::size_t turn = 0; turn < 100; ++turn) {
        // all fields, or some of them, so that keys come in more than one order
        const v3::field_set fields =
            turn % 3 == 0 ? everything : everything & (turn * 0x9E37'79B9'7F4A'7C15 | v3::summary_set());
        const std::size_t count = turn % 4 == 0 ? 1 : 70;
        const std::string body =
            answer(turn * 70, count, fields, turn % 2 == 0 ? v3_dates::mixed : v3_dates::utc,
                   turn % 5 == 0 ? v3_nothing_missing::null : v3_nothing_missing::empty_list);
        CAPTURE(body);
        test::told_images typed;
        const auto failure = decoder.decode(body, typed);
        if (failure) FAIL(failure->describe());
        REQUIRE(test::difference(typed, body) == "");
        test::told_objects raw;
        REQUIRE_FALSE(proto::find_raw_images(body, raw).has_value());
        REQUIRE(raw.ids == typed.ids);
        REQUIRE(raw.missing == typed.missing);
        images += typed.ids.size();
        missing += typed.missing.size();
    }
    CHECK(images > 4'500);
    CHECK(missing > 500);
}
