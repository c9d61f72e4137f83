#include "bench/string_image.hpp"

#include "proto/image/date_time.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/image/image_fields.hpp"
#include "proto/image/image_reader.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/system/error_code.hpp>

#include <charconv>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

namespace json = boost::json;
namespace proto = getty::connect::proto;
using proto::expected;
using proto::place;

/// Where a value of the library's tables goes here; one of the pointers is set.
template <class Owner>
struct target {
    constexpr target() = default;
    constexpr target(std::string Owner::* m) : text(m) {}  // NOLINT(google-explicit-constructor)
    constexpr target(std::vector<std::string> Owner::* m)
        : texts(m) {}  // NOLINT(google-explicit-constructor)
    constexpr target(std::optional<std::int64_t> Owner::* m)
        : optional(m) {}                                       // NOLINT(google-explicit-constructor)
    constexpr target(std::int64_t Owner::* m) : integer(m) {}  // NOLINT(google-explicit-constructor)
    constexpr target(double Owner::* m) : number(m) {}         // NOLINT(google-explicit-constructor)

    std::string Owner::* text = nullptr;
    std::vector<std::string> Owner::* texts = nullptr;
    std::optional<std::int64_t> Owner::* optional = nullptr;
    std::int64_t Owner::* integer = nullptr;
    double Owner::* number = nullptr;
};

// In the order of the library's tables.
constexpr std::array<target<dom_image>, proto::image_fields.size()> image_targets = {{
    &dom_image::applicable_product_offerings,
    &dom_image::artist,
    &dom_image::artist_title,
    &dom_image::authorization_constraints,
    &dom_image::caption,
    &dom_image::city,
    &dom_image::collection_id,
    &dom_image::collection_name,
    &dom_image::color_type,
    &dom_image::copyright,
    &dom_image::country,
    &dom_image::credit_line,
    &dom_image::date_created,
    &dom_image::date_submitted,
    &dom_image::editorial_segments,
    &dom_image::editorial_source_id,
    &dom_image::editorial_source_name,
    &dom_image::event_id,
    {},
    &dom_image::graphic_style,
    &dom_image::image_family,
    &dom_image::image_id,
    {},
    &dom_image::licensing_model,
    &dom_image::quality_rank,
    {},
    &dom_image::release_message,
    &dom_image::restrictions,
    {},
    &dom_image::state_province,
    &dom_image::title,
    &dom_image::url_comp,
    &dom_image::url_preview,
    &dom_image::url_watermark_comp,
    &dom_image::url_watermark_preview,
}};
constexpr std::array<target<dom_keyword>, proto::keyword_fields.size()> keyword_targets = {
    {&dom_keyword::id, &dom_keyword::text, &dom_keyword::type}};
constexpr std::array<target<dom_referral>, proto::referral_fields.size()> referral_targets = {
    {&dom_referral::site_name, &dom_referral::url}};
constexpr std::array<target<dom_size>, proto::size_fields.size()> size_targets = {
    {&dom_size::file_size_in_bytes, &dom_size::inches_height, &dom_size::inches_width,
     &dom_size::pixel_height, &dom_size::pixel_width, &dom_size::resolution_dpi, &dom_size::size_key,
     &dom_size::download_token}};

/// Whether every value that the library expects has a place of its kind; other lists are told by their kind
/// alone.
template <class Theirs, class Ours, std::size_t Size>
constexpr bool agree(const std::array<proto::field_of<Theirs>, Size>& fields,
                     const std::array<target<Ours>, Size>& targets) {
    for (std::size_t i = 0; i < Size; ++i) {
        const expected e = fields[i].expects;
        const bool is_text = e == expected::text || e == expected::date;
        const bool is_integer = e == expected::integer || e == expected::integer_or_text;
        const target<Ours>& to = targets[i];
        if ((to.text != nullptr) != is_text || (to.texts != nullptr) != (e == expected::texts) ||
            (to.optional != nullptr || to.integer != nullptr) != is_integer ||
            (to.number != nullptr) != (e == expected::number)) {
            return false;
        }
    }
    return true;
}
static_assert(agree(proto::image_fields, image_targets) && agree(proto::keyword_fields, keyword_targets) &&
              agree(proto::referral_fields, referral_targets) && agree(proto::size_fields, size_targets));

