// What a v3 lookup asks for: ids, fields, languages.
#include "sandbox/v3/query.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace getty::connect::sandbox;
using v3::bit;
using v3::field;
using v3::query;

namespace {

using texts = std::vector<std::string>;

query group(std::string_view text, const v3_rules& rules = {}) { return v3::read_query("", text, rules); }

std::string code(const query& asked) { return asked.refused ? std::string(asked.refused->code) : "none"; }

std::string ids(std::size_t count) {
    std::string out = "ids=0";
    for (std::size_t i = 1; i < count; ++i) out += "," + std::to_string(i);
    return out;
}

}  // namespace

TEST_CASE("v3 query: ids are parted by commas, plain or encoded, each taken once and in order") {
    CHECK(group("ids=9000000001%2CTST042-001,9000000999").ids ==
          texts{"9000000001", "TST042-001", "9000000999"});
    CHECK(group("ids=2,1,2,,1").ids == texts{"2", "1"});
    CHECK(group("ids=a%20b").ids == texts{"a b"});
    CHECK(code(group("ids=1")) == "none");
    CHECK(v3::read_query("/200261415-001", "", {}).ids == texts{"200261415-001"});
    CHECK(v3::read_query("/a%2Cb", "", {}).ids == texts{"a,b"});
}

TEST_CASE("v3 query: without an id, or malformed, it is refused with the code for it") {
    CHECK(code(group("")) == "ImageIdMustBeSpecified");
    CHECK(code(group("ids=")) == "ImageIdMustBeSpecified");
    CHECK(code(group("ids=,%2C,")) == "ImageIdMustBeSpecified");
    CHECK(code(group("fields=id")) == "ImageIdMustBeSpecified");
    CHECK(code(group("ids=%4")) == "MalformedRequest");
    CHECK(code(group("ids=1&ids=2")) == "MalformedRequest");
    CHECK(code(v3::read_query("/", "", {})) == "MalformedRequest");
    CHECK(code(v3::read_query("/%ff", "", {})) == "MalformedRequest");
}

TEST_CASE("v3 query: a hundred ids are taken, one more as the switch says") {
    CHECK(code(group(ids(100))) == "none");
    CHECK(code(group(ids(101))) == "InvalidParameterValue");
    CHECK(code(group(ids(101) + ",1,2,3", {})) == "InvalidParameterValue");
    CHECK(code(group(ids(100) + ",1,2,3", {})) == "none");  // once each
    v3_rules served;
    served.surplus_ids = v3_surplus_ids::served;
    CHECK(code(group(ids(101), served)) == "none");
    CHECK(group(ids(101), served).ids.size() == 101);
}

TEST_CASE("v3 query: a parameter that is none is refused or ignored") {
    v3_rules ignored;
    ignored.unknown_parameter = v3_unknown_parameter::ignored;
    for (const char* other : {"language=de", "coordination_id=c", "page=1", "x", "Fields=id", "IDS=1"}) {
        CAPTURE(other);
        CHECK(code(group(std::string("ids=1&") + other)) == "InvalidRequest");
        CHECK(code(group(std::string("ids=1&") + other, ignored)) == "none");
    }
    CHECK(code(v3::read_query("/1", "ids=2", {})) == "InvalidRequest");
    CHECK(code(group("ids=1&sandbox-redirected=once")) == "none");
}

TEST_CASE("v3 query: fields are a list, the summary without one") {
    CHECK(group("ids=1").fields == v3::summary_set());
    CHECK(group("ids=1&fields=").fields == v3::summary_set());
    CHECK(group("ids=1&fields=title%2Ckeywords,event_ids").fields ==
          (bit(field::title) | bit(field::keywords) | bit(field::event_ids)));
    CHECK(group("ids=1&fields=display_set").fields ==
          (bit(field::comp) | bit(field::preview) | bit(field::thumb)));
    CHECK(group("ids=1&fields=summary_set,id").fields == (v3::summary_set() | bit(field::id)));
    CHECK(v3::summary_set() ==
          (bit(field::artist) | bit(field::asset_family) | bit(field::caption) | bit(field::collection_code) |
           bit(field::collection_id) | bit(field::collection_name) | bit(field::license_model) |
           bit(field::max_dimensions) | bit(field::title)));
    for (const char* none : {"Title", "ImageId", "contributor", "display_sizes", "all", "detail_set",
                             "entity_details", " title"}) {
        CAPTURE(none);
        CHECK(code(group(std::string("ids=1&fields=title,") + none)) == "InvalidParameterValue");
    }
    v3_rules served;
    served.detail_set = v3_detail_set::served;
    CHECK(code(group("ids=1&fields=detail_set,entity_details", served)) == "none");
    CHECK((group("ids=1&fields=detail_set", served).fields & bit(field::date_created)) != 0);
    CHECK((group("ids=1&fields=detail_set", served).fields & v3::for_token_holders()) == 0);
    CHECK(code(group("ids=1&fields=contributor", served)) == "InvalidParameterValue");
}

TEST_CASE("v3 query: every documented field has a bit of its own") {
    std::set<v3::field_set> seen;
    // as the service's document lists them
    for (const char* name : {"id",
                             "artist",
                             "artist_title",
                             "caption",
                             "title",
                             "copyright",
                             "credit_line",
                             "city",
                             "state_province",
                             "country",
                             "asset_family",
                             "call_for_image",
                             "collection_id",
                             "collection_code",
                             "collection_name",
                             "color_type",
                             "date_created",
                             "date_submitted",
                             "date_camera_shot",
                             "editorial_segments",
                             "editorial_source",
                             "event_ids",
                             "graphical_style",
                             "keywords",
                             "license_model",
                             "quality_rank",
                             "product_types",
                             "referral_destinations",
                             "allowed_use",
                             "download_sizes",
                             "largest_downloads",
                             "max_dimensions",
                             "orientation",
                             "people",
                             "object_name",
                             "alternative_ids",
                             "uri_oembed",
                             "links",
                             "download_product",
                             "istock_collection",
                             "istock_exclusive",
                             "istock_licenses",
                             "is_ai_editable",
                             "comp",
                             "comp_webp",
                             "preview",
                             "thumb",
                             "downloads",
                             "series_id"}) {
        CAPTURE(name);
        const auto set = v3::fields_named(name, v3_detail_set::refused);
        REQUIRE(set.has_value());
        CHECK(seen.insert(*set).second);
    }
    CHECK(seen.size() == 49);
}

TEST_CASE("v3 query: the language is the one of most weight that the service has, else English") {
    CHECK(v3::accepted_language("") == "en-US");
    CHECK(v3::accepted_language("de") == "de");
    CHECK(v3::accepted_language("DE-at") == "de");
    CHECK(v3::accepted_language("pt") == "pt-BR");
    CHECK(v3::accepted_language("pt-pt") == "pt-PT");
    CHECK(v3::accepted_language("en") == "en-US");
    CHECK(v3::accepted_language("en-gb") == "en-GB");
    CHECK(v3::accepted_language("cs, fi") == "en-US");  // of another site
    CHECK(v3::accepted_language("cs, fr;q=0.1") == "fr");
    CHECK(v3::accepted_language("de;q=0.5, ja ; q=0.9,fr;q=0.8") == "ja");
    CHECK(v3::accepted_language("de;q=0, *") == "en-US");
    CHECK(v3::accepted_language("fr, de") == "fr");
    CHECK(v3::accepted_language(",;;q=,=") == "en-US");
}
