// The answer that the benchmarks of v3 are about: images as the service sends them for every field that a
// lookup asks for, 3.1 KB each.
#pragma once

#include "bench/image_json.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// The image of `image_template` in v3's form.
// clang-format off
inline constexpr std::string_view image_v3_template =
    R"J({"id":"@@@","allowed_use":{"how_can_i_use_it":"Available for all editorial uses","release_in)J"
    R"J(fo":"No release but the usage is editorial","usage_restrictions":["Editorial use only","No c)J"
    R"J(ommercial use without the consent of the organisers"]},"alternative_ids":{"sandbox_stock":"a)J"
    R"J(lt-@@@"},"artist":"Joanna W\u00f3jcik","artist_title":"Staff","asset_family":"editorial","ca)J"
    R"J(ll_for_image":false,"caption":"LONDON, ENGLAND - JUNE 14: Spectators watch from the upper st)J"
    R"J(and as the first runners enter the stadium during the summer games at \"The Bowl\" on June 1)J"
    R"J(4, 2009 in London, England. Athletes from forty countries take part in the two-day meeting, )J"
    R"J(which closes the season. (Photo by Joanna W\u00f3jcik/Sandbox Archive)","city":"London","col)J"
    R"J(lection_code":"SBA","collection_id":41,"collection_name":"Sandbox Archive","color_type":"col)J"
    R"J(or","copyright":"2009 Sandbox Archive","country":"United Kingdom","credit_line":"Joanna W\u0)J"
    R"J(0f3jcik","date_camera_shot":"2009-06-14T16:28:42","date_created":"2009-06-14T16:28:42+01:00")J"
    R"J(,"date_submitted":"2009-06-14T22:28:42Z","display_sizes":[{"is_watermarked":true,"name":"com)J"
    R"J(p","uri":"https://media.example.net/id/@@@/photo/summer-games.jpg?s=612x612&w=0&k=20&c=F5B51)J"
    R"J(07058D53DF5"},{"is_watermarked":false,"name":"preview","uri":"https://media.example.net/id/@)J"
    R"J(@@/photo/summer-games.jpg?s=594x594&w=0&k=20&c=0BF1BAF1B9D8A3A2"},{"is_watermarked":false,"n)J"
    R"J(ame":"thumb","uri":"https://media.example.net/id/@@@/photo/summer-games.jpg?s=170x170","widt)J"
    R"J(h":170,"height":113}],"editorial_segments":["sport","news"],"editorial_source":{"id":3,"name)J"
    R"J(":"Sandbox News"},"event_ids":[219195238,219195240,219195301],"graphical_style":"photography)J"
    R"J(","keywords":[{"keyword_id":"60591","relevance":null,"text":"Athletics","type":"SpecificSubj)J"
    R"J(ects"},{"keyword_id":"60227","relevance":null,"text":"Stadium","type":"Location"},{"keyword_)J"
    R"J(id":"62361","relevance":null,"text":"Horizontal","type":"ImageComposition"},{"keyword_id":"6)J"
    R"J(1005","relevance":null,"text":"Spectator","type":"SpecificPeople"},{"keyword_id":"60619","re)J"
    R"J(levance":null,"text":"Running","type":"Concept"},{"keyword_id":"63042","relevance":null,"tex)J"
    R"J(t":"Day","type":"TimeOfDay"},{"keyword_id":"60148","relevance":null,"text":"Summer","type":")J"
    R"J(Season"},{"keyword_id":"60302","relevance":null,"text":"Outdoors","type":"Location"},{"keywo)J"
    R"J(rd_id":"61777","relevance":null,"text":"England","type":"Location"},{"keyword_id":"62088","r)J"
    R"J(elevance":null,"text":"Adults Only","type":"AgeOfPeople"}],"license_model":"rightsmanaged",")J"
    R"J(max_dimensions":{"height":2730,"width":4096},"object_name":"SBX@@@","orientation":"Horizonta)J"
    R"J(l","people":[],"product_types":["easyaccess","editorialsubscription","royaltyfree"],"quality)J"
    R"J(_rank":2,"referral_destinations":[{"site_name":"gettyimages","uri":"https://www.gettyimages.)J"
    R"J(com/detail/@@@"},{"site_name":"thinkstock","uri":"https://www.thinkstockphotos.com/image/@@@)J"
    R"J("}],"state_province":"","title":"Summer games, day one \u2013 stadium","uri_oembed":"https:/)J"
    R"J(/embed.example.net/oembed?url=https%3a%2f%2fsbx.example%2f@@@"})J";
// clang-format on

/// Images of the ids from 100,000,000 on.
[[nodiscard]] inline std::string image_set_json(std::int64_t count) {
    std::string text = "{\"images\":[";
    for (std::int64_t i = 0; i < count; ++i) {
        if (i > 0) text += ',';
        append_with_id(text, image_v3_template, std::to_string(100'000'000 + i));
    }
    return text += "],\"images_not_found\":[]}";
}

}  // namespace bench