class handler {
public:
    static constexpr std::size_t max_array_size = proto::image_decoder::max_list_entries;
    static constexpr std::size_t max_object_size = proto::image_decoder::max_object_keys;
    static constexpr std::size_t max_string_size = proto::image_decoder::max_text_bytes;
    static constexpr std::size_t max_key_size = proto::image_decoder::max_key_bytes;

    void start(string_image& into) {
        image_ = &into;
        place_ = place::document;
        expects_ = expected::document;
        skipping_ = 0;
        key_.clear();
    }

    bool on_document_begin(boost::system::error_code&) { return true; }
    bool on_document_end(boost::system::error_code&) { return true; }
    bool on_comment_part(std::string_view, boost::system::error_code&) { return true; }
    bool on_comment(std::string_view, boost::system::error_code&) { return true; }
    bool on_number_part(std::string_view, boost::system::error_code&) { return true; }

    bool on_array_begin(boost::system::error_code& ec) {
        if (ignoring()) return skip_container();
        switch (expects_) {
            case expected::images:
                return enter(place::images, expected::image_entry);
            case expected::texts:
                return enter(place::list, expected::text_entry);
            case expected::integers:
                return enter(place::list, expected::integer_entry);
            case expected::keywords:
                return enter(place::keywords, expected::keyword_entry);
            case expected::referrals:
                return enter(place::referrals, expected::referral_entry);
            case expected::sizes:
                return enter(place::sizes, expected::size_entry);
            default:
                return mistyped(ec);
        }
    }

    bool on_array_end(std::size_t, boost::system::error_code&) {
        if (skipping_ > 0) {
            --skipping_;
        } else {
            place_ = place_ == place::images ? place::top : place::image;
        }
        return true;
    }

