// Random damage to image documents: nothing crashes, and the two readers of bodies never contradict each
// other.
#include "proto/auth/token_body.hpp"
#include "proto/image/error_body.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/image/image_fields.hpp"
#include "proto/image/raw_image.hpp"
#include "support/body_mutator.hpp"
#include "support/json_oracle.hpp"

#include <getty/connect/outcome.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

constexpr std::array<std::string_view, 5> samples = {
    R"({"CoordinationId":"c","Images":[{"ImageId":"1","Artist":"A \u00fc\n","EventId":158437120,)"
    R"("EventIds":[1,"2",3.0],"Keywords":[{"Id":"1","Text":"t","Type":null}],"Restrictions":["a",""],)"
    R"("DateCreated":"2013-04-21T00:00:00-07:00","SizesDownloadableImages":[{"InchesWidth":9.86,"SizeKey":"k"}]}]})",
    R"([{"ImageId":"0","x":[[1,-2.5e3,true,{"ImageId":"1"}]]},{"ImageId":"1","Title":"\ud83d\udcf7"},null])",
    "{ \"Images\" : [\r\n\t{ \"ImageId\" : \"\\u0031\" , \"Caption\" : \"M\xC3\xBCnchen \xE2\x82\xAC\" } ] }",
    R"({"token":{"coordination_id":"c","ssl_token":"s","token":"t","token_duration_minutes":30}})",
    "<!DOCTYPE html><html><title>502 &amp; more</title><body><p class=\"x\">text</p></body></html>"};

constexpr std::array<std::string_view, 30> pieces = {"\"",
                                                     "\\",
                                                     "{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     ",",
                                                     ":",
                                                     "null",
                                                     "true",
                                                     "0",
                                                     "-",
                                                     "1e400",
                                                     ".",
                                                     "e",
                                                     "\\u",
                                                     "\\ud800",
                                                     "\xFF",
                                                     "\xC3",
                                                     "\n",
                                                     "\x01",
                                                     " ",
                                                     "\"ImageId\":\"1\"",
                                                     "\"Images\":",
                                                     "9223372036854775808",
                                                     "<",
                                                     ">",
                                                     "&#",
                                                     "\"EventId\":\"",
                                                     "\\\\"};

/// All that an image holds, as text.
std::string fingerprint(image& picture) {
    std::string all;
    for_each_text(detail::image_access::data(picture), [&](std::string_view text) {
        all += text;
        all += '\x1F';
    });
    for (const std::int64_t id : picture.event_ids()) all += std::to_string(id) + ",";
    if (picture.event_id()) all += std::to_string(*picture.event_id());
    for (const downloadable_size& size : picture.sizes_downloadable_images()) {
        if (size.inches_width) all += std::to_string(*size.inches_width);
    }
    return all;
}

/// On one line the object says what it said.
void check_single_line(std::string_view object) {
    std::string line;
    append_single_line(line, object);
    REQUIRE(line.find_first_of("\r\n\t") == std::string::npos);
    REQUIRE(test::same_meaning(line, object));
}

}  // namespace

TEST_CASE("X4, X8: 200,000 damaged bodies crash nothing, the readers agree, and raw is JSON") {
    test::body_mutator mutate(20'260'101, samples, pieces);
    image_decoder decoder;
    image picture;
    image again;
    std::string coordination_id;
    std::size_t accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        // in memory of exactly its size, so that a sanitizer sees the first byte too far
        const std::string made = mutate.next();
        const auto block = std::make_unique_for_overwrite<char[]>(made.size());
        std::copy(made.begin(), made.end(), block.get());
        const std::string_view body(block.get(), made.size());

        std::string_view object;
        const auto typed = decoder.decode(body, "1", picture, coordination_id);
        const auto raw = find_raw_image(body, "1", object);
        if (typed) REQUIRE(typed->offset <= body.size());
        if (raw) REQUIRE(raw->offset <= body.size());
        {
            INFO(body << ": " << (raw ? raw->describe() : "accepted"));
            REQUIRE(test::same_verdict(raw, body));
        }
        if (!raw) check_single_line(object);
        if (!typed) {
            ++accepted;
            INFO(body);
            REQUIRE_FALSE(raw.has_value());
            std::string line = "[";
            append_single_line(line, object);
            line += "]";
            // the extent alone, and on one line, is the same image
            REQUIRE_FALSE(decoder.decode(line, "1", again, coordination_id).has_value());
            REQUIRE(fingerprint(again) == fingerprint(picture));
        }
        if (i % 8 == 0) {
            REQUIRE(describe_error_body("text/html", body).size() <= max_error_text_bytes);
            (void)parse_token_answer(body);
            (void)parse_oauth_answer(body);
        }
    }
    // damage that leaves nothing readable, or changes nothing, would test nothing
    CHECK(accepted > 10'000);
    CHECK(accepted < 150'000);
}
