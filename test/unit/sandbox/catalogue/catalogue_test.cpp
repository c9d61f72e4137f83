#include "sandbox/catalogue/catalogue.hpp"

#include "sandbox/catalogue/catalogue_words.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace json = boost::json;
using namespace getty::connect::sandbox;

namespace {

std::string image_of(std::string_view id, std::size_t row = 0) {
    std::string out;
    append_image(out, id, row);
    return out;
}

json::object parsed(std::string_view id, std::size_t row = 0) {
    return json::parse(image_of(id, row)).get_object();
}

std::string text(const json::object& image, std::string_view key) {
    const json::value* value = image.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

TEST_CASE("catalogue: an id of a documented form has an image, every other id has none") {
    for (const char* id :
         {"0", "83454800", "200261415-001", "007", "12345678901234567890", "1-1", "5-404000"}) {
        CAPTURE(id);
        CHECK(catalogue_status(id) == 200);
    }
    for (const char* id : {"", "-", "1-", "-1", "1-2-3", "a", "83454800a", "123456789012345678901", " 1",
                           "1 ", "1_2", "..", "1/2", "+1", "\xEF\xBC\x91"}) {
        CAPTURE(id);
        CHECK(catalogue_status(id) == 404);
    }
}

TEST_CASE("catalogue: ids ask for a failure by their last digits") {
    CHECK(catalogue_status("404") == 404);
    CHECK(catalogue_status("83454404") == 404);
    CHECK(catalogue_status("4040") == 200);
    for (const int status : {400, 403, 404, 429, 500, 502, 503, 504}) {
        CHECK(catalogue_status("7-" + std::to_string(status)) == status);
    }
    CHECK(catalogue_status("7-401") == 200);
    CHECK(catalogue_status("7-0503") == 200);
    CHECK(catalogue_status("503-7") == 200);
}

TEST_CASE("catalogue: the hash alone decides, on every machine") {
    // expectations: FNV-1a and SplitMix64 run by hand in python3, with the rolls in the order of the source
    const json::object news = parsed("83454800");
    CHECK(text(news, "Artist") == "Joanna Wójcik");
    CHECK(text(news, "City") == "東京");
    CHECK(text(news, "CollectionName") == "Sandbox Archive");
    CHECK(text(news, "DateCreated") == "2009-09-13T04:28:42");
    CHECK(news.at("EventId").to_number<std::int64_t>() == 219'195'238);
    CHECK(news.at("ImageFamily") == "Editorial");
    const json::object creative = parsed("200261415-001");
    CHECK(text(creative, "Artist") == "佐藤 美咲");
    CHECK(text(creative, "CollectionName") == "Taxi Dune");
    CHECK(text(creative, "DateCreated") == "2018-06-16T06:57:16Z");
    CHECK(creative.at("EventId").is_null());
    CHECK(creative.at("ImageFamily") == "Creative");
}

TEST_CASE("catalogue: the language changes keywords, release message and restrictions, and nothing else") {
    bool translated = false;
    for (const char* id : {"83454800", "200261415-001", "7", "1001", "1002", "1003"}) {
        const json::object english = parsed(id);
        for (std::size_t row = 0; row < language_count; ++row) {
            json::object other = parsed(id, row);
            CHECK(other.at("Keywords").as_array().size() == english.at("Keywords").as_array().size());
            CHECK(other.at("Keywords").at(0).at("Id") == english.at("Keywords").at(0).at("Id"));
            translated |= other.at("Keywords") != english.at("Keywords");
            for (const char* key : {"Keywords", "ReleaseMessage", "Restrictions"}) {
                if (english.contains(key)) other[key] = english.at(key);
            }
            CHECK(other == english);
        }
    }
    CHECK(translated);
    CHECK(parsed("83454800", 1).at("Keywords").at(0).at("Text") == "Konzert");
    CHECK(parsed("83454800", 4).at("Keywords").at(0).at("Text") == "コンサート");
}

TEST_CASE("catalogue: a language tag is known by its first part, unknown ones are English") {
    CHECK(language_row("en-us") == 0);
    CHECK(language_row("de") == 1);
    CHECK(language_row("DE-at") == 1);
    CHECK(language_row("fr-CA") == 2);
    CHECK(language_row("es") == 3);
    CHECK(language_row("ja-JP") == 4);
    CHECK(language_row("den") == 0);
    CHECK(language_row("d") == 0);
    CHECK(language_row("") == 0);
    CHECK(language_row("tlh") == 0);
}

TEST_CASE("catalogue: over the population every field is present, blank and null in turn, and consistent") {
    struct kinds {
        std::size_t filled = 0, empty = 0, null = 0;
    };
    std::map<std::string, kinds, std::less<>> seen;
    std::vector<std::size_t> sizes;
    std::size_t raw_unicode = 0;
    std::size_t surrogates = 0;
    for (int n = 0; n < 20'000; ++n) {
        const std::string id = std::to_string(50'000'000 + n * 7);
        if (catalogue_status(id) != 200) continue;
        const std::string body = image_of(id);
        sizes.push_back(body.size());
        REQUIRE(std::none_of(body.begin(), body.end(),
                             [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
        raw_unicode += body.find("München") != body.npos;
        surrogates += body.find("\\ud83c\\udf89") != body.npos;
        const json::object image = json::parse(body).get_object();
        CHECK(text(image, "ImageId") == id);
        for (const auto& [key, value] : image) {
            kinds& k = seen[std::string(key)];
            const bool empty = (value.is_string() && value.get_string().empty()) ||
                               (value.is_array() && value.get_array().empty());
            ++(value.is_null() ? k.null : empty ? k.empty : k.filled);
        }
        const bool editorial = text(image, "ImageFamily") == "Editorial";
        CHECK(image.at("EditorialSegments").as_array().empty() == !editorial);
        CHECK(image.at("EventIds").as_array().empty() == !editorial);
        CHECK(image.at("EventId").is_null() == !editorial);
        CHECK((editorial || text(image, "LicensingModel") != "RightsManaged"));
        CHECK((!editorial || text(image, "LicensingModel") != "RoyaltyFree"));
        if (image.at("ApplicableProductOfferings").as_array().empty()) {
            CHECK(image.at("SizesDownloadableImages").as_array().empty());
        }
        std::set<std::string> words;
        for (const json::value& keyword : image.at("Keywords").as_array()) {
            CHECK(words.insert(std::string(keyword.at("Id").as_string())).second);
        }
        CHECK_FALSE((words.contains(std::to_string(60'000 + 44 * 17)) &&
                     words.contains(std::to_string(60'000 + 45 * 17))));
    }
    CHECK(seen.size() == 35);  // the fields of the service's documentation
    for (const auto& [key, k] : seen) {
        CAPTURE(key);
        CHECK(k.filled > 0);
        const bool always = key == "ImageFamily" || key == "ImageId" || key == "Keywords";
        CHECK((k.empty + k.null > 0) == !always);
    }
    CHECK(raw_unicode > 0);
    CHECK(surrogates > 0);
    std::sort(sizes.begin(), sizes.end());
    CHECK(sizes.front() >= 1'000);
    CHECK(sizes.back() <= 10'000);
    CHECK(sizes[sizes.size() / 2] > 2'000);
    CHECK(sizes[sizes.size() / 2] < 4'000);
}

TEST_CASE("catalogue: every word is translated into every language") {
    for (const keyword_row& row : keyword_rows()) {
        for (const std::string_view word : row.text) CHECK_FALSE(word.empty());
    }
    // the walk over the keywords visits each once only if their number is prime
    const std::size_t count = keyword_rows().size();
    for (std::size_t divisor = 2; divisor < count; ++divisor) CHECK(count % divisor != 0);
    CHECK(count > theme_rows().size() * 4 + 10);
}

TEST_CASE("catalogue: JSON strings are escaped") {
    std::string out;
    append_json_string(out, std::string_view("a\"b\\c\nd\0e\x1f/é", 13));
    CHECK(out == R"("a\"b\\c\u000ad\u0000e\u001f/é")");
    CHECK(json::parse(out).get_string() == std::string_view("a\"b\\c\nd\0e\x1f/é", 13));
}
