// The metadata of an image as most programs would read it: a Boost.JSON document, then member after member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

}  // namespace bench
