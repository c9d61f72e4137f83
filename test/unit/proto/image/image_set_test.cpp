#include "proto/image/image_set.hpp"

#include "support/image_set.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

using texts = std::vector<std::string>;
using views = std::vector<std::string_view>;

struct decoded {
    std::optional<decode_failure> failure;
    test::told_images told;
};

decoded decode(std::string_view body) {
    decoded d;
    image_set_decoder decoder;
    d.failure = decoder.decode(body, d.told);
    return d;
}

/// The image of a document that holds `members` beside the id.
image decode_members(std::string_view members) {
    decoded d = decode(R"({"images":[{"id":"1",)" + std::string(members) + "}]}");
    if (d.failure) {
        FAIL_CHECK(members << ": " << d.failure->describe());
        return {};
    }
    return *d.told.images.at(0);
}

decode_failure failure_of(std::string_view body) {
    decoded d = decode(body);
    if (!d.failure) FAIL_CHECK("accepted: " << body);
    return d.failure.value_or(decode_failure{});
}
decode_failure failure_of_member(std::string_view member) {
    return failure_of("{\"images\":[{" + std::string(member) + "}]}");
}

std::string nested(int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
}

constexpr std::string_view sample =
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
constexpr std::string_view every_member = R"json({"images":[{
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

void check_every_member(const image& i) {
    CHECK(i.image_id() == "200261415-001");
    CHECK(i.release_message() == "No release");
    CHECK(i.restrictions() == views{"a", ""});
    CHECK(i.artist() == "A. Rtist");
    CHECK(i.artist_title() == "None");
    CHECK(i.image_family() == "editorial");
    CHECK(i.authorization_constraints() == views{"CallForImage"});
    CHECK(i.caption() == "Line one\nline two \xC3\xBC \xF0\x9F\x93\xB7");
    CHECK(i.city() == "");
    CHECK(i.collection_id() == "41");
    CHECK(i.collection_name() == "Sport");
    CHECK(i.color_type() == "black_and_white");
    CHECK(i.copyright() == "2013");
    CHECK(i.country() == "Deutschland");
    CHECK(i.credit_line() == "Getty Images");
    CHECK(i.date_created()->utc()->time_since_epoch() == std::chrono::seconds(1366527600));
    CHECK(i.date_submitted()->utc()->time_since_epoch() == std::chrono::seconds(1366592523));
    CHECK(i.editorial_segments() == views{"sport", "news"});
    CHECK(i.editorial_source_id() == "14");
    CHECK(i.editorial_source_name() == "Europe");
    CHECK(i.event_id() == 158437120);
    CHECK(i.event_ids() == std::vector<std::int64_t>{158437120, 158437121});
    CHECK(i.graphic_style() == "photography");
    REQUIRE(i.keywords().size() == 2);
    CHECK(i.keywords()[0].id == "1");
    CHECK(i.keywords()[0].text == "Color");
    CHECK(i.keywords()[0].type == "ImageTechnique");
    CHECK(i.keywords()[1].id == "2");
    CHECK_FALSE(i.keywords()[1].text.has_value());
    CHECK(i.licensing_model() == "rightsmanaged");
    CHECK(i.applicable_product_offerings() == views{"easyaccess", "aigen"});
    CHECK(i.quality_rank() == 2);
    REQUIRE(i.referral_destinations().size() == 1);
    CHECK(i.referral_destinations()[0].site_name == "gettyimages");
    CHECK(i.referral_destinations()[0].url == "http://r/1");
    REQUIRE(i.sizes_downloadable_images().size() == 2);
    const downloadable_size& size = i.sizes_downloadable_images()[0];
    CHECK(size.size_key == "x_large");
    CHECK(size.file_size_in_bytes == 5242880);
    CHECK(size.pixel_height == 592);
    CHECK(size.pixel_width == 800);
    CHECK(size.resolution_dpi == 300);
    CHECK_FALSE(size.inches_height.has_value());
    CHECK_FALSE(i.state_province().has_value());
    CHECK(i.title() == "A title");
    CHECK(i.url_comp() == "http://u/c");
    CHECK(i.url_preview() == "http://u/p");
    CHECK(i.url_watermark_comp() == "http://u/wc");
    CHECK(i.url_watermark_preview() == "http://u/wp");

    const image_v3* const v3 = i.v3();
    REQUIRE(v3 != nullptr);
    REQUIRE(v3->alternative_ids.size() == 2);
    CHECK(v3->alternative_ids[0].system == "sandbox_stock");
    CHECK(v3->alternative_ids[0].id == "alt-1");
    CHECK(v3->alternative_ids[1].system == "other & more");
    CHECK_FALSE(v3->alternative_ids[1].id.has_value());
    CHECK(v3->call_for_image == true);
    CHECK(v3->collection_code == "ARF");
    CHECK(v3->date_camera_shot->local->time_since_epoch() == std::chrono::microseconds(1366452672123456));
    CHECK(v3->date_camera_shot->utc_offset == std::chrono::minutes(0));
    REQUIRE(v3->display_sizes.size() == 5);
    CHECK(v3->display_sizes[2].name == "preview");
    CHECK(v3->display_sizes[2].uri == "http://u/p");
    CHECK(v3->display_sizes[2].is_watermarked == false);
    CHECK(v3->display_sizes[2].width == 3);
    CHECK(v3->display_sizes[2].height == 2);
    CHECK_FALSE(v3->display_sizes[4].is_watermarked.has_value());
    REQUIRE(v3->download_sizes.size() == 2);
    CHECK(v3->download_sizes[0].name == "x_large");
    CHECK(v3->download_sizes[0].media_type == "image/jpeg");
    CHECK(v3->download_sizes[0].bytes == 5242880);
    CHECK(v3->download_sizes[0].width == 800);
    CHECK(v3->download_sizes[0].height == 592);
    CHECK(v3->download_sizes[0].dpi == 300);
    REQUIRE(v3->download_sizes[0].downloads.size() == 2);
    CHECK(v3->download_sizes[0].downloads[0].product_id == "4711");
    CHECK(v3->download_sizes[0].downloads[0].product_type == "premiumaccess");
    CHECK(v3->download_sizes[0].downloads[0].uri == "http://d/1");
    CHECK(v3->download_sizes[0].downloads[0].agreement_name == "An agreement");
    CHECK_FALSE(v3->download_sizes[0].downloads[1].uri.has_value());
    CHECK(v3->download_sizes[1].downloads.empty());
    CHECK(v3->how_can_i_use_it == "Available.");
    CHECK(v3->keyword_relevance == std::vector<std::optional<std::int64_t>>{7, std::nullopt});
    REQUIRE(v3->largest_downloads.size() == 1);
    REQUIRE(v3->largest_downloads[0].downloads.size() == 1);
    CHECK(v3->largest_downloads[0].downloads[0].uri == "http://d/2");
    CHECK(v3->largest_downloads[0].downloads[0].agreement_name == "Another");
    CHECK_FALSE(v3->largest_downloads[0].name.has_value());
    CHECK(v3->max_dimensions->width == 1970);
    CHECK(v3->max_dimensions->height == 2957);
    CHECK(v3->object_name == "OBJ");
    CHECK(v3->orientation == "PanoramicVertical");
    CHECK(v3->people == views{"A Person"});
    CHECK(v3->uri_oembed == "http://o/1");
}

}  // namespace

