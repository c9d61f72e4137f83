#include "proto/image/image_set.hpp"

#include "support/image_set_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
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

TEST_CASE("image set: Boost.JSON's document says the same of both samples, in whatever order the keys come") {
    for (const std::string_view body : {sample, every_member}) {
        const decoded d = decode(body);
        CHECK(test::difference(d.told, body) == "");
    }
    // every rotation of the keys of the image, which the reader expects in the order of the one before
    const boost::json::value document = boost::json::parse(every_member);
    const boost::json::object& one = document.at("images").at(0).get_object();
    std::vector<std::string> members;
    for (const auto& [key, value] : one) {
        members.push_back(boost::json::serialize(boost::json::value(key)) + ":" +
                          boost::json::serialize(value));
    }
    REQUIRE(members.size() == image_v3::keys);
    image_set_decoder decoder;
    for (std::size_t turn = 0; turn < 2 * members.size(); ++turn) {
        std::string body;
        for (const std::string& member : members) (body += body.empty() ? "" : ",") += member;
        body = R"({"images_not_found":[],"images":[{"id":"first"},{)" + body + "}]}";
        test::told_images told;
        REQUIRE_FALSE(decoder.decode(body, told).has_value());
        REQUIRE(test::difference(told, body) == "");
        check_every_member(*told.images.at(1));
        std::rotate(members.begin(), members.begin() + 1, members.end());
        if (turn == members.size()) std::reverse(members.begin(), members.end());
    }
}

TEST_CASE("image set: absent, null, empty and present are told apart for every member") {
    const boost::json::value document = boost::json::parse(every_member);
    image_set_decoder decoder;
    for (const auto& [key_of, value] : document.at("images").at(0).get_object()) {
        const std::string key(key_of);
        if (key == "id") continue;
        CAPTURE(key);
        std::vector<std::pair<std::string, member_state>> forms = {
            {"null", member_state::null},
            {"\"\"", member_state::empty},
            {value.is_null() || value == "" ? "\"text\"" : boost::json::serialize(value),
             member_state::present}};
        if (value.is_array()) forms.emplace_back("[]", member_state::empty);
        if (value.is_array()) forms.emplace_back("[null]", member_state::present);
        if (value.is_object()) forms.emplace_back("{}", member_state::empty);
        if (value.is_object()) forms.emplace_back("{\"unknown\":null}", member_state::present);
        if (key == "alternative_ids") forms.back().first = "{\"a\":null}";
        for (const auto& [text, state] : forms) {
            CAPTURE(text);
            // an image before that has the member, one behind that has not
            const std::string body = "{\"images\":[{\"id\":\"0\",\"" + key +
                                     "\":" + boost::json::serialize(value) + "},{\"" + key + "\":" + text +
                                     ",\"id\":\"1\"},{\"id\":\"2\"}]}";
            test::told_images told;
            REQUIRE_FALSE(decoder.decode(body, told).has_value());
            CHECK(test::difference(told, body) == "");
            CHECK(told.images.at(1)->v3()->state(key) == state);
            CHECK(told.images.at(2)->v3()->state(key) == member_state::absent);
            CHECK(told.images.at(2)->v3()->state("id") == member_state::present);
        }
    }
    const image none = decode_members(R"("links":[{"rel":"a"}],"id ":1)");
    CHECK(none.v3()->state("links") == member_state::absent);
    CHECK(none.v3()->state("id ") == member_state::absent);
    CHECK(none.v3()->state("") == member_state::absent);
}

