// The images of v3 against those of the other dialect, and over a population.
#include "sandbox/v3/image_v3.hpp"

#include "sandbox/catalogue/catalogue.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <set>
#include <string>

using namespace getty::connect::sandbox;
namespace json = boost::json;

namespace {

constexpr v3::field_set everything = (v3::field_set{1} << 49) - 1;

json::object v3_of(std::string_view id, std::size_t row = 0, v3::field_set fields = everything,
                   v3_dates dates = v3_dates::mixed) {
    std::string text;
    v3::append_image(text, id, row, fields, dates);
    return json::parse(text).get_object();
}

json::object connect_of(std::string_view id, std::size_t row = 0) {
    std::string text;
    append_image(text, id, row);
    return json::parse(text).get_object();
}

std::string text_of(const json::object& o, std::string_view name) {
    const json::value* value = o.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Seconds since 1970, by the C library: of /Date(ms)/, or of a time with an offset, Z or no zone, then UTC.
long long instant(const std::string& text) {
    long long ms = 0;
    if (std::sscanf(text.c_str(), "/Date(%lld", &ms) == 1) return ms / 1'000;
    std::tm t{};
    REQUIRE(std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &t.tm_year, &t.tm_mon, &t.tm_mday,
                        &t.tm_hour, &t.tm_min, &t.tm_sec) == 6);
    t.tm_year -= 1'900;
    t.tm_mon -= 1;
    int hours = 0;
    const std::size_t sign = text.find_first_of("+-", 19);
    if (sign != text.npos) hours = std::stoi(text.substr(sign, 3));
    return static_cast<long long>(::timegm(&t)) - hours * 3'600LL;
}

std::string id_of(int i) { return std::to_string(10'000'001 + i * 7); }

}  // namespace

TEST_CASE("v3 image: the texts are those of the other dialect, in every language") {
    for (int i = 0; i < 300; ++i) {
        const std::string id = id_of(i);
        const std::size_t row = static_cast<std::size_t>(i) % 5;
        CAPTURE(id);
        const json::object image = v3_of(id, row);
        const json::object other = connect_of(id, row);
        CHECK(image.at("id").as_string() == id);
        for (const auto& [name, from] : {std::pair("artist", "Artist"),
                                         {"artist_title", "ArtistTitle"},
                                         {"caption", "Caption"},
                                         {"title", "Title"},
                                         {"copyright", "Copyright"},
                                         {"credit_line", "CreditLine"},
                                         {"city", "City"},
                                         {"state_province", "StateProvince"},
                                         {"country", "Country"},
                                         {"collection_name", "CollectionName"}}) {
            CHECK(text_of(image, name) == text_of(other, from));
            CHECK(image.contains(name));
        }
        CHECK(text_of(image.at("allowed_use").get_object(), "release_info") ==
              text_of(other, "ReleaseMessage"));
        const json::array& words = other.at("Keywords").get_array();
        const json::array& keywords = image.at("keywords").get_array();
        REQUIRE(keywords.size() >= words.size());
        CHECK(keywords.size() <= words.size() + 1);
        for (std::size_t k = 0; k < words.size(); ++k) {
            CHECK(keywords[k].at("text") == words[k].at("Text"));
            CHECK(keywords[k].at("keyword_id") == words[k].at("Id"));
            CHECK(keywords[k].at("type") == words[k].at("Type"));
        }
        CHECK(image.at("quality_rank") == other.at("QualityRank"));
        CHECK(image.at("call_for_image").as_bool() !=
              other.at("AuthorizationConstraints").as_array().empty());
        CHECK(image.at("download_sizes").as_array().size() ==
              other.at("SizesDownloadableImages").as_array().size());
        if (!other.at("ApplicableProductOfferings").as_array().empty()) {
            CHECK(image.at("product_types").as_array().size() ==
                  other.at("ApplicableProductOfferings").as_array().size());
        }
        for (const char c : text_of(image, "license_model")) CHECK((c >= 'a' && c <= 'z'));
    }
}

TEST_CASE("v3 image: only what was asked for is there, the id always, and always the same") {
    for (unsigned i = 0; i < 49; ++i) {
        CAPTURE(i);
        // an id without the member that nobody lists
        const json::object one = v3_of("1", 0, v3::field_set{1} << i);
        CHECK(one.contains("id"));
        CHECK(one.size() == (i == static_cast<unsigned>(v3::field::id) ? 1 : 2));
        const json::object whole = v3_of("1");
        for (const auto& member : one) {
            const bool by_subfield = member.key() == "display_sizes" || member.key() == "download_sizes";
            if (!by_subfield) CHECK(whole.at(member.key()) == member.value());
        }
    }
    CHECK(v3_of("1", 0, 0) == json::object{{"id", "1"}});
    std::string first, second;
    v3::append_image(first, "83454800", 3, everything, v3_dates::mixed);
    v3::append_image(second, "83454800", 3, everything, v3_dates::mixed);
    CHECK(first == second);
}

