#include "proto/image/image_decoder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

struct decoded {
    std::optional<decode_failure> failure;
    image picture;
    std::string coordination_id;
};

decoded decode(std::string_view body, std::string_view id = "1") {
    decoded d;
    image_decoder decoder;
    d.failure = decoder.decode(body, id, d.picture, d.coordination_id);
    return d;
}

/// The image of a document that holds `members` beside the id.
image decode_members(const std::string& members) {
    decoded d = decode(R"({"Images":[{"ImageId":"1",)" + members + "}]}");
    if (d.failure) FAIL_CHECK(members << ": " << d.failure->describe());
    return std::move(d.picture);
}

std::string artist_of(const std::string& members) {
    const image i = decode_members(members);
    return std::string(i.artist().value_or("(absent)"));
}

decode_failure failure_of(std::string_view body, std::string_view id = "1") {
    decoded d = decode(body, id);
    if (!d.failure) FAIL_CHECK("accepted: " << body);
    return d.failure.value_or(decode_failure{});
}

decode_failure failure_of_member(std::string_view member) {
    return failure_of("{\"Images\":[{" + std::string(member) + "}]}");
}

std::string nested(int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
}

// The example of the service's documentation, with values of the documented types.
constexpr std::string_view whole_document = R"json({
  "CoordinationId": "c0ffee-1",
  "Images": [ {
    "ApplicableProductOfferings": ["EasyAccess", "PremiumAccess"],
    "Artist": "A. Rtist", "ArtistTitle": "Staff",
    "AuthorizationConstraints": ["CallForImage"],
    "Caption": "Line one\nline two \u00fc \ud83d\udcf7 \"quoted\" \\ \/", "City": "Mu\u0308nchen",
    "CollectionId": "41", "CollectionName": "Sport", "ColorType": "black/white",
    "Copyright": "2013", "Country": "Deutschland", "CreditLine": "Getty Images",
    "DateCreated": "2013-04-21T00:00:00-07:00", "DateSubmitted": "\/Date(1366540401123-0700)\/",
    "EditorialSegments": ["Sport", "News"], "EditorialSourceId": "14", "EditorialSourceName": "Europe",
    "EventId": 158437120, "EventIds": [158437120, "158437121"],
    "GraphicStyle": "Photograph", "ImageFamily": "Editorial", "ImageId": "200261415-001",
    "Keywords": [ {"Id": "1", "Text": "Color", "Type": "Technique"}, {"Id": null, "Text": ""} ],
    "LicensingModel": "RightsManaged", "QualityRank": 2,
    "ReferralDestinations": [ {"SiteName": "gettyimages", "Url": "http://www.gettyimages.com/1"} ],
    "ReleaseMessage": "No release", "Restrictions": ["None", ""],
    "SizesDownloadableImages": [ {"FileSizeInBytes": 5242880, "InchesHeight": 9.86, "InchesWidth": 6,
        "PixelHeight": 2957, "PixelWidth": 1970, "ResolutionDpi": 300, "SizeKey": "2957x1970",
        "DownloadToken": "dt" }, {} ],
    "StateProvince": null, "Title": "", "UrlComp": "http://u/c", "UrlPreview": "http://u/p",
    "UrlWatermarkComp": "http://u/wc", "UrlWatermarkPreview": "http://u/wp" } ] }
)json";

