// The metadata of one image, as the service describes it.
#pragma once

#include <getty/connect/abi.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// A text that the service may leave out. Absent: the key was missing or `null`; `""` stays a present, empty
/// text.
using optional_text = std::optional<std::string_view>;

/// A point in time as the service wrote it.
struct date_time {
    /// The text as received.
    std::string_view original;
    /// Wall-clock reading; absent when `original` has none of the known forms (ISO 8601, `/Date(ms±hhmm)/`).
    std::optional<std::chrono::local_time<std::chrono::microseconds>> local;
    /// Distance from UTC; absent when the text named none.
    std::optional<std::chrono::minutes> utc_offset;

    /// The instant in UTC, when both the reading and its offset are known.
    [[nodiscard]] std::optional<std::chrono::sys_time<std::chrono::microseconds>> utc() const noexcept {
        if (!local || !utc_offset) return std::nullopt;
        return std::chrono::sys_time<std::chrono::microseconds>(local->time_since_epoch() - *utc_offset);
    }
};

struct keyword {
    optional_text id, text, type;
};

struct referral_destination {
    optional_text site_name, url;
};

struct downloadable_size {
    std::optional<std::int64_t> file_size_in_bytes;
    std::optional<double> inches_height, inches_width;
    std::optional<std::int64_t> pixel_height, pixel_width, resolution_dpi;
    optional_text size_key, download_token;
};

/// Every field of `GET images/:id`. All are optional on the wire; lists are empty when absent.
///
/// Owns its bytes: all views point into one block that is shared by the copies of this image, so a view lives
/// as long as any copy does, and copying copies no text. Immutable after decoding, hence safe to read on any
/// thread.
struct image {
    std::vector<std::string_view> applicable_product_offerings;  ///< empty: not licensed to the caller
    optional_text artist, artist_title;
    std::vector<std::string_view> authorization_constraints;
    optional_text caption, city, collection_id, collection_name, color_type, copyright, country, credit_line;
    std::optional<date_time> date_created, date_submitted;
    std::vector<std::string_view> editorial_segments;
    optional_text editorial_source_id, editorial_source_name;
    std::optional<std::int64_t> event_id;
    std::vector<std::int64_t> event_ids;
    optional_text graphic_style, image_family;
    optional_text image_id;
    std::vector<keyword> keywords;
    optional_text licensing_model;
    std::optional<std::int64_t> quality_rank;  ///< 1 (best) to 3
    std::vector<referral_destination> referral_destinations;
    optional_text release_message;
    std::vector<std::string_view> restrictions;
    std::vector<downloadable_size> sizes_downloadable_images;
    optional_text state_province, title;
    optional_text url_comp, url_preview, url_watermark_comp, url_watermark_preview;

    /// The block behind the views.
    std::shared_ptr<const char[]> storage;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
