#include "sandbox/v3/fields.hpp"

#include <iterator>

namespace getty::connect::sandbox::v3 {
namespace {

// In the order of the enumeration.
constexpr std::string_view names[] = {
    "alternative_ids",
    "allowed_use",
    "artist",
    "artist_title",
    "asset_family",
    "call_for_image",
    "caption",
    "city",
    "collection_code",
    "collection_id",
    "collection_name",
    "color_type",
    "comp",
    "comp_webp",
    "copyright",
    "country",
    "credit_line",
    "date_camera_shot",
    "date_created",
    "date_submitted",
    "download_product",
    "download_sizes",
    "downloads",
    "editorial_segments",
    "editorial_source",
    "event_ids",
    "graphical_style",
    "id",
    "is_ai_editable",
    "istock_collection",
    "istock_exclusive",
    "istock_licenses",
    "keywords",
    "largest_downloads",
    "license_model",
    "links",
    "max_dimensions",
    "object_name",
    "orientation",
    "people",
    "preview",
    "product_types",
    "quality_rank",
    "referral_destinations",
    "series_id",
    "state_province",
    "thumb",
    "title",
    "uri_oembed",
};
static_assert(std::size(names) == static_cast<unsigned>(field::uri_oembed) + 1);

constexpr field_set bits() noexcept { return 0; }
template <class... More>
constexpr field_set bits(field one, More... more) noexcept {
    return bit(one) | bits(more...);
}

constexpr field_set summary =
    bits(field::artist, field::asset_family, field::caption, field::collection_code, field::collection_id,
         field::collection_name, field::license_model, field::max_dimensions, field::title);
constexpr field_set display = bits(field::comp, field::preview, field::thumb);
constexpr field_set token_holders = bits(field::download_sizes, field::downloads, field::largest_downloads);

// What an older document had in it: all that describes an image.
constexpr field_set detail =
    summary | display |
    bits(field::allowed_use, field::alternative_ids, field::artist_title, field::call_for_image, field::city,
         field::color_type, field::copyright, field::country, field::credit_line, field::date_camera_shot,
         field::date_created, field::date_submitted, field::editorial_segments, field::editorial_source,
         field::event_ids, field::graphical_style, field::id, field::keywords, field::object_name,
         field::orientation, field::people, field::product_types, field::quality_rank) |
    bits(field::referral_destinations, field::state_province, field::uri_oembed);

}  // namespace

field_set summary_set() noexcept { return summary; }
field_set for_token_holders() noexcept { return token_holders; }

std::optional<field_set> fields_named(std::string_view value, v3_detail_set sets) {
    if (value == "summary_set") return summary;
    if (value == "display_set") return display;
    if (sets == v3_detail_set::served && value == "detail_set") return detail;
    if (sets == v3_detail_set::served && value == "entity_details") return bit(field::keywords);
    for (unsigned i = 0; i < std::size(names); ++i) {
        if (names[i] == value) return field_set{1} << i;
    }
    return std::nullopt;
}

}  // namespace getty::connect::sandbox::v3
