// The metadata of one image, as the service describes it.
#pragma once

#include <getty/connect/abi.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
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

/// A word that describes an image, as the service has it.
struct keyword {
    optional_text id, text, type;
};

/// A site that offers the image.
struct referral_destination {
    optional_text site_name, url;
};

/// A size in which the image can be downloaded.
struct downloadable_size {
    std::optional<std::int64_t> file_size_in_bytes;
    std::optional<double> inches_height, inches_width;
    std::optional<std::int64_t> pixel_height, pixel_width, resolution_dpi;
    optional_text size_key, download_token;
};

/// How a member stood in an object of v3, where what has no value is written in several ways.
enum class member_state : std::uint8_t {
    absent,   ///< not there: as a rule, not asked for
    null,     ///< `null`
    empty,    ///< `""`, `[]` or `{}`
    present,  ///< with a value
};

/// A picture of the image for show. `uri` is to be used as it is.
struct display_size {
    optional_text name, uri;
    std::optional<bool> is_watermarked;
    std::optional<std::int64_t> width, height;
};

/// A right to download an image in one size.
struct download {
    optional_text product_id, product_type, uri, agreement_name;
};

/// A size of v3 in which the image can be downloaded; its numbers are estimates.
struct download_size {
    optional_text name, media_type;
    std::optional<std::int64_t> bytes, width, height, dpi;
    std::vector<download> downloads;
};

/// In pixels.
struct image_dimensions {
    std::optional<std::int64_t> width, height;
};

/// What another system calls the image.
struct alternative_id {
    std::string_view system;
    optional_text id;
};

/// What v3 tells of an image beyond what `image` has members for. Views are of the image that it belongs to.
struct image_v3 {
    image_v3();

    std::vector<alternative_id> alternative_ids;
    std::optional<bool> call_for_image;
    optional_text collection_code;
    std::optional<date_time> date_camera_shot;
    std::vector<display_size> display_sizes;
    std::vector<download_size> download_sizes;
    optional_text how_can_i_use_it;  ///< of `allowed_use`
    /// Of each of the image's keywords, where the service says any; else empty.
    std::vector<std::optional<std::int64_t>> keyword_relevance;
    /// Empty but not absent: not licensed to the caller (`state`).
    std::vector<download_size> largest_downloads;
    std::optional<image_dimensions> max_dimensions;
    optional_text object_name;
    optional_text orientation;
    std::vector<std::string_view> people;
    optional_text uri_oembed;

    /// How the member of the document that is called `key` stood there, "title" or "keywords" for example;
    /// `absent` for a key that the library knows no member for.
    [[nodiscard]] member_state state(std::string_view key) const noexcept;

    static constexpr std::size_t keys = 38;
    std::array<member_state, keys> states{};  ///< by the library's own order of keys; see `state`
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

namespace getty::connect::detail {

struct image_access;

/// What an image holds: each text is a view into `storage`.
struct image_data {
    std::vector<std::string_view> applicable_product_offerings;
    optional_text artist;
    optional_text artist_title;
    std::vector<std::string_view> authorization_constraints;
    optional_text caption;
    optional_text city;
    optional_text collection_id;
    optional_text collection_name;
    optional_text color_type;
    optional_text copyright;
    optional_text country;
    optional_text credit_line;
    std::optional<date_time> date_created;
    std::optional<date_time> date_submitted;
    std::vector<std::string_view> editorial_segments;
    optional_text editorial_source_id;
    optional_text editorial_source_name;
    std::optional<std::int64_t> event_id;
    std::vector<std::int64_t> event_ids;
    optional_text graphic_style;
    optional_text image_family;
    optional_text image_id;
    std::vector<keyword> keywords;
    optional_text licensing_model;
    std::optional<std::int64_t> quality_rank;
    std::vector<referral_destination> referral_destinations;
    optional_text release_message;
    std::vector<std::string_view> restrictions;
    std::vector<downloadable_size> sizes_downloadable_images;
    optional_text state_province;
    optional_text title;
    optional_text url_comp;
    optional_text url_preview;
    optional_text url_watermark_comp;
    optional_text url_watermark_preview;
    std::shared_ptr<const char[]> storage;
    std::shared_ptr<const image_v3> v3;
};

}  // namespace getty::connect::detail

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// Every field of `GET images/:id`. All are optional on the wire; lists are empty when absent. An image of v3
/// has what that calls by other names under these, and the rest in `v3()`.
///
/// Owns its bytes: all views point into one block that is shared by the copies of this image, so a view lives
/// as long as any copy does, and copying copies no text. Immutable, hence safe to read on any thread.
///
/// What is a view is not to be had from a temporary: `(co_await images.get(id)).value().artist()` does not
/// compile. Keep the image, or the result that holds it, in a variable first.
class image {
public:
    image() = default;
    explicit image(detail::image_data data) noexcept : data_(std::move(data)) {}