TEST_CASE("v3 image: moments are those of the other dialect in every form, or all in one") {
    std::map<std::string, int> forms;
    std::set<std::size_t> fractions;
    for (int i = 0; i < 2'000; ++i) {
        const std::string id = id_of(i);
        const json::object image = v3_of(id);
        const json::object utc = v3_of(id, 0, everything, v3_dates::utc);
        for (const auto& [name, from] : {std::pair("date_created", "DateCreated"),
                                         {"date_submitted", "DateSubmitted"},
                                         {"date_camera_shot", "DateCreated"}}) {
            const std::string mixed = text_of(image, name);
            const std::string plain = text_of(utc, name);
            const std::string other = text_of(connect_of(id), from);
            CHECK(mixed.empty() == other.empty());
            CHECK(plain.empty() == other.empty());
            if (other.empty()) continue;
            CHECK(plain.size() == 20);
            CHECK(plain.back() == 'Z');
            CHECK(instant(plain) == instant(other));
            CHECK(instant(mixed) == instant(other));
            const std::size_t end = std::min(mixed.find_first_not_of("0123456789.", 19), mixed.size());
            const std::string zone = mixed.substr(end);
            ++forms[zone];
            fractions.insert(mixed.size() - zone.size() - 19);
        }
    }
    CHECK(forms.size() == 3);
    CHECK(forms["Z"] > 500);
    CHECK(forms["-05:00"] > 500);
    CHECK(forms[""] > 500);
    CHECK(fractions == std::set<std::size_t>{0, 2, 3, 4, 5, 6, 7, 8});  // a point and 1 to 7 digits
}

TEST_CASE("v3 image: over the population every member is filled, and blank as null and as empty in turn") {
    std::map<std::string, std::set<std::string>> met;
    std::size_t unlisted = 0, wordless = 0;
    for (int i = 0; i < 3'000; ++i) {
        const json::object image = v3_of(id_of(i));
        for (const auto& [name, value] : image) {
            const std::string text = json::serialize(value);
            met[std::string(name)].insert(text == "null" || text == "\"\"" || text == "[]" ? text : "filled");
        }
        if (image.contains("sandbox_unlisted")) ++unlisted;
        for (const json::value& keyword : image.at("keywords").as_array()) {
            if (!keyword.as_object().contains("text")) ++wordless;
        }
    }
    CHECK(unlisted > 50);
    CHECK(wordless > 50);
    for (const auto& [name, forms] : met) {
        CAPTURE(name);
        CHECK(forms.contains("filled") != (name == "series_id"));
    }
    for (const char* name :
         {"artist", "caption", "title", "city", "people", "event_ids", "editorial_segments",
          "referral_destinations", "product_types", "color_type", "graphical_style"}) {
        CAPTURE(name);
        CHECK(met[name].contains("null"));
        CHECK(met[name].size() == 3);
    }
}

TEST_CASE("v3 image: display and download sizes follow the licence and the fields") {
    std::size_t licensed = 0;
    for (int i = 0; i < 200; ++i) {
        const json::object image = v3_of(id_of(i));
        const bool mine = !connect_of(id_of(i)).at("ApplicableProductOfferings").as_array().empty();
        licensed += mine ? 1U : 0U;
        for (const json::value& size : image.at("display_sizes").as_array()) {
            if (size.at("name") != "thumb") CHECK(size.at("is_watermarked").as_bool() != mine);
        }
        const json::array& sizes = image.at("download_sizes").as_array();
        const json::array& largest = image.at("largest_downloads").as_array();
        CHECK(largest.size() == (sizes.empty() ? 0 : 1));
        if (!mine) CHECK(sizes.empty());
        if (sizes.empty()) continue;
        CHECK(largest[0].at("name") == sizes.back().at("name"));
        CHECK(sizes[0].at("name") == "x_small");
        CHECK(image.at("max_dimensions").at("width") == sizes.back().at("width"));
        CHECK(sizes[0].at("downloads").as_array().size() == 1);
        const json::object plain = v3_of(id_of(i), 0, v3::bit(v3::field::download_sizes));
        CHECK_FALSE(plain.at("download_sizes").at(0).as_object().contains("downloads"));
    }
    CHECK(licensed > 100);
    CHECK(licensed < 200);
}
