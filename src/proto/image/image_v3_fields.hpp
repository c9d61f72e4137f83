// The keys of an image of v3, and where each goes.
#pragma once

#include "proto/image/field_table.hpp"

#include <getty/connect/image.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace getty::connect::proto {

/// A size, or a right to download without one: searches list those where the others list sizes.
struct size_entry : download_size, download {};

/// A list of which the entries keep their memory when it is emptied.
template <class T>
class reused_list {
public:
    /// The entry is as it was left.
    T& add() {
        if (used_ == entries_.size()) entries_.emplace_back();
        return entries_[used_++];
    }
    void clear() noexcept { used_ = 0; }
    [[nodiscard]] bool empty() const noexcept { return used_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return used_; }
    [[nodiscard]] T& back() noexcept { return entries_[used_ - 1]; }
    [[nodiscard]] T* begin() noexcept { return entries_.data(); }
    [[nodiscard]] T* end() noexcept { return entries_.data() + used_; }

private:
    std::vector<T> entries_;
    std::size_t used_ = 0;
};

/// An image of v3 while it is read: all of it but what follows from other members, and the lists whose
/// entries are read into something larger.
struct image_draft : image_data, image_v3 {
    reused_list<size_entry> sizes;    ///< of `download_sizes`
    reused_list<size_entry> largest;  ///< of `largest_downloads`
};

inline constexpr std::array<field_of<image_draft>, image_v3::keys> image_v3_fields = {{
    {"id", &image_draft::image_id},
    {"allowed_use", expected::allowed_use},
    {"alternative_ids", expected::alternatives},
    {"artist", &image_draft::artist},
    {"artist_title", &image_draft::artist_title},
    {"asset_family", &image_draft::image_family},
    {"call_for_image", &image_draft::call_for_image},
    {"caption", &image_draft::caption},
    {"city", &image_draft::city},
    {"collection_code", &image_draft::collection_code},
    {"collection_id", &image_draft::collection_id, expected::integer_as_text},
    {"collection_name", &image_draft::collection_name},
    {"color_type", &image_draft::color_type},
    {"copyright", &image_draft::copyright},
    {"country", &image_draft::country},
    {"credit_line", &image_draft::credit_line},
    {"date_camera_shot", &image_draft::date_camera_shot},
    {"date_created", &image_draft::date_created},
    {"date_submitted", &image_draft::date_submitted},
    {"display_sizes", expected::display_sizes},
    {"download_sizes", expected::sizes},
    {"editorial_segments", &image_draft::editorial_segments},
    {"editorial_source", expected::source},
    {"event_ids", expected::integers},
    {"graphical_style", &image_draft::graphic_style},
    {"keywords", expected::keywords},
    {"largest_downloads", expected::sizes},
    {"license_model", &image_draft::licensing_model},
    {"max_dimensions", expected::dimensions},
    {"object_name", &image_draft::object_name},
    {"orientation", &image_draft::orientation},
    {"people", &image_draft::people},
    {"product_types", &image_draft::applicable_product_offerings},
    {"quality_rank", &image_draft::quality_rank},
    {"referral_destinations", expected::referrals},
    {"state_province", &image_draft::state_province},
    {"title", &image_draft::title},
    {"uri_oembed", &image_draft::uri_oembed},
}};

inline constexpr std::array<field_of<keyword>, 4> keyword_v3_fields = {{
    {"keyword_id", &keyword::id},
    {"relevance", expected::relevance},
    {"text", &keyword::text},
    {"type", &keyword::type},
}};

inline constexpr std::array<field_of<referral_destination>, 2> referral_v3_fields = {{
    {"site_name", &referral_destination::site_name},
    {"uri", &referral_destination::url},
}};

inline constexpr std::array<field_of<image_draft>, 2> source_fields = {{
    {"id", &image_draft::editorial_source_id, expected::integer_as_text},
    {"name", &image_draft::editorial_source_name},
}};

inline constexpr std::array<field_of<image_draft>, 3> allowed_use_fields = {{
    {"how_can_i_use_it", &image_draft::how_can_i_use_it},
    {"release_info", &image_draft::release_message},
    {"usage_restrictions", &image_draft::restrictions},
}};

