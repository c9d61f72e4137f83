// What the parser of image bodies reports to: sorts each value into its field.
#pragma once

#include "core/decimal.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/image/image_fields.hpp"
#include "proto/json/decode_failure.hpp"
#include "proto/json/exact_integer.hpp"

#include <boost/json/basic_parser.hpp>
#include <boost/system/error_code.hpp>

#include <charconv>
#include <cmath>
#include <functional>
#include <utility>

namespace getty::connect::proto {

namespace json = boost::json;

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

/// The handler of the parser. Texts are kept as views into the body, or into `unescaped_` when they were
/// written with escapes, until the image that was asked for is known.
///
/// Invariants: `skipping_` counts open containers below an unknown key, and nothing else changes while it is
/// not 0. `expects_` says what the next value must be; on a key or at the end of a list entry it is set anew.
class image_reader {
public:
    static constexpr std::size_t max_array_size = image_decoder::max_list_entries;
    static constexpr std::size_t max_object_size = image_decoder::max_object_keys;
    static constexpr std::size_t max_string_size = image_decoder::max_text_bytes;
    static constexpr std::size_t max_key_size = image_decoder::max_key_bytes;

    void start(std::string_view body, std::string_view wanted_id, std::string& coordination_id) {
        body_ = body;
        wanted_id_ = wanted_id;
        coordination_id_ = &coordination_id;
        coordination_id.clear();
        unescaped_.clear();
        key_.clear();
        failure_.reset();
        place_ = place::document;
        expects_ = expected::document;
        skipping_ = 0;
        bare_array_ = false;
        forget_images();
    }

    [[nodiscard]] std::optional<decode_failure>& failure() noexcept { return failure_; }
    [[nodiscard]] bool has_offset() const noexcept { return has_offset_; }

    /// After a document without fault: the image, or why there is none.
    [[nodiscard]] std::optional<decode_failure> finish(image& out);

    // what basic_parser calls

    bool on_document_begin(boost::system::error_code&) { return true; }
    bool on_document_end(boost::system::error_code&) { return true; }
    bool on_comment_part(std::string_view, boost::system::error_code&) { return true; }
    bool on_comment(std::string_view, boost::system::error_code&) { return true; }
    bool on_number_part(std::string_view, boost::system::error_code&) { return true; }

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
                current_.event_ids.clear();
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

    bool on_key_part(std::string_view part, std::size_t, boost::system::error_code&) {
        if (skipping_ == 0) key_.append(part.data(), part.size());
        return true;
    }

    bool on_key(std::string_view rest, std::size_t size, boost::system::error_code&) {
        if (skipping_ > 0) return true;
        if (size == rest.size()) {
            take_key({rest.data(), rest.size()});
            return true;
        }
        key_.append(rest.data(), rest.size());
        take_key(key_);
        key_.clear();
        return true;
    }

    bool on_string_part(std::string_view part, std::size_t size, boost::system::error_code&) {
        if (ignoring()) return true;
        if (size == part.size()) text_start_ = unescaped_.size();
        append_unescaped(part);
        return true;
    }

    bool on_string(std::string_view rest, std::size_t size, boost::system::error_code& ec) {
        if (ignoring()) return true;
        const std::string_view text = whole_text(rest, size);
        switch (expects_) {
            case expected::text:
                *text_ = text;
                text_bytes_ += text.size();
                return true;
            case expected::text_entry:
                ++entries_;
                texts_->push_back(text);
                text_bytes_ += text.size();
                return true;
            case expected::coordination_id:
                coordination_id_->assign(text);
                return true;
            case expected::document:
                return fail(ec, decode_kind::not_an_object, {});
            default:
                break;
        }
        if (text.empty()) return on_null(ec);
        switch (expects_) {
            case expected::date:
                date_->emplace();
                (*date_)->original = text;
                text_bytes_ += text.size();
                return true;
            case expected::integer_or_text:
            case expected::integer_entry: {
                std::int64_t value = 0;
                const char* const end = text.data() + text.size();
                const auto [stop, problem] = std::from_chars(text.data(), end, value);
                if (stop != end || problem == std::errc::invalid_argument) return mistyped(ec, text);
                if (problem != std::errc()) return fail(ec, decode_kind::out_of_range, text);
                return take_integer(value, ec, text);
            }
            default:
                return mistyped(ec, text);
        }
    }

    bool on_int64(std::int64_t value, std::string_view text, boost::system::error_code& ec) {
        if (ignoring()) return true;
        if (expects_ == expected::number) {
            *number_ = static_cast<double>(value);
            return true;
        }
        return take_integer(value, ec, {text.data(), text.size()});
    }

    bool on_uint64(std::uint64_t value, std::string_view text, boost::system::error_code& ec) {
        return on_double(static_cast<double>(value), text, ec);
    }

    bool on_double(double value, std::string_view written, boost::system::error_code& ec) {
        if (ignoring()) return true;
        const std::string_view text(written.data(), written.size());
        switch (expects_) {
            case expected::number:
                // the parser rounds long numbers twice
                if (text.size() > 16) value = core::read_decimal(text).value_or(value);
                if (!std::isfinite(value)) return fail(ec, decode_kind::out_of_range, text);
                *number_ = value;
                return true;
            case expected::integer:
            case expected::integer_or_text:
            case expected::integer_entry: {
                std::int64_t exact = 0;
                switch (read_exact_integer(text, exact)) {
                    case integer_verdict::exact:
                        return take_integer(exact, ec, text);
                    case integer_verdict::out_of_range:
                        return fail(ec, decode_kind::out_of_range, text);
                    case integer_verdict::not_integral:
                        break;
                }
                return mistyped(ec, text);
            }
            default:
                return mistyped(ec, text);
        }
    }

