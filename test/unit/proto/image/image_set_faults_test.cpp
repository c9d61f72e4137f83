// Bodies of v3 that are not what they should be.
#include "support/image_set_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::proto;
using namespace test::image_sets;

namespace {

using texts = std::vector<std::string>;
using views = std::vector<std::string_view>;

std::string nested(int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
}

}  // namespace

TEST_CASE("X4: of duplicate keys in an image of v3 the last one counts") {
    const image i = decode_members(R"("title":"a","title":"b","artist":"a","artist":null,"quality_rank":1,
        "quality_rank":"","people":["a"],"people":["b"],"keywords":[{"text":"a"},{}],"keywords":[{"text":"a","text":"b"}],
        "max_dimensions":{"width":1,"height":2},"max_dimensions":{"width":3},
        "allowed_use":{"release_info":"a","usage_restrictions":["a"]},"allowed_use":{"how_can_i_use_it":"b"},
        "editorial_source":{"id":1,"name":"a"},"editorial_source":{"name":"b"},
        "alternative_ids":{"a":"1"},"alternative_ids":{"b":"2"},
        "download_sizes":[{"name":"a","downloads":[{}]},{}],"download_sizes":[{"name":"b","downloads":[{}],"downloads":null}],
        "date_created":"2026-02-03","date_created":"","display_sizes":[{}],"display_sizes":null)");
    CHECK(i.title() == "b");
    CHECK_FALSE(i.artist().has_value());
    CHECK_FALSE(i.quality_rank().has_value());
    CHECK(i.v3()->people == views{"b"});
    REQUIRE(i.keywords().size() == 1);
    CHECK(i.keywords()[0].text == "b");
    CHECK(i.v3()->max_dimensions->width == 3);
    CHECK_FALSE(i.v3()->max_dimensions->height.has_value());
    CHECK_FALSE(i.release_message().has_value());
    CHECK(i.restrictions().empty());
    CHECK(i.v3()->how_can_i_use_it == "b");
    CHECK_FALSE(i.editorial_source_id().has_value());
    CHECK(i.editorial_source_name() == "b");
    REQUIRE(i.v3()->alternative_ids.size() == 1);
    CHECK(i.v3()->alternative_ids[0].system == "b");
    REQUIRE(i.v3()->download_sizes.size() == 1);
    CHECK(i.v3()->download_sizes[0].name == "b");
    CHECK(i.v3()->download_sizes[0].downloads.empty());
    CHECK_FALSE(i.date_created().has_value());
    CHECK(i.v3()->display_sizes.empty());
    CHECK(i.v3()->state("display_sizes") == member_state::null);
    CHECK(i.v3()->state("artist") == member_state::null);
    const image unlicensed = decode_members(R"("download_sizes":[{}],"largest_downloads":[{},{}],
        "event_ids":[1],"referral_destinations":[{}],"download_sizes":null,"largest_downloads":"",
        "event_ids":"","referral_destinations":null)");
    CHECK(unlicensed.v3()->download_sizes.empty());
    CHECK(unlicensed.sizes_downloadable_images().empty());
    CHECK(unlicensed.v3()->largest_downloads.empty());
    CHECK(unlicensed.event_ids().empty());
    CHECK(unlicensed.referral_destinations().empty());
    const image sizeless = decode_members(R"("max_dimensions":{"width":1},"max_dimensions":null)");
    CHECK_FALSE(sizeless.v3()->max_dimensions.has_value());
}

TEST_CASE("X4: unknown keys of v3 are skipped at any depth, also when they hide known names") {
    constexpr std::string_view unknown =
        R"("unknown":{"title":"no","id":"no","keywords":[{"text":"no"}],"x":[[{"id":"no"}],1e300,true,null,"s"]},"Title":5)";
    const std::string u(unknown);
    const std::string body =
        "{" + u + ",\"images\":[{" + u + ",\"id\":\"1\",\"title\":\"yes\",\"keywords\":[{" + u +
        ",\"text\":\"yes\"}],\"referral_destinations\":[{" + u + ",\"uri\":\"yes\"}],\"display_sizes\":[{" +
        u + ",\"name\":\"yes\"}],\"download_sizes\":[{" + u + ",\"name\":\"yes\",\"downloads\":[{" + u +
        ",\"uri\":\"yes\"}]}],\"editorial_source\":{" + u + ",\"name\":\"yes\"},\"allowed_use\":{" + u +
        ",\"usage_restrictions\":[\"yes\"]},\"max_dimensions\":{" + u + ",\"width\":1}," + u +
        "}],\"images_not_found\":[\"2\"]," + u + "}";
    const decoded d = decode(body);
    REQUIRE_FALSE(d.failure.has_value());
    CHECK(test::difference(d.told, body) == "");
    const image& i = *d.told.images.at(0);
    CHECK(i.title() == "yes");
    CHECK(i.keywords().at(0).text == "yes");
    CHECK(i.restrictions() == views{"yes"});
    CHECK(i.v3()->download_sizes.at(0).downloads.at(0).uri == "yes");
    CHECK(d.told.missing == texts{"2"});
}