inline constexpr std::array<field_of<image_dimensions>, 2> dimensions_fields = {{
    {"height", &image_dimensions::height},
    {"width", &image_dimensions::width},
}};

inline constexpr std::array<field_of<display_size>, 5> display_fields = {{
    {"is_watermarked", &display_size::is_watermarked},
    {"name", &display_size::name},
    {"uri", &display_size::uri},
    {"width", &display_size::width},
    {"height", &display_size::height},
}};

inline constexpr std::array<field_of<size_entry>, 11> size_v3_fields = {{
    {"bytes", &size_entry::bytes},
    {"downloads", expected::downloads},
    {"dpi", &size_entry::dpi},
    {"height", &size_entry::height},
    {"media_type", &size_entry::media_type},
    {"name", &size_entry::name},
    {"width", &size_entry::width},
    {"product_id", &size_entry::product_id},
    {"product_type", &size_entry::product_type},
    {"uri", &size_entry::uri},
    {"agreement_name", &size_entry::agreement_name},
}};

inline constexpr std::array<field_of<download>, 4> download_fields = {{
    {"product_id", &download::product_id},
    {"product_type", &download::product_type},
    {"uri", &download::uri},
    {"agreement_name", &download::agreement_name},
}};

/// Places the keys of an image in 128 slots without a collision; found by search over the factors.
[[nodiscard]] constexpr std::size_t image_v3_key_slot(std::string_view key) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
    return (key.size() + at(0) + 4U * at(key.size() - 1) + 31U * at(key.size() * 3 / 4)) % 128U;
}

/// Slot -> index into `image_v3_fields` plus one; 0 for none.
inline constexpr auto image_v3_slots = [] {
    std::array<std::uint8_t, 128> slots{};
    for (std::size_t i = 0; i < image_v3_fields.size(); ++i) {
        std::uint8_t& slot = slots[image_v3_key_slot(image_v3_fields[i].name)];
        if (slot != 0) throw "two keys share a slot";
        slot = static_cast<std::uint8_t>(i + 1);
    }
    return slots;
}();

/// The index of `key` in `image_v3_fields`, or their number.
[[nodiscard]] inline std::size_t image_v3_key(std::string_view key) noexcept {
    const std::size_t entry = key.empty() ? 0 : image_v3_slots[image_v3_key_slot(key)];
    const bool known = entry != 0 && same_key(image_v3_fields[entry - 1].name, key);
    return known ? entry - 1 : image_v3_fields.size();
}

/// Finds keys by the order in which they came the last time: which of them are there, and in which order, is
/// up to the request and the service, but the objects of a body are all alike.
template <class Owner, std::size_t Size>
class key_finder {
public:
    explicit constexpr key_finder(const std::array<field_of<Owner>, Size>& fields) noexcept
        : fields_(fields) {
        for (std::size_t i = 0; i < Size; ++i) after_[i] = static_cast<std::uint8_t>(i + 1);
        after_[Size] = 0;
    }

    /// At the beginning of an object.
    void begin() noexcept { last_ = Size; }

    /// Null: no known key. Flat, since the comparison is most of it.
    [[nodiscard, gnu::flatten]] const field_of<Owner>* find(std::string_view key) noexcept {
        const std::size_t likely = after_[last_];
        if (likely < Size && same_key(fields_[likely].name, key)) {
            last_ = likely;
            return &fields_[likely];
        }
        const std::size_t found = search(key);
        if (found == Size) return nullptr;
        after_[last_] = static_cast<std::uint8_t>(found);
        last_ = found;
        return &fields_[found];
    }
    /// The index of the key that was found last.
    [[nodiscard]] std::size_t last() const noexcept { return last_; }

private:
    [[nodiscard]] std::size_t search(std::string_view key) const noexcept {
        if constexpr (std::is_same_v<Owner, image_draft> && Size == image_v3::keys) {
            return image_v3_key(key);
        } else {
            std::size_t i = 0;
            while (i < Size && !same_key(fields_[i].name, key)) ++i;
            return i;
        }
    }

    const std::array<field_of<Owner>, Size>& fields_;
    std::array<std::uint8_t, Size + 1> after_{};  ///< what comes behind a key; the last: at the beginning
    std::size_t last_ = Size;
};

}  // namespace getty::connect::proto