TEST_CASE("image set: a date without a zone is UTC, others keep theirs") {
    const auto created = [](std::string_view text) {
        const image i = decode_members("\"date_created\":\"" + std::string(text) + "\"");
        const std::optional<date_time> date = i.date_created();
        REQUIRE(date.has_value());
        CHECK(date->original == text);
        return std::pair(date->utc_offset, date->utc());
    };
    const auto seconds = [](std::int64_t s) {
        return std::chrono::sys_time<std::chrono::microseconds>(std::chrono::seconds(s));
    };
    using std::chrono::minutes;
    CHECK(created("2026-02-03T04:05:06") ==
          std::pair{std::optional(minutes(0)), std::optional(seconds(1770091506))});
    CHECK(created("2026-02-03T04:05:06Z") ==
          std::pair{std::optional(minutes(0)), std::optional(seconds(1770091506))});
    CHECK(created("2026-02-03T04:05:06-05:00") ==
          std::pair{std::optional(minutes(-300)), std::optional(seconds(1770109506))});
    CHECK(created("2026-02-03T04:05:06.1234567").second ==
          seconds(1770091506) + std::chrono::microseconds(123456));
    CHECK(created("2026-02-03").second == seconds(1770076800));
    // no date: its words are kept, and no zone is made up
    CHECK_FALSE(created("last summer").first.has_value());
    const image shot =
        decode_members(R"("date_camera_shot":"2026-02-03T04:05:06","date_submitted":"2026-02-03T04:05:07")");
    CHECK(shot.v3()->date_camera_shot->utc() == seconds(1770091506));
    CHECK(shot.date_submitted()->utc() == seconds(1770091507));
}

TEST_CASE(
    "image set: the numbers of a collection and a source become texts, whichever way they are written") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"41", "41"},
        {"-7", "-7"},
        {"0", "0"},
        {"41.0", "41"},
        {"1e18", "1000000000000000000"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775807", "9223372036854775807"},
        {"\"41\"", "41"},
        {"\"x-41\"", "x-41"}};
    for (const auto& [written, text] : cases) {
        CAPTURE(written);
        const std::string number(written);
        const image i =
            decode_members("\"editorial_source\":{\"id\":" + number + "},\"collection_id\":" + number);
        CHECK(i.collection_id() == text);
        CHECK(i.editorial_source_id() == text);
        const image again = decode_members("\"collection_id\":5,\"collection_id\":" + number);
        CHECK(again.collection_id() == text);
    }
    const image both = decode_members(
        R"("collection_id":-9e18,"editorial_source":{"id":1e18,"id":2e18,"id":-3e18,"id":4},"collection_id":7)");
    CHECK(both.collection_id() == "7");
    CHECK(both.editorial_source_id() == "4");
    for (const std::string_view blank : {"null", "\"\""}) {
        const image emptied = decode_members("\"collection_id\":7,\"collection_id\":" + std::string(blank));
        CHECK_FALSE(emptied.collection_id().has_value());
    }
    CHECK(failure_of_member(R"("collection_id":1.5)").kind == decode_kind::wrong_type);
    CHECK(failure_of_member(R"("collection_id":9223372036854775808)").kind == decode_kind::out_of_range);
    CHECK(failure_of_member(R"("editorial_source":{"id":1e400})").field == "images[0].editorial_source.id");
}

TEST_CASE("image set: what Connect says in other words is derived") {
    const auto constraints = [](std::string_view members) {
        const image i = decode_members(members);
        return texts(i.authorization_constraints().begin(), i.authorization_constraints().end());
    };
    CHECK(constraints(R"("call_for_image":true)") == texts{"CallForImage"});
    CHECK(constraints(R"("call_for_image":false)").empty());
    CHECK(constraints(R"("call_for_image":true,"call_for_image":null)").empty());
    CHECK(decode_members(R"("event_ids":[null,3,"2"])").event_id() == 3);
    CHECK_FALSE(decode_members(R"("event_ids":[])").event_id().has_value());
    CHECK_FALSE(decode_members(R"("event_ids":[1],"event_ids":null)").event_id().has_value());
}

TEST_CASE("image set: addresses are those of the first display size of their name and mark") {
    const image i = decode_members(R"("display_sizes":[
        {"name":"Comp","uri":"no"},{"name":"comp_webp","uri":"no"},{"name":"thumb","uri":"no"},{"uri":"no"},
        {"uri":"c","name":"comp"},{"name":"comp","uri":"second","is_watermarked":false},
        {"is_watermarked":true,"uri":"wp","name":"preview"},
        {"is_watermarked":null,"name":"preview","uri":""}])");
    CHECK(i.url_comp() == "c");
    CHECK_FALSE(i.url_watermark_comp().has_value());
    CHECK(i.url_preview() == "");
    CHECK(i.url_watermark_preview() == "wp");
    const image replaced = decode_members(
        R"("display_sizes":[{"name":"comp","uri":"old"}],"display_sizes":[{"name":"preview","uri":"new"}])");
    CHECK_FALSE(replaced.url_comp().has_value());
    CHECK(replaced.url_preview() == "new");
}

