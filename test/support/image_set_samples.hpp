// What the tests of image sets read, and how.
#pragma once

#include "proto/image/image_set.hpp"
#include "support/image_set.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

namespace test::image_sets {

using gc::image;
using proto::decode_failure;

struct decoded {
    std::optional<decode_failure> failure;
    told_images told;
};

inline decoded decode(std::string_view body) {
    decoded d;
    proto::image_set_decoder decoder;
    d.failure = decoder.decode(body, d.told);
    return d;
}

/// The image of a document that holds `members` beside the id.
inline image decode_members(std::string_view members) {
    decoded d = decode(R"({"images":[{"id":"1",)" + std::string(members) + "}]}");
    if (d.failure) {
        FAIL_CHECK(members << ": " << d.failure->describe());
        return {};
    }
    return *d.told.images.at(0);
}

inline decode_failure failure_of(std::string_view body) {
    decoded d = decode(body);
    if (!d.failure) FAIL_CHECK("accepted: " << body);
    return d.failure.value_or(decode_failure{});
}
inline decode_failure failure_of_member(std::string_view member) {
    return failure_of("{\"images\":[{" + std::string(member) + "}]}");
}

// The sample of the service's documents.
inline constexpr std::string_view sample =
    R"({"images":[{"id":"TST042-001","date_created":"2011-03-04T08:15:00-05:00","date_submitted":"2011-03-05T10:00:07","display_sizes":[)"
    "\n"
    R"(  {"is_watermarked":true,"name":"comp","uri":"https://media.example.test/id/TST042-001/comp.jpg?s=612x612"},)"
    "\n"
    R"(  {"is_watermarked":false,"name":"thumb","uri":"https://media.example.test/id/TST042-001/thumb.jpg","width":170,"height":113}],)"
    "\n"
    R"(  "event_ids":[],"keywords":[{"keyword_id":"910001","relevance":null,"text":"Harbour","type":"Location"},)"
    "\n"
    R"(  {"keyword_id":"910002","relevance":null,"type":"Unknown"}],"title":"Empty harbour"},)"
    "\n"
    R"( {"id":"9000000001","date_created":"2026-02-03T00:00:00Z","date_submitted":null,"display_sizes":[],)"
    "\n"
    R"(  "event_ids":[990000001],"keywords":null,"title":""}],"images_not_found":["9000000999"]})";

// Every member that the library knows, with values of the documented types.
inline constexpr std::string_view every_member = R"json({"images":[{
    "id":"200261415-001",
    "allowed_use":{"how_can_i_use_it":"Available.","release_info":"No release","usage_restrictions":["a",""]},
    "alternative_ids":{"sandbox_stock":"alt-1","other \u0026 more":null},
    "artist":"A. Rtist","artist_title":"None","asset_family":"editorial","call_for_image":true,
    "caption":"Line one\nline two \u00fc \ud83d\udcf7","city":"","collection_code":"ARF","collection_id":41,
    "collection_name":"Sport","color_type":"black_and_white","copyright":"2013","country":"Deutschland",
    "credit_line":"Getty Images","date_camera_shot":"2013-04-20T10:11:12.1234567",
    "date_created":"2013-04-21T00:00:00-07:00","date_submitted":"2013-04-22T01:02:03Z",
    "display_sizes":[
        {"is_watermarked":false,"name":"comp","uri":"http://u/c"},
        {"is_watermarked":true,"name":"comp","uri":"http://u/wc"},
        {"is_watermarked":false,"name":"preview","uri":"http://u/p","width":3,"height":2.0},
        {"is_watermarked":true,"name":"preview","uri":"http://u/wp"},
        {"name":"thumb"}],
    "download_sizes":[
        {"bytes":5242880,"downloads":[{"product_id":"4711","product_type":"premiumaccess","uri":"http://d/1",
            "agreement_name":"An agreement"},{}],"dpi":300,"height":592.0,"media_type":"image/jpeg",
            "name":"x_large","width":800},
        {}],
    "editorial_segments":["sport","news"],"editorial_source":{"id":14,"name":"Europe"},
    "event_ids":[158437120,"158437121"],"graphical_style":"photography",
    "keywords":[{"keyword_id":"1","relevance":7,"text":"Color","type":"ImageTechnique"},{"keyword_id":"2"}],
    "largest_downloads":[{"product_id":"4711","product_type":"premiumaccess","uri":"http://d/2",
        "agreement_name":"Another"}],
    "license_model":"rightsmanaged","max_dimensions":{"height":2957,"width":1970},"object_name":"OBJ",
    "orientation":"PanoramicVertical","people":["A Person"],"product_types":["easyaccess","aigen"],
    "quality_rank":2,"referral_destinations":[{"site_name":"gettyimages","uri":"http://r/1"}],
    "state_province":null,"title":"A title","uri_oembed":"http://o/1"}],"images_not_found":null})json";

}  // namespace test::image_sets