TEST_CASE("X4: a mistyped member of v3 is refused by name and position") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"("title":1)", "title"},
        {R"("title":true)", "title"},
        {R"("title":[])", "title"},
        {R"("title":{})", "title"},
        {R"("id":1)", "id"},
        {R"("date_created":1)", "date_created"},
        {R"("date_camera_shot":{})", "date_camera_shot"},
        {R"("call_for_image":1)", "call_for_image"},
        {R"("call_for_image":"true")", "call_for_image"},
        {R"("call_for_image":[])", "call_for_image"},
        {R"("quality_rank":"2")", "quality_rank"},
        {R"("quality_rank":1.5)", "quality_rank"},
        {R"("quality_rank":true)", "quality_rank"},
        {R"("collection_id":true)", "collection_id"},
        {R"("collection_id":{})", "collection_id"},
        {R"("people":"a")", "people"},
        {R"("people":["a",5])", "people[1]"},
        {R"("people":["a",null,{}])", "people[2]"},
        {R"("event_ids":5)", "event_ids"},
        {R"("event_ids":[1,"a"])", "event_ids[1]"},
        {R"("keywords":{})", "keywords"},
        {R"("keywords":["a"])", "keywords[0]"},
        {R"("keywords":[{},null,[]])", "keywords[2]"},
        {R"("keywords":[{},{"keyword_id":5}])", "keywords[1].keyword_id"},
        {R"("keywords":[{"relevance":"5"}])", "keywords[0].relevance"},
        {R"("referral_destinations":[{"uri":5}])", "referral_destinations[0].uri"},
        {R"("display_sizes":[{"is_watermarked":"yes"}])", "display_sizes[0].is_watermarked"},
        {R"("display_sizes":[{},{"width":"5"}])", "display_sizes[1].width"},
        {R"("display_sizes":5)", "display_sizes"},
        {R"("download_sizes":[{"bytes":"5"}])", "download_sizes[0].bytes"},
        {R"("download_sizes":[{"height":592.5}])", "download_sizes[0].height"},
        {R"("download_sizes":[{"downloads":{}}])", "download_sizes[0].downloads"},
        {R"("download_sizes":[{},{"downloads":[null,5]}])", "download_sizes[1].downloads[1]"},
        {R"("download_sizes":[{},{"downloads":[{},{"uri":5}]}])", "download_sizes[1].downloads[1].uri"},
        {R"("download_sizes":[{"downloads":[{},{}]},{"downloads":[{},5]}])",
         "download_sizes[1].downloads[1]"},
        {R"("download_sizes":[{"downloads":[{}],"name":5}])", "download_sizes[0].name"},
        {R"("largest_downloads":[{"product_id":5}])", "largest_downloads[0].product_id"},
        {R"("editorial_source":[])", "editorial_source"},
        {R"("editorial_source":"a")", "editorial_source"},
        {R"("editorial_source":{"name":5})", "editorial_source.name"},
        {R"("allowed_use":5)", "allowed_use"},
        {R"("allowed_use":{"release_info":5})", "allowed_use.release_info"},
        {R"("allowed_use":{"usage_restrictions":["a",5]})", "allowed_use.usage_restrictions[1]"},
        {R"("max_dimensions":[])", "max_dimensions"},
        {R"("max_dimensions":{"width":"5"})", "max_dimensions.width"},
        {R"("alternative_ids":[])", "alternative_ids"},
        {R"("alternative_ids":{"a":5})", "alternative_ids"},
        {R"("alternative_ids":{"a":{}})", "alternative_ids"}};
    for (const auto& [member, field] : cases) {
        CAPTURE(member);
        const decode_failure f = failure_of_member(member);
        CHECK(f.kind == decode_kind::wrong_type);
        CHECK(f.field == "images[0]." + std::string(field));
        CHECK(f.offset > 12);
        CHECK(f.offset <= 12 + member.size());
    }
    CHECK(failure_of(R"({"images":{}})").field == "images");
    CHECK(failure_of(R"({"images":5})").kind == decode_kind::wrong_type);
    CHECK(failure_of(R"({"images":[null,5]})").field == "images[1]");
    CHECK(failure_of(R"({"images":[{},{"title":1}]})").field == "images[1].title");
    CHECK(failure_of(R"({"images":[{},{}],"images":[{},{"title":1}]})").field == "images[1].title");
    CHECK(failure_of(R"({"images_not_found":{}})").field == "images_not_found");
    CHECK(failure_of(R"({"images_not_found":["1",null,7]})").field == "images_not_found[2]");
    CHECK(failure_of(R"({"images_not_found":[["1"]]})").field == "images_not_found[0]");
    CHECK(failure_of(R"({"images":[{"title":1}]})").describe() ==
          "images[0].title: wrong type, expected a text (at byte 20)");
    CHECK(failure_of(R"([{"id":"1"}])").describe() == "wrong type, expected an object (at byte 0)");
    for (const std::string_view body : {"null", "true", "5", "-1.5", "\"text\"", "\"\""}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::not_an_object);
    }
}