TEST_CASE("image set: rights to download that stand where sizes do are sizes with one download each") {
    const image i = decode_members(R"("largest_downloads":[
            {"product_id":"1","product_type":"a","uri":"u","agreement_name":"n"},{"agreement_name":"m"},
            {"product_id":null},{"downloads":[{"uri":"listed"}],"uri":"direct","name":"large"}],
        "download_sizes":[{"uri":"d"}])");
    const auto& largest = i.v3()->largest_downloads;
    REQUIRE(largest.size() == 4);
    REQUIRE(largest[0].downloads.size() == 1);
    CHECK(largest[0].downloads[0].product_id == "1");
    CHECK(largest[0].downloads[0].product_type == "a");
    CHECK(largest[0].downloads[0].uri == "u");
    CHECK(largest[0].downloads[0].agreement_name == "n");
    REQUIRE(largest[1].downloads.size() == 1);
    CHECK(largest[1].downloads[0].agreement_name == "m");
    CHECK_FALSE(largest[1].downloads[0].uri.has_value());
    CHECK(largest[2].downloads.empty());
    REQUIRE(largest[3].downloads.size() == 2);
    CHECK(largest[3].name == "large");
    CHECK(largest[3].downloads[0].uri == "listed");
    CHECK(largest[3].downloads[1].uri == "direct");
    CHECK(i.v3()->download_sizes.at(0).downloads.at(0).uri == "d");
    REQUIRE(i.sizes_downloadable_images().size() == 1);
    CHECK_FALSE(i.sizes_downloadable_images()[0].size_key.has_value());
}

TEST_CASE("image set: relevance is there for all keywords or for none") {
    const auto relevance = [](std::string_view keywords) {
        const image i = decode_members("\"keywords\":" + std::string(keywords));
        return i.v3()->keyword_relevance;
    };
    using list = std::vector<std::optional<std::int64_t>>;
    CHECK(relevance(R"([{"relevance":null},{"text":"a"}])").empty());
    CHECK(relevance(R"([{"relevance":1},{"relevance":null},{"relevance":0}])") == list{1, std::nullopt, 0});
    CHECK(relevance(R"([{"relevance":1,"relevance":null}])").empty());
    CHECK(relevance(R"([{"relevance":1}],"keywords":[{"text":"a"}])").empty());
}

TEST_CASE("image set: the id may stand anywhere and be written with escapes, and the last one counts") {
    const decoded d = decode(
        R"({"images":[{"title":"a","id":"1"},{"x":{"id":"no"},"\u0069d":"\u0032-\"\ud83d\udcf7","title":"b"},
        {"id":"no","title":"c","id":"3"},{"keywords":[{"keyword_id":"no"}],"editorial_source":{"id":9},"id":"4"}]})");
    REQUIRE_FALSE(d.failure.has_value());
    CHECK(d.told.ids == texts{"1", "2-\"\xF0\x9F\x93\xB7", "3", "4"});
    CHECK(d.told.images.at(1)->image_id() == "2-\"\xF0\x9F\x93\xB7");
    CHECK(d.told.images.at(2)->title() == "c");
    CHECK(d.told.images.at(3)->editorial_source_id() == "9");
}