    bool on_bool(bool, boost::system::error_code& ec) { return ignoring() || mistyped(ec); }

    bool on_null(boost::system::error_code& ec) {
        if (ignoring()) return true;
        switch (expects_) {
            case expected::document:
                return mistyped(ec);
            case expected::coordination_id:
                coordination_id_->clear();
                break;
            case expected::images:
                forget_images();
                break;
            case expected::image_entry:
                ++image_entries_;
                break;
            case expected::text:
                text_->reset();
                break;
            case expected::date:
                date_->reset();
                break;
            case expected::integer:
            case expected::integer_or_text:
                integer_->reset();
                break;
            case expected::number:
                number_->reset();
                break;
            case expected::texts:
                texts_->clear();
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
        return true;
    }

private:
    [[nodiscard]] bool ignoring() const noexcept { return skipping_ > 0 || expects_ == expected::anything; }
    [[nodiscard]] bool id_is_blank() const noexcept {
        return !current_.image_id || current_.image_id->empty();
    }

    bool skip_container() noexcept {
        ++skipping_;
        return true;
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

    template <class Owner>
    void take_field(const field_of<Owner>* field, Owner& owner, std::string_view& name) noexcept {
        if (field == nullptr) {
            expects_ = expected::anything;
            return;
        }
        name = field->name;
        expects_ = field->expects;
        switch (field->expects) {
            case expected::text:
                text_ = &(owner.*field->text);
                break;
            case expected::date:
                date_ = &(owner.*field->date);
                break;
            case expected::integer:
            case expected::integer_or_text:
                integer_ = &(owner.*field->integer);
                break;
            case expected::number:
                number_ = &(owner.*field->number);
                break;
            case expected::texts:
                texts_ = &(owner.*field->texts);
                break;
            default:
                break;
        }
    }

    bool take_integer(std::int64_t value, boost::system::error_code& ec, std::string_view text) {
        switch (expects_) {
            case expected::integer:
            case expected::integer_or_text:
                *integer_ = value;
                return true;
            case expected::integer_entry:
                ++entries_;
                current_.event_ids.push_back(value);
                return true;
            default:
                return mistyped(ec, text);
        }
    }

    /// The text that ends with `rest` and has `size` bytes in all; no copy when it stands in the body as is.
    std::string_view whole_text(std::string_view rest, std::size_t size) {
        if (size == rest.size()) {
            const std::less_equal<const char*> not_after;
            if (not_after(body_.data(), rest.data()) && not_after(rest.data(), body_.data() + body_.size())) {
                return {rest.data(), rest.size()};
            }
            text_start_ = unescaped_.size();
        }
        append_unescaped(rest);
        return std::string_view(unescaped_).substr(text_start_);
    }

    /// Unescaped text is never longer than its source: room for the body once, and no view ever moves.
    void append_unescaped(std::string_view part) {
        if (unescaped_.empty()) unescaped_.reserve(body_.size());
        unescaped_.append(part.data(), part.size());
    }

    [[nodiscard]] std::string images_name() const { return bare_array_ ? "" : "Images"; }

    /// Where the reader stands, as a path.
    [[nodiscard]] std::string path() const;
    /// What the value here ought to be, in words.
    [[nodiscard]] std::string_view wanted_type() const noexcept;
    /// `value`: the offending text or number when there is one, for its position. Returns false.
    bool fail(boost::system::error_code& ec, decode_kind kind, std::string_view value,
              std::string detail = {});
    bool mistyped(boost::system::error_code& ec, std::string_view value = {});

    std::string_view body_;
    std::string_view wanted_id_;
    std::string* coordination_id_ = nullptr;

    place place_ = place::document;
    expected expects_ = expected::document;
    bool bare_array_ = false;
    bool chosen_ = false;
    bool has_offset_ = false;
    std::size_t skipping_ = 0;
    std::size_t image_count_ = 0;    ///< images, without the null entries
    std::size_t image_entries_ = 0;  ///< entries begun in the array of images
    std::size_t entries_ = 0;        ///< entries begun in the list the reader is in
    std::size_t next_field_ = 0;     ///< which key is likely to come
    std::size_t next_subfield_ = 0;
    std::string_view field_;  ///< for `path`
    std::string_view subfield_;

    // where the value goes that `expects_` announces
    optional_text* text_ = nullptr;
    std::optional<date_time>* date_ = nullptr;
    std::optional<std::int64_t>* integer_ = nullptr;
    std::optional<double>* number_ = nullptr;
    texts_list* texts_ = nullptr;

    image_data current_;
    std::size_t text_bytes_ = 0;  ///< of `current_`; of a key that came twice, both
    std::string unescaped_;
    std::size_t text_start_ = 0;
    std::string key_;
    std::optional<decode_failure> failure_;
};

}  // namespace getty::connect::proto