void check_whole(const image& i) {
    using texts = std::vector<std::string_view>;
    CHECK(i.applicable_product_offerings() == texts{"EasyAccess", "PremiumAccess"});
    CHECK(i.artist() == "A. Rtist");
    CHECK(i.artist_title() == "Staff");
    CHECK(i.authorization_constraints() == texts{"CallForImage"});
    CHECK(i.caption() == "Line one\nline two \xC3\xBC \xF0\x9F\x93\xB7 \"quoted\" \\ /");
    CHECK(i.city() == "Mu\xCC\x88nchen");
    CHECK(i.collection_id() == "41");
    CHECK(i.collection_name() == "Sport");
    CHECK(i.color_type() == "black/white");
    CHECK(i.copyright() == "2013");
    CHECK(i.country() == "Deutschland");
    CHECK(i.credit_line() == "Getty Images");
    REQUIRE(i.date_created().has_value());
    CHECK(i.date_created()->original == "2013-04-21T00:00:00-07:00");
    CHECK(i.date_created()->utc()->time_since_epoch() == std::chrono::seconds(1366527600));
    REQUIRE(i.date_submitted().has_value());
    CHECK(i.date_submitted()->original == "/Date(1366540401123-0700)/");
    CHECK(i.date_submitted()->utc()->time_since_epoch() == std::chrono::milliseconds(1366540401123));
    CHECK(i.editorial_segments() == texts{"Sport", "News"});
    CHECK(i.editorial_source_id() == "14");
    CHECK(i.editorial_source_name() == "Europe");
    CHECK(i.event_id() == 158437120);
    CHECK(i.event_ids() == std::vector<std::int64_t>{158437120, 158437121});
    CHECK(i.graphic_style() == "Photograph");
    CHECK(i.image_family() == "Editorial");
    CHECK(i.image_id() == "200261415-001");
    REQUIRE(i.keywords().size() == 2);
    CHECK(i.keywords()[0].id == "1");
    CHECK(i.keywords()[0].text == "Color");
    CHECK(i.keywords()[0].type == "Technique");
    CHECK_FALSE(i.keywords()[1].id.has_value());
    CHECK(i.keywords()[1].text == "");
    CHECK_FALSE(i.keywords()[1].type.has_value());
    CHECK(i.licensing_model() == "RightsManaged");
    CHECK(i.quality_rank() == 2);
    REQUIRE(i.referral_destinations().size() == 1);
    CHECK(i.referral_destinations()[0].site_name == "gettyimages");
    CHECK(i.referral_destinations()[0].url == "http://www.gettyimages.com/1");
    CHECK(i.release_message() == "No release");
    CHECK(i.restrictions() == texts{"None", ""});
    REQUIRE(i.sizes_downloadable_images().size() == 2);
    const downloadable_size& size = i.sizes_downloadable_images()[0];
    CHECK(size.file_size_in_bytes == 5242880);
    CHECK(size.inches_height == 9.86);
    CHECK(size.inches_width == 6.0);
    CHECK(size.pixel_height == 2957);
    CHECK(size.pixel_width == 1970);
    CHECK(size.resolution_dpi == 300);
    CHECK(size.size_key == "2957x1970");
    CHECK(size.download_token == "dt");
    CHECK_FALSE(i.sizes_downloadable_images()[1].file_size_in_bytes.has_value());
    CHECK_FALSE(i.sizes_downloadable_images()[1].size_key.has_value());
    CHECK_FALSE(i.state_province().has_value());
    CHECK(i.title() == "");
    CHECK(i.url_comp() == "http://u/c");
    CHECK(i.url_preview() == "http://u/p");
    CHECK(i.url_watermark_comp() == "http://u/wc");
    CHECK(i.url_watermark_preview() == "http://u/wp");
}

}  // namespace

TEST_CASE("image: every documented field arrives") {
    const decoded d = decode(whole_document, "200261415-001");
    REQUIRE_FALSE(d.failure.has_value());
    CHECK(d.coordination_id == "c0ffee-1");
    check_whole(d.picture);
    CHECK(d.picture.v3() == nullptr);
}

TEST_CASE("image: it outlives the body and the decoder, and so does its copy") {
    image copy;
    {
        image_decoder decoder;
        image first;
        std::string coordination_id;
        std::string body(whole_document);
        REQUIRE_FALSE(decoder.decode(body, "200261415-001", first, coordination_id).has_value());
        body.assign(body.size(), '#');
        copy = first;
        std::string other = R"({"Images":[{"ImageId":"2","Artist":"\u0041nother"}]})";
        REQUIRE_FALSE(decoder.decode(other, "2", first, coordination_id).has_value());
        CHECK(first.artist() == "Another");
        CHECK_FALSE(first.caption().has_value());
        CHECK(first.keywords().empty());
        CHECK(coordination_id.empty());
    }
    check_whole(copy);
}