    /// Empty: not licensed to the caller.
    [[nodiscard]] const std::vector<std::string_view>& applicable_product_offerings() const& noexcept {
        return data_.applicable_product_offerings;
    }
    void applicable_product_offerings() const&& = delete;
    [[nodiscard]] optional_text artist() const& noexcept { return data_.artist; }
    void artist() const&& = delete;
    [[nodiscard]] optional_text artist_title() const& noexcept { return data_.artist_title; }
    void artist_title() const&& = delete;
    [[nodiscard]] const std::vector<std::string_view>& authorization_constraints() const& noexcept {
        return data_.authorization_constraints;
    }
    void authorization_constraints() const&& = delete;
    [[nodiscard]] optional_text caption() const& noexcept { return data_.caption; }
    void caption() const&& = delete;
    [[nodiscard]] optional_text city() const& noexcept { return data_.city; }
    void city() const&& = delete;
    [[nodiscard]] optional_text collection_id() const& noexcept { return data_.collection_id; }
    void collection_id() const&& = delete;
    [[nodiscard]] optional_text collection_name() const& noexcept { return data_.collection_name; }
    void collection_name() const&& = delete;
    [[nodiscard]] optional_text color_type() const& noexcept { return data_.color_type; }
    void color_type() const&& = delete;
    [[nodiscard]] optional_text copyright() const& noexcept { return data_.copyright; }
    void copyright() const&& = delete;
    [[nodiscard]] optional_text country() const& noexcept { return data_.country; }
    void country() const&& = delete;
    [[nodiscard]] optional_text credit_line() const& noexcept { return data_.credit_line; }
    void credit_line() const&& = delete;
    [[nodiscard]] std::optional<date_time> date_created() const& noexcept { return data_.date_created; }
    void date_created() const&& = delete;
    [[nodiscard]] std::optional<date_time> date_submitted() const& noexcept { return data_.date_submitted; }
    void date_submitted() const&& = delete;
    [[nodiscard]] const std::vector<std::string_view>& editorial_segments() const& noexcept {
        return data_.editorial_segments;
    }
    void editorial_segments() const&& = delete;
    [[nodiscard]] optional_text editorial_source_id() const& noexcept { return data_.editorial_source_id; }
    void editorial_source_id() const&& = delete;
    [[nodiscard]] optional_text editorial_source_name() const& noexcept {
        return data_.editorial_source_name;
    }
    void editorial_source_name() const&& = delete;
    [[nodiscard]] std::optional<std::int64_t> event_id() const noexcept { return data_.event_id; }
    [[nodiscard]] const std::vector<std::int64_t>& event_ids() const& noexcept { return data_.event_ids; }
    void event_ids() const&& = delete;
    [[nodiscard]] optional_text graphic_style() const& noexcept { return data_.graphic_style; }
    void graphic_style() const&& = delete;
    [[nodiscard]] optional_text image_family() const& noexcept { return data_.image_family; }
    void image_family() const&& = delete;
    /// The id that was asked for, but absent or empty where the service did not say.
    [[nodiscard]] optional_text image_id() const& noexcept { return data_.image_id; }
    void image_id() const&& = delete;
    [[nodiscard]] const std::vector<keyword>& keywords() const& noexcept { return data_.keywords; }
    void keywords() const&& = delete;
    [[nodiscard]] optional_text licensing_model() const& noexcept { return data_.licensing_model; }
    void licensing_model() const&& = delete;
    /// 1 (best) to 3.
    [[nodiscard]] std::optional<std::int64_t> quality_rank() const noexcept { return data_.quality_rank; }
    [[nodiscard]] const std::vector<referral_destination>& referral_destinations() const& noexcept {
        return data_.referral_destinations;
    }
    void referral_destinations() const&& = delete;
    [[nodiscard]] optional_text release_message() const& noexcept { return data_.release_message; }
    void release_message() const&& = delete;
    [[nodiscard]] const std::vector<std::string_view>& restrictions() const& noexcept {
        return data_.restrictions;
    }
    void restrictions() const&& = delete;
    [[nodiscard]] const std::vector<downloadable_size>& sizes_downloadable_images() const& noexcept {
        return data_.sizes_downloadable_images;
    }
    void sizes_downloadable_images() const&& = delete;
    [[nodiscard]] optional_text state_province() const& noexcept { return data_.state_province; }
    void state_province() const&& = delete;
    [[nodiscard]] optional_text title() const& noexcept { return data_.title; }
    void title() const&& = delete;
    [[nodiscard]] optional_text url_comp() const& noexcept { return data_.url_comp; }
    void url_comp() const&& = delete;
    [[nodiscard]] optional_text url_preview() const& noexcept { return data_.url_preview; }
    void url_preview() const&& = delete;
    [[nodiscard]] optional_text url_watermark_comp() const& noexcept { return data_.url_watermark_comp; }
    void url_watermark_comp() const&& = delete;
    [[nodiscard]] optional_text url_watermark_preview() const& noexcept {
        return data_.url_watermark_preview;
    }
    void url_watermark_preview() const&& = delete;
    /// What only v3 tells; null for an image of the Connect interface. It lives as long as this image.
    [[nodiscard]] const image_v3* v3() const& noexcept { return data_.v3.get(); }
    void v3() const&& = delete;

private:
    friend struct detail::image_access;
    detail::image_data data_;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
