// The keys of a Connect image document, and where each goes.
#pragma once

#include "proto/image/field_table.hpp"

#include <getty/connect/image.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace getty::connect::proto {

inline constexpr std::array<field_of<image_data>, 35> image_fields = {{
    {"ApplicableProductOfferings", &image_data::applicable_product_offerings},
    {"Artist", &image_data::artist},
    {"ArtistTitle", &image_data::artist_title},
    {"AuthorizationConstraints", &image_data::authorization_constraints},
    {"Caption", &image_data::caption},
    {"City", &image_data::city},
    {"CollectionId", &image_data::collection_id},
    {"CollectionName", &image_data::collection_name},
    {"ColorType", &image_data::color_type},
    {"Copyright", &image_data::copyright},
    {"Country", &image_data::country},
    {"CreditLine", &image_data::credit_line},
    {"DateCreated", &image_data::date_created},
    {"DateSubmitted", &image_data::date_submitted},
    {"EditorialSegments", &image_data::editorial_segments},
    {"EditorialSourceId", &image_data::editorial_source_id},
    {"EditorialSourceName", &image_data::editorial_source_name},
    {"EventId", &image_data::event_id, expected::integer_or_text},
    {"EventIds", expected::integers},
    {"GraphicStyle", &image_data::graphic_style},
    {"ImageFamily", &image_data::image_family},
    {"ImageId", &image_data::image_id},
    {"Keywords", expected::keywords},
    {"LicensingModel", &image_data::licensing_model},
    {"QualityRank", &image_data::quality_rank},
    {"ReferralDestinations", expected::referrals},
    {"ReleaseMessage", &image_data::release_message},
    {"Restrictions", &image_data::restrictions},
    {"SizesDownloadableImages", expected::sizes},
    {"StateProvince", &image_data::state_province},
    {"Title", &image_data::title},
    {"UrlComp", &image_data::url_comp},
    {"UrlPreview", &image_data::url_preview},
    {"UrlWatermarkComp", &image_data::url_watermark_comp},
    {"UrlWatermarkPreview", &image_data::url_watermark_preview},
}};

inline constexpr std::array<field_of<keyword>, 3> keyword_fields = {{
    {"Id", &keyword::id},
    {"Text", &keyword::text},
    {"Type", &keyword::type},
}};

inline constexpr std::array<field_of<referral_destination>, 2> referral_fields = {{
    {"SiteName", &referral_destination::site_name},
    {"Url", &referral_destination::url},
}};

inline constexpr std::array<field_of<downloadable_size>, 8> size_fields = {{
    {"FileSizeInBytes", &downloadable_size::file_size_in_bytes},
    {"InchesHeight", &downloadable_size::inches_height},
    {"InchesWidth", &downloadable_size::inches_width},
    {"PixelHeight", &downloadable_size::pixel_height},
    {"PixelWidth", &downloadable_size::pixel_width},
    {"ResolutionDpi", &downloadable_size::resolution_dpi},
    {"SizeKey", &downloadable_size::size_key},
    {"DownloadToken", &downloadable_size::download_token},
}};

/// Places the image's 35 keys in 128 slots without a collision; found by search over the four factors.
[[nodiscard]] constexpr std::size_t image_key_slot(std::string_view key) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
    return (key.size() + at(0) + 7U * at(key.size() - 1) + 11U * at(key.size() / 2)) % 128U;
}

/// Slot -> index into `image_fields` plus one; 0 for none.
inline constexpr auto image_slots = [] {
    std::array<std::uint8_t, 128> slots{};
    for (std::size_t i = 0; i < image_fields.size(); ++i) {
        std::uint8_t& slot = slots[image_key_slot(image_fields[i].name)];
        if (slot != 0) throw "two keys share a slot";
        slot = static_cast<std::uint8_t>(i + 1);
    }
    return slots;
}();

/// Finds what `key` is, or null. `next` is the index of the key that is likely to come: documents keep to one
/// order, so that mostly one comparison does.
template <class Owner, std::size_t Size>
[[nodiscard]] const field_of<Owner>* find_field(const std::array<field_of<Owner>, Size>& fields,
                                                std::string_view key, std::size_t& next) noexcept {
    if (next < Size && same_key(fields[next].name, key)) return &fields[next++];
    const auto found = [&](std::size_t i) {
        next = i + 1;
        return &fields[i];
    };
    if constexpr (std::is_same_v<Owner, image_data>) {
        const std::size_t entry = key.empty() ? 0 : image_slots[image_key_slot(key)];
        if (entry != 0 && same_key(fields[entry - 1].name, key)) return found(entry - 1);
    } else {
        for (std::size_t i = 0; i < Size; ++i) {
            if (same_key(fields[i].name, key)) return found(i);
        }
    }
    return nullptr;
}

/// Calls `f` with every present text of `from`, a `std::string_view&`.
template <class F>
void for_each_text(image_data& from, F&& f) {
    for_each_text_of(image_fields, from, f);
    for_each_text_of(from.keywords, f);
    for_each_text_of(from.referral_destinations, f);
    for (downloadable_size& s : from.sizes_downloadable_images) {
        for_present_text(s.size_key, f);
        for_present_text(s.download_token, f);
    }
}

}  // namespace getty::connect::proto