namespace {

// A member that gives a view does so of an image that stays, not of one that is about to go.
#define GETTY_CONNECT_HAS_VIEW(member)                              \
    static_assert([]<class Image>() {                               \
        return requires(const Image& stays) { stays.member(); } &&  \
               !requires(Image goes) { std::move(goes).member(); }; \
    }.template operator()<image>())
GETTY_CONNECT_HAS_VIEW(applicable_product_offerings);
GETTY_CONNECT_HAS_VIEW(artist);
GETTY_CONNECT_HAS_VIEW(artist_title);
GETTY_CONNECT_HAS_VIEW(authorization_constraints);
GETTY_CONNECT_HAS_VIEW(caption);
GETTY_CONNECT_HAS_VIEW(city);
GETTY_CONNECT_HAS_VIEW(collection_id);
GETTY_CONNECT_HAS_VIEW(collection_name);
GETTY_CONNECT_HAS_VIEW(color_type);
GETTY_CONNECT_HAS_VIEW(copyright);
GETTY_CONNECT_HAS_VIEW(country);
GETTY_CONNECT_HAS_VIEW(credit_line);
GETTY_CONNECT_HAS_VIEW(date_created);
GETTY_CONNECT_HAS_VIEW(date_submitted);
GETTY_CONNECT_HAS_VIEW(editorial_segments);
GETTY_CONNECT_HAS_VIEW(editorial_source_id);
GETTY_CONNECT_HAS_VIEW(editorial_source_name);
GETTY_CONNECT_HAS_VIEW(event_ids);
GETTY_CONNECT_HAS_VIEW(graphic_style);
GETTY_CONNECT_HAS_VIEW(image_family);
GETTY_CONNECT_HAS_VIEW(image_id);
GETTY_CONNECT_HAS_VIEW(keywords);
GETTY_CONNECT_HAS_VIEW(licensing_model);
GETTY_CONNECT_HAS_VIEW(referral_destinations);
GETTY_CONNECT_HAS_VIEW(release_message);
GETTY_CONNECT_HAS_VIEW(restrictions);
GETTY_CONNECT_HAS_VIEW(sizes_downloadable_images);
GETTY_CONNECT_HAS_VIEW(state_province);
GETTY_CONNECT_HAS_VIEW(title);
GETTY_CONNECT_HAS_VIEW(url_comp);
GETTY_CONNECT_HAS_VIEW(url_preview);
GETTY_CONNECT_HAS_VIEW(url_watermark_comp);
GETTY_CONNECT_HAS_VIEW(url_watermark_preview);
GETTY_CONNECT_HAS_VIEW(v3);

}  // namespace

TEST_CASE("image: a copy has the texts of the original, not texts of its own") {
    image_decoder decoder;
    image first;
    std::string coordination_id;
    REQUIRE_FALSE(decoder.decode(whole_document, "200261415-001", first, coordination_id).has_value());
    const image copy = first;  // NOLINT(performance-unnecessary-copy-initialization): what is tested
    CHECK(copy.caption()->data() == first.caption()->data());
    CHECK(copy.artist()->data() == first.artist()->data());
    CHECK(copy.keywords()[0].text->data() == first.keywords()[0].text->data());
    CHECK(copy.date_created()->original.data() == first.date_created()->original.data());
}

TEST_CASE("image: a decoder is as good as new after a document that failed, wherever it was cut") {
    image_decoder decoder;
    for (std::size_t cut = 0; cut + 1 < whole_document.size(); ++cut) {
        image picture;
        std::string coordination_id;
        const auto failure =
            decoder.decode(whole_document.substr(0, cut), "200261415-001", picture, coordination_id);
        REQUIRE(failure.has_value());
        CHECK(failure->kind == decode_kind::not_json);
        CHECK(failure->offset <= cut);
        CHECK_FALSE(picture.image_id().has_value());
    }
    image picture;
    std::string coordination_id;
    REQUIRE_FALSE(decoder.decode(whole_document, "200261415-001", picture, coordination_id).has_value());
    check_whole(picture);
}

TEST_CASE("image: a failure leaves the result alone and keeps the coordination id") {
    image_decoder decoder;
    image picture;
    std::string coordination_id;
    REQUIRE_FALSE(decoder.decode(R"([{"ImageId":"1","Artist":"x"}])", "1", picture, coordination_id));
    REQUIRE(decoder.decode(R"({"CoordinationId":"c7","Images":[{"ImageId":"2"}]})", "1", picture,
                           coordination_id));
    CHECK(picture.artist() == "x");
    CHECK(coordination_id == "c7");
}

TEST_CASE("image: a bare array of images and a byte order mark are accepted") {
    CHECK_FALSE(decode(R"([{"ImageId":"1"}])").failure.has_value());
    CHECK_FALSE(decode("\xEF\xBB\xBF [{\"ImageId\":\"1\"}]\r\n").failure.has_value());
    CHECK(failure_of("\xEF\xBB\xBF[{\"ImageId\":\"1\"}]x").offset == 20);
    CHECK(failure_of("\xEF\xBB").kind == decode_kind::invalid_utf8);
}

