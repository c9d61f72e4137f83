#include "proto/image/image_reader.hpp"

#include "core/sanitize.hpp"
#include "proto/image/date_time.hpp"

namespace getty::connect::proto {
namespace {

/// Reads the dates of `scratch`, whose texts are in `block`, and copies it to `out`, whose lists are thereby
/// allocated once.
void materialise(image_data& scratch, std::shared_ptr<const char[]>&& block, image_data& out) {
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
    auto block = gather_texts(text_bytes_, [&](auto&& move_text) { for_each_text(current_, move_text); });
    materialise(current_, std::move(block), detail::image_access::data(out));
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

}  // namespace getty::connect::proto
