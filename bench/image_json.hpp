// The document that every benchmark is about: an image as the service sends it, 3 KB.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

/// "@@@" stands for the id. As real ones, it has escapes, numbers as text and both forms of dates.
// clang-format off
inline constexpr std::string_view image_template =
    R"J({"CoordinationId":"0f1c2d3e-4b5a-4697-8879-a0b1c2d3e4f5","Images":[{"ApplicableProductOfferings")J"
    R"J(:["EasyAccess","EditorialSubscription","RoyaltyFree"],"Artist":"Joanna W\u00f3jcik","ArtistTitle)J"
    R"J(":"Staff","AuthorizationConstraints":["NoTelevision"],"Caption":"LONDON, ENGLAND - JUNE 14: Spec)J"
    R"J(tators watch from the upper stand as the first runners enter the stadium during the summer games)J"
    R"J( at \"The Bowl\" on June 14, 2009 in London, England. Athletes from forty countries take part in)J"
    R"J( the two-day meeting, which closes the season. (Photo by Joanna W\u00f3jcik/Sandbox Archive)","C)J"
    R"J(ity":"London","CollectionId":"41","CollectionName":"Sandbox Archive","ColorType":"Color","Copyri)J"
    R"J(ght":"2009 Sandbox Archive","Country":"United Kingdom","CreditLine":"Joanna W\u00f3jcik","DateCr)J"
    R"J(eated":"2009-06-14T16:28:42+01:00","DateSubmitted":"/Date(1244993322000-0700)/","EditorialSegmen)J"
    R"J(ts":["Sport","News"],"EditorialSourceId":"3","EditorialSourceName":"Sandbox News","EventId":2191)J"
    R"J(95238,"EventIds":[219195238,219195240,"219195301"],"GraphicStyle":"Photography","ImageFamily":"E)J"
    R"J(ditorial","ImageId":"@@@","Keywords":[{"Id":"60591","Text":"Athletics","Type":"SpecificSubjects")J"
    R"J(},{"Id":"60227","Text":"Stadium","Type":"Location"},{"Id":"62361","Text":"Horizontal","Type":"Im)J"
    R"J(ageComposition"},{"Id":"61005","Text":"Spectator","Type":"SpecificPeople"},{"Id":"60619","Text":)J"
    R"J("Running","Type":"Concept"},{"Id":"63042","Text":"Day","Type":"TimeOfDay"},{"Id":"60148","Text":)J"
    R"J("Summer","Type":"Season"},{"Id":"60302","Text":"Outdoors","Type":"Location"},{"Id":"61777","Text)J"
    R"J(":"England","Type":"Location"},{"Id":"62088","Text":"Adults Only","Type":"AgeOfPeople"}],"Licens)J"
    R"J(ingModel":"RightsManaged","QualityRank":2,"ReferralDestinations":[{"SiteName":"gettyimages","Url)J"
    R"J(":"https://www.gettyimages.com/detail/@@@"},{"SiteName":"thinkstock","Url":"https://www.thinksto)J"
    R"J(ckphotos.com/image/@@@"}],"ReleaseMessage":"No release but the usage is editorial","Restrictions)J"
    R"J(":["Editorial use only","No commercial use without the consent of the organisers"],"SizesDownloa)J"
    R"J(dableImages":[{"FileSizeInBytes":8841223,"InchesHeight":9.1,"InchesWidth":13.65,"PixelHeight":27)J"
    R"J(30,"PixelWidth":4096,"ResolutionDpi":300,"SizeKey":"full","DownloadToken":"bZ0xUFJ3cUxWQ1p4S1dN")J"
    R"J(},{"FileSizeInBytes":412009,"InchesHeight":5.48,"InchesWidth":8.22,"PixelHeight":395,"PixelWidth)J"
    R"J(":592,"ResolutionDpi":72,"SizeKey":"web","DownloadToken":"c0hKd3FMTlBaQ1h4UldN"}],"StateProvince)J"
    R"J(":null,"Title":"Summer games, day one \u2013 stadium","UrlComp":"https://cache.example.net/xc/@@)J"
    R"J(@.jpg?v=1&c=IWSAsset&k=3&d=F5B5107058D53DF50BF1BAF1B9D8A3A2","UrlPreview":"https://cache.example)J"
    R"J(.net/xt/@@@.jpg?v=1&g=fs1|0|ARC|42|238&s=1","UrlWatermarkComp":"https://cache.example.net/xw/@@@)J"
    R"J(.jpg?v=1&c=IWSAsset&k=2&d=B53F616F4B95E553","UrlWatermarkPreview":"https://cache.example.net/xp/)J"
    R"J(@@@.jpg?v=1&g=fs1|1|ARC|42|238"}]})J";
// clang-format on
inline constexpr std::string_view id_mark = "@@@";

/// Appends `from` with `id` in its places.
inline void append_with_id(std::string& text, std::string_view from, std::string_view id) {
    for (std::size_t at = 0; (at = from.find(id_mark)) != from.npos;
         from.remove_prefix(at + id_mark.size())) {
        text += from.substr(0, at);
        text += id;
    }
    text += from;
}

/// The document with `id` in its places.
[[nodiscard]] inline std::string image_json(std::string_view id) {
    std::string text;
    append_with_id(text, image_template, id);
    return text;
}

}  // namespace bench