    bool on_object_begin(boost::system::error_code& ec) {
        if (ignoring()) return skip_container();
        switch (expects_) {
            case expected::document:
                place_ = place::top;
                return true;
            case expected::image_entry:
                next_field_ = 0;
                place_ = place::image;
                return true;
            case expected::keyword_entry:
                image_->keywords.emplace_back();
                return enter_entry(place::keyword);
            case expected::referral_entry:
                image_->referral_destinations.emplace_back();
                return enter_entry(place::referral);
            case expected::size_entry:
                image_->sizes_downloadable_images.emplace_back();
                return enter_entry(place::size);
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
                return enter(place::images, expected::anything);
            case place::keyword:
                return enter(place::keywords, expected::keyword_entry);
            case place::referral:
                return enter(place::referrals, expected::referral_entry);
            case place::size:
                return enter(place::sizes, expected::size_entry);
            default:
                place_ = place::document;
                return true;
        }
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

    bool on_string_part(std::string_view part, std::size_t size, boost::system::error_code& ec) {
        if (ignoring()) return true;
        if (size == part.size() && !begin_text(ec)) return false;
        text_->append(part.data(), part.size());
        return true;
    }

    bool on_string(std::string_view rest, std::size_t size, boost::system::error_code& ec) {
        if (ignoring()) return true;
        if (size == rest.size() && !begin_text(ec)) return false;
        text_->append(rest.data(), rest.size());
        switch (expects_) {
            case expected::date:
                *date_ = proto::parse_date_time(*text_);
                return true;
            case expected::integer_or_text:
            case expected::integer_entry: {
                std::int64_t value = 0;
                const char* const end = text_->data() + text_->size();
                if (std::from_chars(text_->data(), end, value).ptr != end) return mistyped(ec);
                return on_int64(value, {}, ec);
            }
            default:
                return true;
        }
    }

    bool on_int64(std::int64_t value, std::string_view, boost::system::error_code& ec) {
        if (ignoring()) return true;
        switch (expects_) {
            case expected::integer:
            case expected::integer_or_text:
                if (optional_ != nullptr) {
                    *optional_ = value;
                } else {
                    *integer_ = value;
                }
                return true;
            case expected::integer_entry:
                image_->event_ids.push_back(value);
                return true;
            case expected::number:
                *number_ = static_cast<double>(value);
                return true;
            default:
                return mistyped(ec);
        }
    }

    bool on_uint64(std::uint64_t, std::string_view, boost::system::error_code& ec) {
        return ignoring() || mistyped(ec);
    }

    bool on_double(double value, std::string_view, boost::system::error_code& ec) {
        if (ignoring()) return true;
        if (expects_ != expected::number) return mistyped(ec);
        *number_ = value;
        return true;
    }

    bool on_bool(bool, boost::system::error_code& ec) { return ignoring() || mistyped(ec); }
    bool on_null(boost::system::error_code&) { return true; }

private:
    [[nodiscard]] bool ignoring() const noexcept { return skipping_ > 0 || expects_ == expected::anything; }

    bool skip_container() noexcept {
        ++skipping_;
        return true;
    }

    bool enter(place list, expected entry) noexcept {
        place_ = list;
        expects_ = entry;
        return true;
    }

    bool enter_entry(place entry) noexcept {
        next_subfield_ = 0;
        place_ = entry;
        return true;
    }

    static bool mistyped(boost::system::error_code& ec) {
        ec = boost::system::error_code(json::error::exception);
        return false;
    }

    /// Where the text goes that begins here.
    bool begin_text(boost::system::error_code& ec) {
        switch (expects_) {
            case expected::text:
            case expected::date:
                text_->clear();
                return true;
            case expected::text_entry:
                text_ = &texts_->emplace_back();
                return true;
            case expected::coordination_id:
            case expected::integer_or_text:
            case expected::integer_entry:
                text_ = &other_;
                other_.clear();
                return true;
            default:
                return mistyped(ec);
        }
    }

    void take_key(std::string_view key) {
        switch (place_) {
            case place::top:
                expects_ = key == "Images"           ? expected::images
                           : key == "CoordinationId" ? expected::coordination_id
                                                     : expected::anything;
                return;
            case place::image:
                return take_field(proto::image_fields, image_targets, key, next_field_,
                                  static_cast<dom_image&>(*image_));
            case place::keyword:
                return take_field(proto::keyword_fields, keyword_targets, key, next_subfield_,
                                  image_->keywords.back());
            case place::referral:
                return take_field(proto::referral_fields, referral_targets, key, next_subfield_,
                                  image_->referral_destinations.back());
            case place::size:
                return take_field(proto::size_fields, size_targets, key, next_subfield_,
                                  image_->sizes_downloadable_images.back());
            default:
                expects_ = expected::anything;
        }
    }

    template <class Theirs, class Ours, std::size_t Size>
    void take_field(const std::array<proto::field_of<Theirs>, Size>& fields,
                    const std::array<target<Ours>, Size>& targets, std::string_view key, std::size_t& next,
                    Ours& owner) {
        const proto::field_of<Theirs>* field = proto::find_field(fields, key, next);
        if (field == nullptr) {
            expects_ = expected::anything;
            return;
        }
        expects_ = field->expects;
        const target<Ours>& to = targets[static_cast<std::size_t>(field - fields.data())];
        if (to.text != nullptr) text_ = &(owner.*to.text);
        if (to.texts != nullptr) texts_ = &(owner.*to.texts);
        if (to.number != nullptr) number_ = &(owner.*to.number);
        optional_ = to.optional != nullptr ? &(owner.*to.optional) : nullptr;
        if (to.integer != nullptr) integer_ = &(owner.*to.integer);
        if (expects_ == expected::date) {
            date_ = text_ == &image_->date_created ? &image_->created : &image_->submitted;
        }
    }

    string_image* image_ = nullptr;
    place place_ = place::document;
    expected expects_ = expected::document;
    std::size_t skipping_ = 0, next_field_ = 0, next_subfield_ = 0;
    std::string* text_ = nullptr;
    std::vector<std::string>* texts_ = nullptr;
    std::optional<std::int64_t>* optional_ = nullptr;
    std::int64_t* integer_ = nullptr;
    double* number_ = nullptr;
    std::optional<getty::connect::date_time>* date_ = nullptr;
    std::string key_, other_;
};

}  // namespace

struct string_image_decoder::impl {
    json::basic_parser<handler> parser{json::parse_options()};
};

string_image_decoder::string_image_decoder() : impl_(std::make_unique<impl>()) {}
string_image_decoder::~string_image_decoder() = default;

void string_image_decoder::decode(std::string_view body, string_image& out) {
    auto& parser = impl_->parser;
    parser.reset();
    parser.handler().start(out);
    boost::system::error_code code;
    const std::size_t taken = parser.write_some(false, body.data(), body.size(), code);
    if (code || taken != body.size() || out.image_id.empty())
        throw std::runtime_error("not an image document");
}

}  // namespace bench
