// What the parser of image bodies reports to: sorts each value into its field.
#pragma once

#include "proto/image/image_fields.hpp"
#include "proto/image/value_reader.hpp"

namespace getty::connect::proto {

/// Which container the reader is in. Known containers nest in one way only, so no stack is needed: what is
/// unknown is skipped by counting.
enum class place : std::uint8_t {
    document,
    top,
    images,
    image,
    list,  ///< of texts or integers
    keywords,
    keyword,
    referrals,
    referral,
    sizes,
    size,
};

/// The handler of the parser. Texts stay where they are until the image that was asked for is known.
class image_reader : public value_reader<image_reader> {
public:
    void start(std::string_view body, std::string_view wanted_id, std::string& coordination_id) {
        start_values(body);
        wanted_id_ = wanted_id;
        coordination_id_ = &coordination_id;
        coordination_id.clear();
        place_ = place::document;
        bare_array_ = false;
        forget_images();
    }

    /// After a document without fault: the image, or why there is none.
    [[nodiscard]] std::optional<decode_failure> finish(image& out);

    // what basic_parser calls

    bool on_array_begin(boost::system::error_code& ec) {
        if (skipping_ > 0 || expects_ == expected::anything) return skip_container();
        switch (expects_) {
            case expected::document:
                bare_array_ = true;
                [[fallthrough]];
            case expected::images:
                forget_images();
                return enter(place::images, expected::image_entry);
            case expected::texts:
                texts_->clear();
                return enter(place::list, expected::text_entry);
            case expected::integers:
                integers_ = &current_.event_ids;
                integers_->clear();
                return enter(place::list, expected::integer_entry);
            case expected::keywords:
                current_.keywords.clear();
                return enter(place::keywords, expected::keyword_entry);
            case expected::referrals:
                current_.referral_destinations.clear();
                return enter(place::referrals, expected::referral_entry);
            case expected::sizes:
                current_.sizes_downloadable_images.clear();
                return enter(place::sizes, expected::size_entry);
            default:
                return mistyped(ec);
        }
    }

    bool on_array_end(std::size_t, boost::system::error_code&) {
        if (skipping_ > 0) {
            --skipping_;
            return true;
        }
        place_ = place_ != place::images ? place::image : bare_array_ ? place::document : place::top;
        return true;
    }

    bool on_object_begin(boost::system::error_code& ec) {
        if (skipping_ > 0 || expects_ == expected::anything) return skip_container();
        switch (expects_) {
            case expected::document:
                place_ = place::top;
                return true;
            case expected::image_entry:
                ++image_entries_;
                ++image_count_;
                reset_current();
                next_field_ = 0;
                place_ = place::image;
                return true;
            case expected::keyword_entry:
                ++entries_;
                next_subfield_ = 0;
                current_.keywords.emplace_back();
                place_ = place::keyword;
                return true;
            case expected::referral_entry:
                ++entries_;
                next_subfield_ = 0;
                current_.referral_destinations.emplace_back();
                place_ = place::referral;
                return true;
            case expected::size_entry:
                ++entries_;
                next_subfield_ = 0;
                current_.sizes_downloadable_images.emplace_back();
                place_ = place::size;
                return true;
            default:
                return mistyped(ec);
        }
    }

    bool on_object_end(std::size_t, boost::system::error_code&) {
        if (skipping_ > 0) {
            --skipping_;
            return true;
        }
        switch (place_) {
            case place::image:
                place_ = place::images;
                chosen_ = current_.image_id == wanted_id_;
                // those after the chosen one must not disturb it
                expects_ = chosen_ ? expected::anything : expected::image_entry;
                break;
            case place::keyword:
                place_ = place::keywords;
                expects_ = expected::keyword_entry;
                break;
            case place::referral:
                place_ = place::referrals;
                expects_ = expected::referral_entry;
                break;
            case place::size:
                place_ = place::sizes;
                expects_ = expected::size_entry;
                break;
            default:
                place_ = place::document;
                break;
        }
        return true;
    }

private:
    friend value_reader<image_reader>;

    [[nodiscard]] bool id_is_blank() const noexcept {
        return !current_.image_id || current_.image_id->empty();
    }

    bool enter(place list, expected entry) noexcept {
        place_ = list;
        expects_ = entry;
        entries_ = 0;
        return true;
    }

    /// Empties `current_`, keeping what its lists have allocated.
    void reset_current();

    void forget_images() noexcept {
        image_count_ = 0;
        image_entries_ = 0;
        chosen_ = false;
    }

    void take_key(std::string_view key) {
        switch (place_) {
            case place::top:
                field_ = key == "Images" ? "Images" : "CoordinationId";
                expects_ = key == "Images"           ? expected::images
                           : key == "CoordinationId" ? expected::coordination_id
                                                     : expected::anything;
                return;
            case place::image:
                return take_field(find_field(image_fields, key, next_field_), current_, field_);
            case place::keyword:
                return take_field(find_field(keyword_fields, key, next_subfield_), current_.keywords.back(),
                                  subfield_);
            case place::referral:
                return take_field(find_field(referral_fields, key, next_subfield_),
                                  current_.referral_destinations.back(), subfield_);
            case place::size:
                return take_field(find_field(size_fields, key, next_subfield_),
                                  current_.sizes_downloadable_images.back(), subfield_);
            default:
                expects_ = expected::anything;
                return;
        }
    }

    /// A null, or a blank: nothing where an image, an entry or a list would be.
    void take_no_list() {
        switch (expects_) {
            case expected::coordination_id:
                coordination_id_->clear();
                break;
            case expected::images:
                forget_images();
                break;
            case expected::image_entry:
                ++image_entries_;
                break;
            case expected::integers:
                current_.event_ids.clear();
                break;
            case expected::keywords:
                current_.keywords.clear();
                break;
            case expected::referrals:
                current_.referral_destinations.clear();
                break;
            case expected::sizes:
                current_.sizes_downloadable_images.clear();
                break;
            default:
                ++entries_;
                break;
        }
    }

    bool take_other_text(std::string_view text, boost::system::error_code& ec) {
        if (expects_ != expected::coordination_id) return mistyped(ec, text);
        coordination_id_->assign(text);
        return true;
    }
    bool take_other_integer(std::int64_t, boost::system::error_code& ec, std::string_view text) {
        return mistyped(ec, text);
    }

    [[nodiscard]] std::string images_name() const { return bare_array_ ? "" : "Images"; }

    /// Where the reader stands, as a path.
    [[nodiscard]] std::string path() const;

    std::string_view wanted_id_;
    std::string* coordination_id_ = nullptr;

    place place_ = place::document;
    bool bare_array_ = false;
    bool chosen_ = false;
    std::size_t image_count_ = 0;    ///< images, without the null entries
    std::size_t image_entries_ = 0;  ///< entries begun in the array of images
    std::size_t next_field_ = 0;     ///< which key is likely to come
    std::size_t next_subfield_ = 0;
    std::string_view field_;  ///< for `path`
    std::string_view subfield_;

    image_data current_;
};

}  // namespace getty::connect::proto
