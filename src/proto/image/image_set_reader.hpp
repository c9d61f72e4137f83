// What the parser of bodies of several images reports to.
#pragma once

#include "proto/image/image_set.hpp"
#include "proto/image/image_v3_fields.hpp"
#include "proto/image/value_reader.hpp"

#include <array>
#include <cstdint>

namespace getty::connect::proto {

/// Which container the reader is in.
enum class set_place : std::uint8_t {
    document,
    top,
    images,
    missing_ids,
    image,
    list,  ///< of texts or integers
    keywords,
    keyword,
    referrals,
    referral,
    display_sizes,
    display_size,
    sizes,
    size,
    downloads,
    download,
    source,
    allowed_use,
    restrictions,  ///< the list within
    dimensions,
    alternatives,
};

/// The handler of the parser. Texts stay where they are until their image is complete and somebody wants it.
class image_set_reader : public value_reader<image_set_reader> {
public:
    void start(std::string_view body, image_set_sink& into) {
        start_values(body);
        into_ = &into;
        place_ = set_place::document;
        has_lists_ = false;
    }

    /// After a document without fault: whether it is one of images.
    [[nodiscard]] bool has_lists() const noexcept { return has_lists_; }

    // what basic_parser calls

    bool on_array_begin(boost::system::error_code& ec) {
        if (ignoring()) return skip_container();
        switch (expects_) {
            case expected::images:
                image_entries_ = 0;
                return enter(set_place::images, expected::image_entry);
            case expected::missing_ids:
                return enter(set_place::missing_ids, expected::missing_id);
            case expected::texts:
                texts_->clear();
                return enter(place_ == set_place::image ? set_place::list : set_place::restrictions,
                             expected::text_entry);
            case expected::integers:
                integers_ = &draft_.event_ids;
                integers_->clear();
                return enter(set_place::list, expected::integer_entry);
            case expected::keywords:
                clear_object(expected::keywords);
                return enter(set_place::keywords, expected::keyword_entry);
            case expected::referrals:
                draft_.referral_destinations.clear();
                return enter(set_place::referrals, expected::referral_entry);
            case expected::display_sizes:
                draft_.display_sizes.clear();
                return enter(set_place::display_sizes, expected::display_entry);
            case expected::sizes:
                sizes_ = &sizes_of_key();
                sizes_->clear();
                return enter(set_place::sizes, expected::size_entry);
            case expected::downloads:
                sizes_->back().downloads.clear();
                download_entries_ = 0;
                place_ = set_place::downloads;
                expects_ = expected::download_entry;
                return true;
            default:
                return refuse_container(ec);
        }
    }

    bool on_array_end(std::size_t size, boost::system::error_code&) {
        if (skipping_ > 0) {
            --skipping_;
            return true;
        }
        switch (place_) {
            case set_place::images:
            case set_place::missing_ids:
                place_ = set_place::top;
                return true;
            case set_place::downloads:
                place_ = set_place::size;
                return true;
            case set_place::restrictions:
                place_ = set_place::allowed_use;
                return true;
            default:
                return back_in_image(size);
        }
    }

    bool on_object_begin(boost::system::error_code& ec) {
        if (ignoring()) return skip_container();
        switch (expects_) {
            case expected::document:
                place_ = set_place::top;
                return true;
            case expected::image_entry:
                ++image_entries_;
                reset_draft();
                image_keys_.begin();
                place_ = set_place::image;
                return true;
            case expected::keyword_entry:
                draft_.keywords.emplace_back();
                return enter_entry(set_place::keyword, keyword_keys_);
            case expected::referral_entry:
                draft_.referral_destinations.emplace_back();
                return enter_entry(set_place::referral, referral_keys_);
            case expected::display_entry:
                draft_.display_sizes.emplace_back();
                return enter_entry(set_place::display_size, display_keys_);
            case expected::size_entry:
                add_size();
                return enter_entry(set_place::size, size_keys_);
            case expected::download_entry:
                ++download_entries_;
                sizes_->back().downloads.emplace_back();
                download_keys_.begin();
                place_ = set_place::download;
                return true;
            case expected::source:
                clear_object(expected::source);
                return enter_object(set_place::source, source_keys_);
            case expected::allowed_use:
                clear_object(expected::allowed_use);
                return enter_object(set_place::allowed_use, allowed_use_keys_);
            case expected::dimensions:
                draft_.max_dimensions.emplace();
                return enter_object(set_place::dimensions, dimensions_keys_);
            case expected::alternatives:
                draft_.alternative_ids.clear();
                place_ = set_place::alternatives;
                return true;
            default:
                return refuse_container(ec);
        }
    }

    bool on_object_end(std::size_t size, boost::system::error_code&) {
        if (skipping_ > 0) {
            --skipping_;
            return true;
        }
        switch (place_) {
            case set_place::image:
                end_image();
                return leave_entry(set_place::images, expected::image_entry);
            case set_place::keyword:
                return leave_entry(set_place::keywords, expected::keyword_entry);
            case set_place::referral:
                return leave_entry(set_place::referrals, expected::referral_entry);
            case set_place::display_size:
                return leave_entry(set_place::display_sizes, expected::display_entry);
            case set_place::size:
                end_size();
                return leave_entry(set_place::sizes, expected::size_entry);
            case set_place::download:
                return leave_entry(set_place::downloads, expected::download_entry);
            case set_place::top:
                place_ = set_place::document;
                return true;
            default:
                return back_in_image(size);
        }
    }

