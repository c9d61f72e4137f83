#include "bench/dom_image.hpp"

#include <boost/json.hpp>

#include <charconv>

namespace bench {
namespace {

namespace json = boost::json;

void read(const json::object& from, std::string_view key, std::string& into) {
    const json::value* found = from.if_contains(key);
    if (const json::string* text = found ? found->if_string() : nullptr) into = *text;
}

void read(const json::object& from, std::string_view key, std::vector<std::string>& into) {
    const json::value* found = from.if_contains(key);
    const json::array* list = found ? found->if_array() : nullptr;
    if (!list) return;
    into.reserve(list->size());
    for (const json::value& one : *list) {
        if (one.is_string()) into.emplace_back(one.get_string());
    }
}

std::int64_t integer(const json::value& from) {
    std::int64_t value = 0;
    if (const json::string* text = from.if_string()) {
        std::from_chars(text->data(), text->data() + text->size(), value);
        return value;
    }
    return from.to_number<std::int64_t>();
}

void read(const json::object& from, std::string_view key, std::optional<std::int64_t>& into) {
    const json::value* found = from.if_contains(key);
    if (found && !found->is_null()) into = integer(*found);
}

void read(const json::object& from, std::string_view key, std::int64_t& into) {
    const json::value* found = from.if_contains(key);
    if (found && !found->is_null()) into = integer(*found);
}

void read(const json::object& from, std::string_view key, double& into) {
    const json::value* found = from.if_contains(key);
    if (found && !found->is_null()) into = found->to_number<double>();
}

template <class Entry, class Fill>
void read_list(const json::object& from, std::string_view key, std::vector<Entry>& into, Fill fill) {
    const json::value* found = from.if_contains(key);
    const json::array* list = found ? found->if_array() : nullptr;
    if (!list) return;
    into.reserve(list->size());
    for (const json::value& one : *list) fill(one.as_object(), into.emplace_back());
}

void read_keyword(const json::object& from, dom_keyword& into) {
    read(from, "Id", into.id);
    read(from, "Text", into.text);
    read(from, "Type", into.type);
}

void read_referral(const json::object& from, dom_referral& into) {
    read(from, "SiteName", into.site_name);
    read(from, "Url", into.url);
}

void read_size(const json::object& from, dom_size& into) {
    read(from, "FileSizeInBytes", into.file_size_in_bytes);
    read(from, "InchesHeight", into.inches_height);
    read(from, "InchesWidth", into.inches_width);
    read(from, "PixelHeight", into.pixel_height);
    read(from, "PixelWidth", into.pixel_width);
    read(from, "ResolutionDpi", into.resolution_dpi);
    read(from, "SizeKey", into.size_key);
    read(from, "DownloadToken", into.download_token);
}

}  // namespace

dom_image parse_dom_image(std::string_view body) {
    const json::value document = json::parse(body);
    const json::object& from = document.at("Images").at(0).as_object();
    dom_image image;
    read(from, "ApplicableProductOfferings", image.applicable_product_offerings);
    read(from, "Artist", image.artist);
    read(from, "ArtistTitle", image.artist_title);
    read(from, "AuthorizationConstraints", image.authorization_constraints);
    read(from, "Caption", image.caption);
    read(from, "City", image.city);
    read(from, "CollectionId", image.collection_id);
    read(from, "CollectionName", image.collection_name);
    read(from, "ColorType", image.color_type);
    read(from, "Copyright", image.copyright);
    read(from, "Country", image.country);
    read(from, "CreditLine", image.credit_line);
    read(from, "DateCreated", image.date_created);
    read(from, "DateSubmitted", image.date_submitted);
    read(from, "EditorialSegments", image.editorial_segments);
    read(from, "EditorialSourceId", image.editorial_source_id);
    read(from, "EditorialSourceName", image.editorial_source_name);
    read(from, "EventId", image.event_id);
    if (const json::value* ids = from.if_contains("EventIds")) {
        for (const json::value& id : ids->as_array()) image.event_ids.push_back(integer(id));
    }
    read(from, "GraphicStyle", image.graphic_style);
    read(from, "ImageFamily", image.image_family);
    read(from, "ImageId", image.image_id);
    read_list(from, "Keywords", image.keywords, read_keyword);
    read(from, "LicensingModel", image.licensing_model);
    read(from, "QualityRank", image.quality_rank);
    read_list(from, "ReferralDestinations", image.referral_destinations, read_referral);
    read(from, "ReleaseMessage", image.release_message);
    read(from, "Restrictions", image.restrictions);
    read_list(from, "SizesDownloadableImages", image.sizes_downloadable_images, read_size);
    read(from, "StateProvince", image.state_province);
    read(from, "Title", image.title);
    read(from, "UrlComp", image.url_comp);
    read(from, "UrlPreview", image.url_preview);
    read(from, "UrlWatermarkComp", image.url_watermark_comp);
    read(from, "UrlWatermarkPreview", image.url_watermark_preview);
    return image;
}

}  // namespace bench