TEST_CASE("image set: images without an id are counted, and those that nobody wants are not made") {
    const decoded d =
        decode(R"({"images":[{},{"id":null,"title":"a"},{"id":""},{"id":"1","id":null},{"id":"2"}]})");
    REQUIRE_FALSE(d.failure.has_value());
    CHECK(d.told.without_id == 4);
    CHECK(d.told.ids == texts{"2"});

    image_set_decoder decoder;
    test::told_images told;
    told.unwanted = "x";
    REQUIRE_FALSE(decoder.decode(R"({"images":[{"id":"1","title":"a","keywords":[{"text":"k"}]},
        {"id":"x","title":"no","artist":"no","keywords":[{"text":"no"}]},{"id":"2","artist":"b"}]})",
                                 told));
    CHECK(told.ids == texts{"1", "x", "2"});
    REQUIRE(told.images.size() == 2);
    CHECK(told.images[0]->title() == "a");
    CHECK_FALSE(told.images[1]->title().has_value());
    CHECK(told.images[1]->artist() == "b");
    CHECK(told.images[1]->keywords().empty());
}

TEST_CASE("image set: each of the two lists may be missing or blank, but not both missing") {
    for (const std::string_view nothing : {"null", "[]", "\"\"", "[null]", "[\"\",null]"}) {
        CAPTURE(nothing);
        const std::string blank(nothing);
        for (const std::string& body :
             {"{\"images\":" + blank + "}", "{\"images_not_found\":" + blank + "}",
              "{\"images\":" + blank + ",\"images_not_found\":" + blank + "}",
              "{\"x\":1,\"images_not_found\":" + blank + ",\"images\":" + blank + "}"}) {
            const decoded d = decode(body);
            CHECK_FALSE(d.failure.has_value());
            CHECK(d.told.ids.empty());
            CHECK(d.told.missing.empty());
            CHECK(d.told.without_id == 0);
        }
    }
    const decoded early =
        decode(R"({"images_not_found":["7",null,"\u0038",""],"images":[null,{"id":"1"},""]})");
    CHECK_FALSE(early.failure.has_value());
    CHECK(early.told.missing == texts{"7", "8"});
    CHECK(early.told.ids == texts{"1"});
    const decoded twice = decode(
        R"({"images":[{"id":"1"}],"images_not_found":["5"],"images":[{"id":"2"}],"images_not_found":["6"]})");
    CHECK_FALSE(twice.failure.has_value());
    CHECK(twice.told.ids == texts{"1", "2"});
    CHECK(twice.told.missing == texts{"5", "6"});
    for (const std::string_view body :
         {"{}", R"({"Images":[]})", R"({"x":{"images":[]}})", R"({"ErrorCode":"ImageNotFound"})"}) {
        CAPTURE(body);
        const decode_failure f = failure_of(body);
        CHECK(f.kind == decode_kind::no_images);
        CHECK(f.field == "images");
    }
}

TEST_CASE("image set: an image outlives the body and the decoder, and its copies share its texts") {
    image copy;
    {
        std::string body(every_member);
        test::told_images told;
        image_set_decoder decoder;
        REQUIRE_FALSE(decoder.decode(body, told).has_value());
        body.assign(body.size(), '#');
        copy = *told.images.at(0);
        CHECK(copy.caption()->data() == told.images[0]->caption()->data());
        CHECK(copy.v3() == told.images[0]->v3());
        test::told_images others;
        REQUIRE_FALSE(decoder.decode(sample, others).has_value());
    }
    check_every_member(copy);
}

TEST_CASE("image set: texts with escapes stay whole beside hundreds of others") {
    std::string body = "{\"images\":[";
    for (int i = 0; i < 300; ++i) {
        const std::string n = std::to_string(i);
        body += (i > 0 ? ",{" : "{") + std::string("\"caption\":\"\\u00fc") +
                std::string(static_cast<std::size_t>(i), 'c') + "\\n\",\"id\":\"" + n +
                "\",\"alternative_ids\":{\"\\u0061" + n + "\":\"\\u0062" + n + "\"},\"people\":[\"\\t" + n +
                "\",\"" + n + "\"],\"keywords\":[{\"text\":\"\\\\" + n + "\"}]}";
    }
    body += "]}";
    const decoded d = decode(body);
    REQUIRE_FALSE(d.failure.has_value());
    REQUIRE(d.told.images.size() == 300);
    CHECK(test::difference(d.told, body) == "");
    CHECK(d.told.images[7]->v3()->alternative_ids.at(0).system == "a7");
}
