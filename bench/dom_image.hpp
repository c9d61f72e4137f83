// The metadata of an image as most programs would read it: a Boost.JSON document, then member after member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

struct dom_keyword {
    std::string id, text, type;
};
struct dom_referral {
    std::string site_name, url;
};
struct dom_size {
    std::int64_t file_size_in_bytes = 0;
    double inches_height = 0, inches_width = 0;
    std::int64_t pixel_height = 0, pixel_width = 0, resolution_dpi = 0;
    std::string size_key, download_token;
};

/// The same fields as `getty::connect::image`; dates stay text.
struct dom_image {
    std::vector<std::string> applicable_product_offerings;
    std::string artist, artist_title;
    std::vector<std::string> authorization_constraints;
    std::string caption, city, collection_id, collection_name, color_type, copyright, country, credit_line;
    std::string date_created, date_submitted;
    std::vector<std::string> editorial_segments;
    std::string editorial_source_id, editorial_source_name;
    std::optional<std::int64_t> event_id;
    std::vector<std::int64_t> event_ids;
    std::string graphic_style, image_family, image_id;
    std::vector<dom_keyword> keywords;
    std::string licensing_model;
    std::optional<std::int64_t> quality_rank;
    std::vector<dom_referral> referral_destinations;
    std::string release_message;
    std::vector<std::string> restrictions;
    std::vector<dom_size> sizes_downloadable_images;
    std::string state_province, title, url_comp, url_preview, url_watermark_comp, url_watermark_preview;
};

/// Throws when the body is no image document.
[[nodiscard]] dom_image parse_dom_image(std::string_view body);

struct dom_display_size {
    std::string name, uri;
    std::optional<bool> is_watermarked;
    std::int64_t width = 0, height = 0;
};

/// The same with what v3 has beyond it, but for downloads.
struct dom_image_v3 : dom_image {
    std::vector<std::pair<std::string, std::string>> alternative_ids;
    std::optional<bool> call_for_image;
    std::string collection_code, date_camera_shot, how_can_i_use_it, object_name, orientation, uri_oembed;
    std::vector<dom_display_size> display_sizes;
    std::int64_t max_width = 0, max_height = 0;
    std::vector<std::string> people;
};

/// Throws when the body is no answer of v3.
[[nodiscard]] std::vector<dom_image_v3> parse_dom_image_set(std::string_view body);

}  // namespace bench