TEST_CASE("image set: of the service's sample each image arrives, and the id that is not found") {
    const decoded d = decode(sample);
    REQUIRE_FALSE(d.failure.has_value());
    REQUIRE(d.told.ids == texts{"TST042-001", "9000000001"});
    CHECK(d.told.missing == texts{"9000000999"});
    CHECK(d.told.without_id == 0);

    const image& first = *d.told.images[0];
    CHECK(first.image_id() == "TST042-001");
    CHECK(first.title() == "Empty harbour");
    CHECK(first.date_created()->utc()->time_since_epoch() == std::chrono::seconds(1299244500));
    CHECK(first.date_submitted()->utc()->time_since_epoch() == std::chrono::seconds(1299319207));
    CHECK(first.url_watermark_comp() == "https://media.example.test/id/TST042-001/comp.jpg?s=612x612");
    CHECK_FALSE(first.url_comp().has_value());
    CHECK_FALSE(first.url_preview().has_value());
    CHECK(first.event_ids().empty());
    CHECK_FALSE(first.event_id().has_value());
    REQUIRE(first.keywords().size() == 2);
    CHECK(first.keywords()[0].text == "Harbour");
    CHECK_FALSE(first.keywords()[1].text.has_value());
    REQUIRE(first.v3() != nullptr);
    CHECK(first.v3()->keyword_relevance.empty());
    CHECK(first.v3()->display_sizes.at(1).width == 170);
    CHECK(first.v3()->state("event_ids") == member_state::empty);
    CHECK(first.v3()->state("keywords") == member_state::present);
    CHECK(first.v3()->state("artist") == member_state::absent);

    const image& second = *d.told.images[1];
    CHECK(second.image_id() == "9000000001");
    CHECK(second.title() == "");
    CHECK(second.date_created()->utc_offset == std::chrono::minutes(0));
    CHECK_FALSE(second.date_submitted().has_value());
    CHECK(second.event_id() == 990000001);
    CHECK(second.keywords().empty());
    REQUIRE(second.v3() != nullptr);
    CHECK(second.v3()->state("title") == member_state::empty);
    CHECK(second.v3()->state("date_submitted") == member_state::null);
    CHECK(second.v3()->state("display_sizes") == member_state::empty);
    CHECK(second.v3()->state("keywords") == member_state::null);
    CHECK(second.v3()->state("event_ids") == member_state::present);
}

TEST_CASE("image set: every member of an image of v3 arrives, under its Connect name where it has one") {
    const decoded d = decode(every_member);
    if (d.failure) FAIL(d.failure->describe());
    REQUIRE(d.told.images.size() == 1);
    check_every_member(*d.told.images[0]);
}