TEST_CASE("X4: numbers of v3 beyond 64 bits are refused for a known member and ignored for an unknown one") {
    for (const std::string_view number : {"9223372036854775808", "18446744073709551616", "1e400", "-1e19"}) {
        CAPTURE(number);
        const std::string text(number);
        CHECK(failure_of_member("\"quality_rank\":" + text).kind == decode_kind::out_of_range);
        CHECK(failure_of_member("\"event_ids\":[1," + text + "]").field == "images[0].event_ids[1]");
        CHECK(failure_of_member("\"event_ids\":[\"9223372036854775808\"]").kind == decode_kind::out_of_range);
        CHECK(failure_of_member("\"download_sizes\":[{\"bytes\":" + text + "}]").kind ==
              decode_kind::out_of_range);
        CHECK(failure_of_member("\"display_sizes\":[{\"width\":" + text + "}]").kind ==
              decode_kind::out_of_range);
        CHECK_FALSE(decode("{\"x\":" + text + ",\"images\":[{\"x\":[" + text + "]}]}").failure.has_value());
    }
}

TEST_CASE("X4: bodies of v3 nest to 32 levels, in known and in unknown places") {
    CHECK_FALSE(decode(R"({"images":[{"id":"1","x":)" + nested(29) + "}]}").failure.has_value());
    CHECK(failure_of(R"({"images":[{"id":"1","x":)" + nested(30) + "}]}").kind == decode_kind::too_deep);
    CHECK(failure_of(R"({"x":)" + nested(32) + "}").kind == decode_kind::too_deep);
    CHECK(failure_of("{\"x\":" + std::string(100'000, '[')).kind == decode_kind::too_deep);
    CHECK(failure_of("{\"images\":" + std::string(100'000, '[')).kind == decode_kind::wrong_type);
}

TEST_CASE("X4: a body of v3 that is not JSON, or more than JSON, fails at its place") {
    CHECK_FALSE(decode("\xEF\xBB\xBF {\"images\":[]}\r\n").failure.has_value());
    CHECK(failure_of("\xEF\xBB\xBF{\"images\":[]}x").offset == 16);
    CHECK(failure_of("{\"images\":[]}{}").kind == decode_kind::trailing_data);
    CHECK(failure_of("").detail == "the body is empty");
    CHECK(failure_of(" \r\n").detail == "the body is empty");
    CHECK(failure_of("<html>").detail == "it looks like HTML");
    CHECK(failure_of("{\"images\":[{\"title\":\"\xC3(\"}]}").kind == decode_kind::invalid_utf8);
    CHECK(failure_of("{\"images_not_found\":[\"\xFF\"]}").kind == decode_kind::invalid_utf8);
}

TEST_CASE("X4: a torn body of v3 fails wherever it was cut, after the images before, and leaves no trace") {
    image_set_decoder decoder;
    for (const std::string_view body : {sample, every_member}) {
        test::told_images whole;
        REQUIRE_FALSE(decoder.decode(body, whole).has_value());
        const std::size_t end = body.find_last_not_of('\n') + 1;
        for (std::size_t cut = 0; cut + 1 < end; ++cut) {
            CAPTURE(cut);
            test::told_images told;
            const auto failure = decoder.decode(body.substr(0, cut), told);
            REQUIRE(failure.has_value());
            CHECK(failure->kind == decode_kind::not_json);
            CHECK(failure->offset <= cut);
            REQUIRE(told.ids.size() <= whole.ids.size());
            CHECK(std::equal(told.ids.begin(), told.ids.end(), whole.ids.begin()));
        }
        test::told_images again;
        REQUIRE_FALSE(decoder.decode(body, again).has_value());
        CHECK(test::difference(again, body) == "");
    }
}