TEST_CASE("image: of several, the first with the wanted id is taken") {
    const decoded d = decode(
        R"([{"ImageId":"0","Artist":"a","Keywords":[{"Id":"k"}]},{},{"ImageId":"1","Artist":"b"},
            {"ImageId":"1","Artist":"c"},{"Artist":7},5])");
    REQUIRE_FALSE(d.failure.has_value());
    CHECK(d.picture.artist() == "b");
    CHECK(d.picture.keywords().empty());
}

TEST_CASE("image: one alone may have no id, several may not") {
    for (const std::string_view body :
         {R"([{"Artist":"a"}])", R"([{"ImageId":null}])", R"([{"ImageId":""}])",
          R"([null,{"Artist":"a"},null])", R"([{"ImageId":"9","ImageId":null}])"}) {
        CAPTURE(body);
        CHECK_FALSE(decode(body).failure.has_value());
    }
    CHECK(failure_of(R"([{"Artist":"a"},{"Artist":"b"}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"Artist":"a"},{"ImageId":"2"}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"ImageId":"2"},{"Artist":"a"}])").kind == decode_kind::wrong_image);
    CHECK(failure_of(R"([{"ImageId":"1","ImageId":null},{"ImageId":"2"}])").kind == decode_kind::wrong_image);
}

TEST_CASE("image: another image than the one asked for is refused, compared byte by byte") {
    const decode_failure f = failure_of(R"({"Images":[{"ImageId":"2\u001b[2J"}]})");
    CHECK(f.kind == decode_kind::wrong_image);
    CHECK(f.field == "Images");
    CHECK(f.detail == "asked for 1, got 2?[2J");
    for (const std::string_view id : {"01", "1 ", " 1", "11", "1\\u0000"}) {
        CAPTURE(id);
        CHECK(failure_of(R"([{"ImageId":")" + std::string(id) + "\"}]").kind == decode_kind::wrong_image);
    }
    CHECK_FALSE(decode(R"([{"ImageId":"\u0031"}])").failure.has_value());
    CHECK_FALSE(decode("[{\"Image\\u0049d\":\"\xC3\xBC-1\"}]", "\xC3\xBC-1").failure.has_value());
    CHECK(failure_of(R"([{"ImageId":"a"}])", "A").kind == decode_kind::wrong_image);
}

TEST_CASE("X4: a document without images says so") {
    for (const std::string_view body :
         {"{}", "[]", R"({"Images":null})", R"({"Images":[]})", R"({"Images":""})",
          R"({"images":[{"ImageId":"1"}]})", R"({"Images":[null]})", "[null,null]",
          R"({"Images":[{"ImageId":"1"}],"Images":[]})", R"({"Images":[{"ImageId":"1"}],"Images":null})",
          R"({"x":{"Images":[{"ImageId":"1"}]}})", R"({"status":404,"error":"no"})"}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::no_images);
    }
    CHECK(failure_of("{}").field == "Images");
}

