#include "proto/image/image_reader.hpp"

#include "core/sanitize.hpp"
#include "proto/image/date_time.hpp"

#include <cstring>

namespace getty::connect::proto {
namespace {

/// Moves every text of `scratch` into one block of `text_bytes`, reads its dates, and copies it to `out`,
/// whose lists are thereby allocated once.
void materialise(image_data& scratch, std::size_t text_bytes, image_data& out) {
    auto block = std::make_shared_for_overwrite<char[]>(text_bytes);
    char* next = block.get();
    for_each_text(scratch, [&](std::string_view& text) {
        if (!text.empty()) std::memcpy(next, text.data(), text.size());
        text = {next, text.size()};
        next += text.size();
    });
    for (auto* date : {&scratch.date_created, &scratch.date_submitted}) {
        if (*date) **date = parse_date_time((*date)->original);
    }
    scratch.storage = std::move(block);
    out = scratch;
    scratch.storage.reset();
}

}  // namespace

void image_reader::reset_current() {
    const auto emptied = [](auto& list) {
        list.clear();
        return std::move(list);
    };
    image_data fresh;
    fresh.applicable_product_offerings = emptied(current_.applicable_product_offerings);
    fresh.authorization_constraints = emptied(current_.authorization_constraints);
    fresh.editorial_segments = emptied(current_.editorial_segments);
    fresh.event_ids = emptied(current_.event_ids);
    fresh.keywords = emptied(current_.keywords);
    fresh.referral_destinations = emptied(current_.referral_destinations);
    fresh.restrictions = emptied(current_.restrictions);
    fresh.sizes_downloadable_images = emptied(current_.sizes_downloadable_images);
    current_ = std::move(fresh);
    text_bytes_ = 0;
}

std::optional<decode_failure> image_reader::finish(image& out) {
    if (image_count_ == 0) return decode_failure{decode_kind::no_images, 0, images_name(), {}};
    if (!chosen_ && !(image_count_ == 1 && id_is_blank())) {
        std::string detail = "asked for " + core::printable(wanted_id_, 64);
        if (image_count_ == 1) detail += ", got " + core::printable(*current_.image_id, 64);
        if (image_count_ > 1) detail += ", got " + std::to_string(image_count_) + " others";
        return decode_failure{decode_kind::wrong_image, 0, images_name(), std::move(detail)};
    }
    materialise(current_, text_bytes_, detail::image_access::data(out));
    return std::nullopt;
}

std::string image_reader::path() const {
    if (place_ == place::document) return {};
    if (place_ == place::top) return std::string(field_);
    std::string path = images_name();
    if (place_ == place::images) return path + "[" + std::to_string(image_entries_) + "]";
    path += "[" + std::to_string(image_entries_ - 1) + "].";
    path += field_;
    switch (place_) {
        case place::image:
            return path;
        case place::keyword:
        case place::referral:
        case place::size:
            path += "[" + std::to_string(entries_ - 1) + "].";
            path += subfield_;
            return path;
        default:
            return path + "[" + std::to_string(entries_) + "]";
    }
}

bool image_reader::fail(boost::system::error_code& ec, decode_kind kind, std::string_view value,
                        std::string detail) {
    const std::less_equal<const char*> not_after;
    has_offset_ = value.data() != nullptr && not_after(body_.data(), value.data()) &&
                  not_after(value.data(), body_.data() + body_.size());
    const std::size_t offset = has_offset_ ? static_cast<std::size_t>(value.data() - body_.data()) : 0;
    failure_ = decode_failure{kind, offset, path(), std::move(detail)};
    ec = boost::system::error_code(json::error::exception);
    return false;
}

bool image_reader::mistyped(boost::system::error_code& ec, std::string_view value) {
    if (expects_ == expected::document) return fail(ec, decode_kind::not_an_object, value);
    return fail(ec, decode_kind::wrong_type, value, std::string(wanted_type()));
}

std::string_view image_reader::wanted_type() const noexcept {
    switch (expects_) {
        case expected::coordination_id:
        case expected::text:
        case expected::text_entry:
        case expected::date:
            return "expected a text";
        case expected::integer:
            return "expected an integer";
        case expected::integer_or_text:
        case expected::integer_entry:
            return "expected an integer, bare or as text";
        case expected::number:
            return "expected a number";
        case expected::image_entry:
        case expected::keyword_entry:
        case expected::referral_entry:
        case expected::size_entry:
            return "expected an object";
        default:
            return "expected an array";
    }
}

}  // namespace getty::connect::proto
