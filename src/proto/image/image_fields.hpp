// The keys of an image document: what each may hold, and where it goes.
#pragma once

#include <getty/connect/image.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace getty::connect::detail {

/// The way to what an image holds, for those who fill it.
struct image_access {
    static image_data& data(image& of) noexcept { return of.data_; }
};

}  // namespace getty::connect::detail

namespace getty::connect::proto {

using detail::image_data;

/// What the reader expects as the next value.
enum class expected : std::uint8_t {
    anything,  ///< an unknown key's value: skipped
    document,
    coordination_id,
    images,
    image_entry,
    text,
    date,
    integer,
    integer_or_text,
    number,
    texts,
    text_entry,
    integers,
    integer_entry,
    keywords,
    keyword_entry,
    referrals,
    referral_entry,
    sizes,
    size_entry,
};

using texts_list = std::vector<std::string_view>;

/// One key of an object of type `Owner`; the member pointer that `expects` calls for is set.
template <class Owner>
struct field_of {
    std::string_view name;
    expected expects = expected::anything;
    optional_text Owner::* text = nullptr;
    std::optional<date_time> Owner::* date = nullptr;
    std::optional<std::int64_t> Owner::* integer = nullptr;
    std::optional<double> Owner::* number = nullptr;
    texts_list Owner::* texts = nullptr;

    constexpr field_of(std::string_view n, expected e) : name(n), expects(e) {}
    constexpr field_of(std::string_view n, optional_text Owner::* m)
        : name(n), expects(expected::text), text(m) {}
    constexpr field_of(std::string_view n, std::optional<date_time> Owner::* m)
        : name(n), expects(expected::date), date(m) {}
    constexpr field_of(std::string_view n, std::optional<std::int64_t> Owner::* m,
                       expected e = expected::integer)
        : name(n), expects(e), integer(m) {}
    constexpr field_of(std::string_view n, std::optional<double> Owner::* m)
        : name(n), expects(expected::number), number(m) {}
    constexpr field_of(std::string_view n, texts_list Owner::* m)
        : name(n), expects(expected::texts), texts(m) {}
};

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

/// Equality of keys, without the call that a comparison of unknown length costs: keys are short.
[[nodiscard]] inline bool same_key(std::string_view a, std::string_view b) noexcept {
    const std::size_t size = a.size();
    if (size != b.size()) return false;
    const auto equal_at = [&]<class Word>(std::size_t i, Word x, Word y) {
        std::memcpy(&x, a.data() + i, sizeof(Word));
        std::memcpy(&y, b.data() + i, sizeof(Word));
        return x == y;
    };
    constexpr std::uint64_t eight = 0;
    constexpr std::uint32_t four = 0;
    // the last word overlaps the one before it
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8) {
            if (!equal_at(i, eight, eight)) return false;
        }
        return equal_at(size - 8, eight, eight);
    }
    if (size >= 4) return equal_at(0, four, four) && equal_at(size - 4, four, four);
    for (std::size_t i = 0; i < size; ++i) {
        if (a[i] != b[i]) return false;
    }
    return true;
}

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
    const auto if_present = [&](optional_text& text) {
        if (text) f(*text);
    };
    for (const auto& field : image_fields) {
        if (field.text != nullptr) {
            if_present(from.*field.text);
        } else if (field.texts != nullptr) {
            for (std::string_view& text : from.*field.texts) f(text);
        } else if (field.date != nullptr && from.*field.date) {
            f((from.*field.date)->original);
        }
    }
    for (keyword& k : from.keywords) {
        if_present(k.id);
        if_present(k.text);
        if_present(k.type);
    }
    for (referral_destination& r : from.referral_destinations) {
        if_present(r.site_name);
        if_present(r.url);
    }
    for (downloadable_size& s : from.sizes_downloadable_images) {
        if_present(s.size_key);
        if_present(s.download_token);
    }
}

}  // namespace getty::connect::proto