TEST_CASE("X4: nesting is limited to 32 levels, in known and in unknown places") {
    // the document, its array and its image are three of the levels
    CHECK_FALSE(decode(R"({"Images":[{"ImageId":"1","x":)" + nested(29) + "}]}").failure.has_value());
    CHECK(failure_of(R"({"Images":[{"ImageId":"1","x":)" + nested(30) + "}]}").kind == decode_kind::too_deep);
    CHECK(failure_of(R"({"x":)" + nested(32) + "}").kind == decode_kind::too_deep);
    CHECK(failure_of(std::string(100'000, '[')).kind == decode_kind::wrong_type);  // an image is no array
    CHECK(failure_of("{\"x\":" + std::string(100'000, '[')).kind == decode_kind::too_deep);
}

TEST_CASE("X4: 2^63 and the like are refused for a known field and ignored for an unknown one") {
    for (const std::string_view number :
         {"9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
          "1e400", "-1e400", "1e19", "123456789012345678901234567890", "9223372036854775808.0"}) {
        CAPTURE(number);
        const std::string text(number);
        for (const std::string_view field : {"EventId", "QualityRank"}) {
            const decode_failure f = failure_of_member("\"" + std::string(field) + "\":" + text);
            CHECK(f.kind == decode_kind::out_of_range);
            CHECK(f.field == "Images[0]." + std::string(field));
        }
        CHECK(failure_of_member("\"EventIds\":[1," + text + "]").field == "Images[0].EventIds[1]");
        const decode_failure f =
            failure_of_member("\"SizesDownloadableImages\":[{},{\"PixelWidth\":" + text + "}]");
        CHECK(f.kind == decode_kind::out_of_range);
        CHECK(f.field == "Images[0].SizesDownloadableImages[1].PixelWidth");
        CHECK_FALSE(decode_members("\"Unknown\":" + text).event_id().has_value());
        CHECK_FALSE(decode_members("\"Unknown\":[{\"EventId\":" + text + "}]").event_id().has_value());
    }
    for (const std::string_view text :
         {"\"9223372036854775808\"", "\"-9223372036854775809\"", "\"99999999999999999999999\""}) {
        CHECK(failure_of_member("\"EventId\":" + std::string(text)).kind == decode_kind::out_of_range);
        CHECK(failure_of_member("\"EventIds\":[" + std::string(text) + "]").kind ==
              decode_kind::out_of_range);
    }
    CHECK(failure_of_member(R"("SizesDownloadableImages":[{"InchesWidth":1e400}])").kind ==
          decode_kind::out_of_range);
    CHECK(failure_of_member(R"("SizesDownloadableImages":[{"InchesWidth":-1e309}])").kind ==
          decode_kind::out_of_range);
    // An exponent beyond an int: the parser of Boost 1.81 cannot count to it, the one of 1.92 can.
    CHECK(failure_of_member(R"("SizesDownloadableImages":[{"InchesWidth":1e99999999999}])").kind ==
          decode_kind::out_of_range);
}

TEST_CASE("image: an integer may be written in any exact way") {
    constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t min = std::numeric_limits<std::int64_t>::min();
    const std::pair<std::string_view, std::int64_t> cases[] = {{"0", 0},
                                                               {"-0", 0},
                                                               {"-0.0", 0},
                                                               {"0e5", 0},
                                                               {"0.000e-999", 0},
                                                               {"3.0", 3},
                                                               {"-3.0", -3},
                                                               {"1e3", 1000},
                                                               {"1E+3", 1000},
                                                               {"1.5e1", 15},
                                                               {"1500e-2", 15},
                                                               {"100000000000000000000e-20", 1},
                                                               {"1.00000000000000000000000000000", 1},
                                                               {"9223372036854775807", max},
                                                               {"-9223372036854775808", min},
                                                               {"9223372036854775807.0", max},
                                                               {"-9223372036854775808.0", min},
                                                               {"9007199254740993.0", 9007199254740993},
                                                               {"0.9223372036854775807e19", max}};
    for (const auto& [text, value] : cases) {
        CAPTURE(text);
        CHECK(decode_members("\"EventId\":" + std::string(text)).event_id() == value);
        CHECK(decode_members("\"QualityRank\":" + std::string(text)).quality_rank() == value);
        const image listed = decode_members("\"EventIds\":[" + std::string(text) + "]");
        CHECK(listed.event_ids() == std::vector<std::int64_t>{value});
    }
    CHECK(decode_members(R"("EventId":"-9223372036854775808")").event_id() == min);
    CHECK(decode_members(R"("EventId":"007")").event_id() == 7);
    const image listed = decode_members(R"("EventIds":["1",2,null,"",3.0])");
    CHECK(listed.event_ids() == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("X4: a number that its field cannot hold exactly is refused, never rounded") {
    for (const std::string_view text :
         {"1.5", "0.1", "1e-1", "1e-400", "3.00000000000000000001", "\"1.0\"", "\"1e3\"", "\"x\"", "\" 1\"",
          "\"1 \"", "\"+1\"", "\"0x1\"", "true", "[]", "{}"}) {
        CAPTURE(text);
        const decode_failure f = failure_of_member("\"EventId\":" + std::string(text));
        CHECK(f.kind == decode_kind::wrong_type);
        CHECK(f.field == "Images[0].EventId");
    }
    CHECK(failure_of_member(R"("QualityRank":"2")").kind == decode_kind::wrong_type);
}

// Expectations: the compiler's own reading of the same literals.
TEST_CASE("image: a double is the nearest one, however long it is written") {
    const auto width = [](const std::string& text) {
        const image i = decode_members("\"SizesDownloadableImages\":[{\"InchesWidth\":" + text + "}]");
        return i.sizes_downloadable_images().at(0).inches_width;
    };
    CHECK(width("9.86") == 9.86);
    CHECK(width("-0.1") == -0.1);
    CHECK(width("7") == 7.0);
    CHECK(width("18446744073709551615") == 18446744073709551615.0);
    CHECK(width("0.1000000000000000055511151231257827") == 0.1);
    CHECK(width("179769313486231570000000000000000000000e270") == 1.7976931348623157e308);
    CHECK(width("2.2250738585072011e-308") == 2.2250738585072011e-308);
    CHECK(width("9007199254740993.0") == 9007199254740992.0);
    CHECK(width("1e-400") == 0.0);
    CHECK(width("null") == std::nullopt);
}

TEST_CASE("X4: invalid UTF-8 is refused in known and unknown texts and in keys") {
    for (const std::string_view bytes :
         {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE2\x82", "\xC3("}) {
        const std::string text(bytes);
        for (const std::string& member :
             {"\"Artist\":\"ab" + text + "cd\"", "\"Unknown\":\"" + text + "\"", "\"" + text + "\":1",
              "\"Artist\":\"\\u0041" + text + "cd and some more text\"",
              "\"Keywords\":[{\"Id\":\"" + text + "\"}]"}) {
            CAPTURE(member);
            const decode_failure f = failure_of_member(member);
            CHECK(f.kind == decode_kind::invalid_utf8);
            CHECK(f.offset >= 12);
            CHECK(f.offset <= 12 + member.size());
        }
    }
    for (const std::string_view half : {"\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud83dx"}) {
        CAPTURE(half);
        const auto kind =
            failure_of_member("\"Artist\":\"" + std::string(half) + " and some more text\"").kind;
        CHECK((kind == decode_kind::invalid_utf8 || kind == decode_kind::not_json));
    }
}

TEST_CASE("X4: of duplicate keys the last one counts") {
    CHECK(artist_of(R"("Artist":"a","Artist":"b")") == "b");
    CHECK(artist_of(R"("Artist":"a","Artist":null)") == "(absent)");
    CHECK(artist_of(R"("Artist":null,"\u0041rtist":"c\n")") == "c\n");
    CHECK(decode_members(R"("EventId":1,"EventId":2)").event_id() == 2);
    CHECK_FALSE(decode_members(R"("EventId":1,"EventId":"")").event_id().has_value());
    const image lists = decode_members(R"("Restrictions":["a","b"],"Restrictions":["c"])");
    CHECK(lists.restrictions() == std::vector<std::string_view>{"c"});
    const image emptied = decode_members(R"("Keywords":[{"Id":"1"}],"Keywords":[])");
    CHECK(emptied.keywords().empty());
    const image within = decode_members(R"("Keywords":[{"Id":"1","Id":"2"}])");
    CHECK(within.keywords().at(0).id == "2");
    const image none = decode_members(R"("EventIds":[1,2],"EventIds":null)");
    CHECK(none.event_ids().empty());
    CHECK(decode(R"({"Images":[{"ImageId":"2"}],"Images":[{"ImageId":"1"}]})").failure == std::nullopt);
    CHECK(decode(R"({"CoordinationId":"a","Images":[{}],"CoordinationId":"b"})").coordination_id == "b");
    CHECK(failure_of(R"([{"ImageId":"1","ImageId":"2"}])").kind == decode_kind::wrong_image);
}

TEST_CASE("X4: null and a blank are absent for every field but a text") {
    for (const std::string_view blank : {"null", "\"\""}) {
        std::string members;
        for (const std::string_view field : {"DateCreated", "DateSubmitted", "EventId", "QualityRank",
                                             "EventIds", "Keywords", "Restrictions", "ReferralDestinations",
                                             "SizesDownloadableImages", "ApplicableProductOfferings"}) {
            members += "\"" + std::string(field) + "\":" + std::string(blank) + ",";
        }
        const image i = decode_members(members + "\"x\":0");
        CHECK_FALSE(i.date_created().has_value());
        CHECK_FALSE(i.date_submitted().has_value());
        CHECK_FALSE(i.event_id().has_value());
        CHECK_FALSE(i.quality_rank().has_value());
        CHECK(i.event_ids().empty());
        CHECK(i.keywords().empty());
        CHECK(i.restrictions().empty());
        CHECK(i.referral_destinations().empty());
        CHECK(i.sizes_downloadable_images().empty());
        CHECK(i.applicable_product_offerings().empty());
    }
    const image texts = decode_members(R"("Restrictions":[null,"a",null,""])");
    CHECK(texts.restrictions() == std::vector<std::string_view>{"a", ""});
    const image entries = decode_members(R"("Keywords":[null,{"Text":"t"}])");
    CHECK(entries.keywords().size() == 1);
    CHECK_FALSE(decode(R"({"CoordinationId":null,"Images":[{}]})").failure.has_value());
}

TEST_CASE("X4: unknown fields are skipped whatever they hold, also when they hide known names") {
    const image i = decode_members(
        R"("x":{"Artist":"no","Keywords":[{"Id":"no"}],"y":[[{"EventId":"no"}],1,true,null,"s"]},"Artist":"yes",
           "z":[{"ImageId":"2"}],"artist":"no","Artist ":"no","Titl":5,"Titles":5,"":5)");
    CHECK(i.artist() == "yes");
    CHECK(i.keywords().empty());
    CHECK(i.image_id() == "1");
    const image nested = decode_members(R"("Keywords":[{"Relevance":{"Id":"no"},"Id":"yes","Text":"t"}])");
    CHECK(nested.keywords().at(0).id == "yes");
    CHECK_FALSE(decode(R"({"a":{"Images":[]},"Images":[{"ImageId":"1"}],"b":[1]})").failure.has_value());
}

TEST_CASE("X4: a mistyped field is refused by name and position") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"("Artist":1)", "Images[0].Artist"},
        {R"("Artist":1.5)", "Images[0].Artist"},
        {R"("Artist":true)", "Images[0].Artist"},
        {R"("Artist":[])", "Images[0].Artist"},
        {R"("Artist":{})", "Images[0].Artist"},
        {R"("ImageId":1)", "Images[0].ImageId"},
        {R"("DateCreated":1)", "Images[0].DateCreated"},
        {R"("DateCreated":{})", "Images[0].DateCreated"},
        {R"("Keywords":{})", "Images[0].Keywords"},
        {R"("Keywords":"a")", "Images[0].Keywords"},
        {R"("Keywords":1)", "Images[0].Keywords"},
        {R"("Keywords":["a"])", "Images[0].Keywords[0]"},
        {R"("Keywords":[{},null,[]])", "Images[0].Keywords[2]"},
        {R"("Keywords":[{},{"Id":5}])", "Images[0].Keywords[1].Id"},
        {R"("Keywords":[{"Text":[]}])", "Images[0].Keywords[0].Text"},
        {R"("Restrictions":"a")", "Images[0].Restrictions"},
        {R"("Restrictions":["a",5])", "Images[0].Restrictions[1]"},
        {R"("Restrictions":["a",null,{}])", "Images[0].Restrictions[2]"},
        {R"("Restrictions":[false])", "Images[0].Restrictions[0]"},
        {R"("EventIds":5)", "Images[0].EventIds"},
        {R"("EventIds":["a"])", "Images[0].EventIds[0]"},
        {R"("EventIds":[[]])", "Images[0].EventIds[0]"},
        {R"("EventIds":[1.5])", "Images[0].EventIds[0]"},
        {R"("ReferralDestinations":[{"Url":1}])", "Images[0].ReferralDestinations[0].Url"},
        {R"("SizesDownloadableImages":[{"InchesHeight":"9"}])",
         "Images[0].SizesDownloadableImages[0].InchesHeight"},
        {R"("SizesDownloadableImages":[{"PixelWidth":"9"}])",
         "Images[0].SizesDownloadableImages[0].PixelWidth"},
        {R"("SizesDownloadableImages":[{"SizeKey":9}])", "Images[0].SizesDownloadableImages[0].SizeKey"}};
    for (const auto& [member, field] : cases) {
        CAPTURE(member);
        const decode_failure f = failure_of_member(member);
        CHECK(f.kind == decode_kind::wrong_type);
        CHECK(f.field == field);
        CHECK(f.offset > 12);
        CHECK(f.offset <= 12 + std::string_view(member).size());
    }
    CHECK(failure_of(R"({"Images":{}})").field == "Images");
    CHECK(failure_of(R"({"Images":5})").kind == decode_kind::wrong_type);
    CHECK(failure_of(R"({"Images":[null,5]})").field == "Images[1]");
    CHECK(failure_of(R"([[]])").field == "[0]");
    CHECK(failure_of(R"([{},{"Artist":1}])").field == "[1].Artist");
    CHECK(failure_of(R"({"CoordinationId":5})").field == "CoordinationId");
    CHECK(failure_of(R"({"Images":[{"Artist":1}]})").describe() ==
          "Images[0].Artist: wrong type, expected a text (at byte 21)");
}

TEST_CASE("X4: HTML, nothing at all and other texts are not JSON, with the place where they stop being it") {
    CHECK(failure_of("").detail == "the body is empty");
    CHECK(failure_of("  \r\n").detail == "the body is empty");
    CHECK(failure_of("<html><body>oops</body></html>").detail == "it looks like HTML");
    CHECK(failure_of("<html>").offset == 0);
    const std::pair<std::string_view, std::size_t> cases[] = {{"{", 1},
                                                              {"[", 1},
                                                              {"{\"a\"}", 4},
                                                              {"{\"a\":}", 5},
                                                              {"{\"a\":1,}", 7},
                                                              {"{a:1}", 1},
                                                              {"['a']", 1},
                                                              {"{\"x\":NaN}", 5},
                                                              {"{\"x\":01}", 6},
                                                              {"{\"x\":+1}", 5},
                                                              {"{\"x\":1.}", 7},
                                                              {"{\"x\":.5}", 5},
                                                              {"{\"x\":1e}", 7},
                                                              {"{\"x\":\"\t\"}", 6},
                                                              {"{\"x\":\"\\q\"}", 7},
                                                              {"[null,]", 6},
                                                              {"[null}", 5},
                                                              {"{\"x\":tru}", 5},
                                                              {"/**/{}", 0},
                                                              {"{\"x\":\"\\u12g4\"}", 10}};
    for (const auto& [body, offset] : cases) {
        CAPTURE(body);
        const decode_failure f = failure_of(body);
        CHECK(f.kind == decode_kind::not_json);
        CHECK(f.offset == offset);
    }
}

TEST_CASE("X4: JSON that is neither object nor array is refused as such") {
    for (const std::string_view body :
         {"null", "true", "5", "-1.5", "18446744073709551615", "\"text\"", "\"\"", "\"a\\n\""}) {
        CAPTURE(body);
        CHECK(failure_of(body).kind == decode_kind::not_an_object);
    }
}

TEST_CASE("X4: data after the document is refused at its place") {
    const std::string body = R"([{"ImageId":"1"}])";
    for (const std::string_view more : {"x", "{}", "]", ",", "\"\"", "<!-- -->", "\x01"}) {
        CAPTURE(more);
        const decode_failure f = failure_of(body + " \n" + std::string(more));
        CHECK(f.kind == decode_kind::trailing_data);
        CHECK(f.offset == body.size() + 2);
    }
    CHECK(failure_of(body + std::string(1, '\0')).kind == decode_kind::trailing_data);
}

TEST_CASE("X4: texts, keys and lists have their limits") {
    const std::string longest(image_decoder::max_text_bytes, 'x');
    const image captioned = decode_members("\"Caption\":\"" + longest + "\"");
    CHECK(captioned.caption() == longest);
    CHECK(failure_of_member("\"Caption\":\"" + longest + "x\"").kind == decode_kind::too_large);
    CHECK(failure_of_member("\"Caption\":\"\\n" + longest + "\"").kind == decode_kind::too_large);
    const std::string key(image_decoder::max_key_bytes, 'k');
    CHECK_NOTHROW(decode_members("\"" + key + "\":1"));
    CHECK(failure_of_member("\"" + key + "k\":1").kind == decode_kind::too_large);
    std::string list = "0";
    for (std::size_t i = 1; i < image_decoder::max_list_entries; ++i) list += ",0";
    const image listed = decode_members("\"EventIds\":[" + list + "]");
    CHECK(listed.event_ids().size() == image_decoder::max_list_entries);
    CHECK(failure_of_member("\"EventIds\":[" + list + ",0]").kind == decode_kind::too_large);
    std::string keys = "\"x\":0";
    for (std::size_t i = 1; i < image_decoder::max_object_keys; ++i) keys += ",\"x\":0";
    CHECK_FALSE(decode("[{" + keys + "}]").failure.has_value());
    CHECK(failure_of("[{" + keys + ",\"x\":0}]").kind == decode_kind::too_large);
}

TEST_CASE("image: texts with escapes survive each other, whatever their length") {
    // longer than any buffer of the parser, with the escape at every position around its size
    for (std::size_t before : {0U, 1U, 15U, 16U, 17U, 255U, 256U, 257U, 4090U, 4095U, 4096U, 4097U, 9000U}) {
        const std::string plain(before, 'p');
        const image i = decode_members("\"Artist\":\"" + plain + "\\n" + plain + "\\u00fc" + plain +
                                       "\xC3\xBC\",\"City\":\"\\t\",\"Caption\":\"" + plain +
                                       "\\ud83d\\udcf7\",\"Title\":\"\"");
        CHECK(i.artist() == plain + "\n" + plain + "\xC3\xBC" + plain + "\xC3\xBC");
        CHECK(i.city() == "\t");
        CHECK(i.caption() == plain + "\xF0\x9F\x93\xB7");
        CHECK(i.title() == "");
    }
}
