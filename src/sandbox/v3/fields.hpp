// The values of `fields`: which members of an image are wanted.
#pragma once

#include <getty/connect/sandbox.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace getty::connect::sandbox::v3 {

enum class field : unsigned {
    alternative_ids,
    allowed_use,
    artist,
    artist_title,
    asset_family,
    call_for_image,
    caption,
    city,
    collection_code,
    collection_id,
    collection_name,
    color_type,
    comp,
    comp_webp,
    copyright,
    country,
    credit_line,
    date_camera_shot,
    date_created,
    date_submitted,
    download_product,
    download_sizes,
    downloads,
    editorial_segments,
    editorial_source,
    event_ids,
    graphical_style,
    id,
    is_ai_editable,
    istock_collection,
    istock_exclusive,
    istock_licenses,
    keywords,
    largest_downloads,
    license_model,
    links,
    max_dimensions,
    object_name,
    orientation,
    people,
    preview,
    product_types,
    quality_rank,
    referral_destinations,
    series_id,
    state_province,
    thumb,
    title,
    uri_oembed,
};

/// A bit for each `field`.
using field_set = std::uint64_t;

[[nodiscard]] constexpr field_set bit(field one) noexcept {
    return field_set{1} << static_cast<unsigned>(one);
}

/// What is sent when nothing is asked for.
[[nodiscard]] field_set summary_set() noexcept;
/// Fields of which the service speaks to holders of a token alone.
[[nodiscard]] field_set for_token_holders() noexcept;

/// The fields that this value stands for; nothing when it is none. Case counts.
[[nodiscard]] std::optional<field_set> fields_named(std::string_view value, v3_detail_set sets);

}  // namespace getty::connect::sandbox::v3
