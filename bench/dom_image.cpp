#include "bench/dom_image.hpp"

#include <boost/json.hpp>

#include <charconv>
#include <string>

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

void read(const json::object& from, std::string_view key, std::optional<bool>& into) {
    const json::value* found = from.if_contains(key);
    if (found && found->is_bool()) into = found->get_bool();
}

void read_keyword_v3(const json::object& from, dom_keyword& into) {
    read(from, "keyword_id", into.id);
    read(from, "text", into.text);
    read(from, "type", into.type);
}

void read_referral_v3(const json::object& from, dom_referral& into) {
    read(from, "site_name", into.site_name);
    read(from, "uri", into.url);
}

void read_display_size(const json::object& from, dom_display_size& into) {
    read(from, "name", into.name);
    read(from, "uri", into.uri);
    read(from, "is_watermarked", into.is_watermarked);
    read(from, "width", into.width);
    read(from, "height", into.height);
}

void read_digits(const json::object& from, std::string_view key, std::string& into) {
    const json::value* found = from.if_contains(key);
    if (found && !found->is_null()) into = std::to_string(integer(*found));
}

/// `read_members(object)` for the object of that name, if it is one.
template <class F>
void read_object(const json::object& from, std::string_view key, F read_members) {
    const json::value* found = from.if_contains(key);
    if (const json::object* object = found ? found->if_object() : nullptr) read_members(*object);
}

void read_texts_v3(const json::object& from, dom_image_v3& image) {
    read(from, "id", image.image_id);
    read(from, "artist", image.artist);
    read(from, "artist_title", image.artist_title);
    read(from, "asset_family", image.image_family);
    read(from, "caption", image.caption);
    read(from, "city", image.city);
    read(from, "collection_code", image.collection_code);
    read(from, "collection_name", image.collection_name);
    read(from, "color_type", image.color_type);
    read(from, "copyright", image.copyright);
    read(from, "country", image.country);
    read(from, "credit_line", image.credit_line);
    read(from, "date_camera_shot", image.date_camera_shot);
    read(from, "date_created", image.date_created);
    read(from, "date_submitted", image.date_submitted);
    read(from, "graphical_style", image.graphic_style);
    read(from, "license_model", image.licensing_model);
    read(from, "object_name", image.object_name);
    read(from, "orientation", image.orientation);
    read(from, "state_province", image.state_province);
    read(from, "title", image.title);
    read(from, "uri_oembed", image.uri_oembed);
}

void set_addresses(dom_image_v3& image) {
    for (const dom_display_size& size : image.display_sizes) {
        const bool marked = size.is_watermarked.value_or(false);
        if (size.name == "comp") (marked ? image.url_watermark_comp : image.url_comp) = size.uri;
        if (size.name == "preview") (marked ? image.url_watermark_preview : image.url_preview) = size.uri;
    }
}

void read_image_v3(const json::object& from, dom_image_v3& image) {
    read_texts_v3(from, image);
    read_object(from, "allowed_use", [&](const json::object& use) {
        read(use, "how_can_i_use_it", image.how_can_i_use_it);
        read(use, "release_info", image.release_message);
        read(use, "usage_restrictions", image.restrictions);
    });
    read_object(from, "alternative_ids", [&](const json::object& ids) {
        for (const auto& [system, id] : ids) {
            if (id.is_string()) image.alternative_ids.emplace_back(system, id.get_string());
        }
    });
    read(from, "call_for_image", image.call_for_image);
    if (image.call_for_image == true) image.authorization_constraints.emplace_back("CallForImage");
    read_digits(from, "collection_id", image.collection_id);
    read_list(from, "display_sizes", image.display_sizes, read_display_size);
    set_addresses(image);
    read(from, "editorial_segments", image.editorial_segments);
    read_object(from, "editorial_source", [&](const json::object& source) {
        read_digits(source, "id", image.editorial_source_id);
        read(source, "name", image.editorial_source_name);
    });
    if (const json::value* ids = from.if_contains("event_ids"); ids && ids->is_array()) {
        for (const json::value& id : ids->get_array()) image.event_ids.push_back(integer(id));
        if (!image.event_ids.empty()) image.event_id = image.event_ids.front();
    }
    read_list(from, "keywords", image.keywords, read_keyword_v3);
    read_object(from, "max_dimensions", [&](const json::object& size) {
        read(size, "width", image.max_width);
        read(size, "height", image.max_height);
    });
    read(from, "people", image.people);
    read(from, "product_types", image.applicable_product_offerings);
    read(from, "quality_rank", image.quality_rank);
    read_list(from, "referral_destinations", image.referral_destinations, read_referral_v3);
}

}  // namespace

std::vector<dom_image_v3> parse_dom_image_set(std::string_view body) {
    const json::value document = json::parse(body);
    const json::array& written = document.at("images").as_array();
    std::vector<dom_image_v3> images;
    images.reserve(written.size());
    for (const json::value& one : written) read_image_v3(one.as_object(), images.emplace_back());
    return images;
}

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