    bool on_string(std::string_view rest, std::size_t size, boost::system::error_code& ec) {
        if (size == 0 && !ignoring()) note(member_state::empty);
        return value_reader::on_string(rest, size, ec);
    }

    bool on_null(boost::system::error_code& ec) {
        if (ignoring()) return true;
        note(member_state::null);
        return take_nothing(ec);
    }

private:
    friend value_reader<image_set_reader>;

    /// How the member of the image stands that the reader is at, if it is at one.
    void note(member_state state) noexcept {
        if (place_ == set_place::image) draft_.states[image_keys_.last()] = state;
    }

    bool enter(set_place list, expected entry) noexcept {
        place_ = list;
        expects_ = entry;
        entries_ = 0;
        return true;
    }
    template <class Finder>
    bool enter_entry(set_place entry, Finder& keys) noexcept {
        ++entries_;
        return enter_object(entry, keys);
    }
    template <class Finder>
    bool enter_object(set_place object, Finder& keys) noexcept {
        keys.begin();
        place_ = object;
        return true;
    }
    bool leave_entry(set_place list, expected entry) noexcept {
        place_ = list;
        expects_ = entry;
        return true;
    }
    bool back_in_image(std::size_t size) noexcept {
        place_ = set_place::image;
        if (size == 0) note(member_state::empty);
        return true;
    }

    [[nodiscard]] reused_list<size_entry>& sizes_of_key() noexcept {
        return field_ == "download_sizes" ? draft_.sizes : draft_.largest;
    }

    void take_key(std::string_view key) {
        switch (place_) {
            case set_place::top:
                return take_top_key(key);
            case set_place::image: {
                const auto* const field = image_keys_.find(key);
                take_field(field, draft_, field_);
                if (field != nullptr) note(member_state::present);
                return;
            }
            case set_place::keyword:
                return take_subfield(keyword_keys_, key, draft_.keywords.back());
            case set_place::referral:
                return take_subfield(referral_keys_, key, draft_.referral_destinations.back());
            case set_place::display_size:
                return take_subfield(display_keys_, key, draft_.display_sizes.back());
            case set_place::size:
                return take_subfield(size_keys_, key, sizes_->back());
            case set_place::download:
                return take_subfield(download_keys_, key, sizes_->back().downloads.back());
            case set_place::source:
                return take_subfield(source_keys_, key, draft_);
            case set_place::allowed_use:
                return take_subfield(allowed_use_keys_, key, draft_);
            case set_place::dimensions:
                return take_subfield(dimensions_keys_, key, *draft_.max_dimensions);
            case set_place::alternatives:
                return take_system(key);
            default:
                expects_ = expected::anything;
                return;
        }
    }
    void take_top_key(std::string_view key) noexcept;
    /// The key is a value here: what the other system is called.
    void take_system(std::string_view key);

    template <class Owner, std::size_t Size, class Object>
    void take_subfield(key_finder<Owner, Size>& keys, std::string_view key, Object& owner) noexcept {
        take_field(keys.find(key), owner, subfield_);
    }

    /// A null, or a blank: nothing where an image, an entry, an object or a list would be.
    void take_no_list();
    void clear_object(expected kind) noexcept;
    bool take_other_text(std::string_view text, boost::system::error_code& ec);
    bool take_other_integer(std::int64_t value, boost::system::error_code& ec, std::string_view text);
    bool refuse_container(boost::system::error_code& ec);

    /// Of the keyword the reader is in. Hardly any has one, so the list may be shorter than that of the
    /// keywords.
    void set_relevance(std::optional<std::int64_t> relevance);
    void add_size();
    /// Rights to download that stood in the size itself are listed with the others.
    void end_size();
    /// Empties the draft, keeping what its lists have allocated.
    void reset_draft() noexcept;
    void end_image();

    /// Where the reader stands, as a path.
    [[nodiscard]] std::string path() const;

    image_set_sink* into_ = nullptr;
    set_place place_ = set_place::document;
    bool has_lists_ = false;
    std::size_t image_entries_ = 0;     ///< entries begun in the array of images
    std::size_t download_entries_ = 0;  ///< entries begun in the downloads of a size
    std::string_view field_;            ///< for `path`
    std::string_view subfield_;

    image_draft draft_;
    reused_list<size_entry>* sizes_ = nullptr;
    // the last of each that was a number; longer than its source, so not kept with the texts
    std::array<char, 20> collection_digits_{};
    std::array<char, 20> source_digits_{};

    key_finder<image_draft, image_v3_fields.size()> image_keys_{image_v3_fields};
    key_finder<keyword, keyword_v3_fields.size()> keyword_keys_{keyword_v3_fields};
    key_finder<referral_destination, referral_v3_fields.size()> referral_keys_{referral_v3_fields};
    key_finder<display_size, display_fields.size()> display_keys_{display_fields};
    key_finder<size_entry, size_v3_fields.size()> size_keys_{size_v3_fields};
    key_finder<download, download_fields.size()> download_keys_{download_fields};
    key_finder<image_draft, source_fields.size()> source_keys_{source_fields};
    key_finder<image_draft, allowed_use_fields.size()> allowed_use_keys_{allowed_use_fields};
    key_finder<image_dimensions, dimensions_fields.size()> dimensions_keys_{dimensions_fields};
};

}  // namespace getty::connect::proto
