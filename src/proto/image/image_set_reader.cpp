#include "proto/image/image_set_reader.hpp"

#include "proto/image/date_time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace getty::connect::proto {
namespace {

/// Calls `f` with every present text of `from`, a `std::string_view&`.
template <class F>
void for_each_draft_text(image_draft& from, F&& f) {
    for_each_text_of(image_v3_fields, from, f);
    for_each_text_of(source_fields, from, f);
    for_each_text_of(allowed_use_fields, from, f);
    for_each_text_of(from.keywords, f);
    for_each_text_of(from.referral_destinations, f);
    for (display_size& s : from.display_sizes) {
        for_present_text(s.name, f);
        for_present_text(s.uri, f);
    }
    for (auto* sizes : {&from.sizes, &from.largest}) {
        for (size_entry& s : *sizes) {
            for_present_text(s.name, f);
            for_present_text(s.media_type, f);
            for (download& d : s.downloads) {
                for_present_text(d.product_id, f);
                for_present_text(d.product_type, f);
                for_present_text(d.uri, f);
                for_present_text(d.agreement_name, f);
            }
        }
    }
    for (alternative_id& a : from.alternative_ids) {
        f(a.system);
        for_present_text(a.id, f);
    }
}

void read_dates(image_draft& draft) {
    for (auto* date : {&draft.date_camera_shot, &draft.date_created, &draft.date_submitted}) {
        if (!*date) continue;
        **date = parse_date_time((*date)->original);
        // the service means UTC where it names no zone
        if ((*date)->local && !(*date)->utc_offset) (*date)->utc_offset = std::chrono::minutes(0);
    }
}

void set_addresses(image_draft& draft) {
    for (optional_text* url :
         {&draft.url_comp, &draft.url_preview, &draft.url_watermark_comp, &draft.url_watermark_preview}) {
        url->reset();
    }
    for (const display_size& size : draft.display_sizes) {
        const bool marked = size.is_watermarked.value_or(false);
        optional_text* url = nullptr;
        if (size.name == "comp") url = marked ? &draft.url_watermark_comp : &draft.url_comp;
        if (size.name == "preview") url = marked ? &draft.url_watermark_preview : &draft.url_preview;
        if (url != nullptr && !*url) *url = size.uri;
    }
}

/// What `image` has members for, and v3 says in other words. Views are those of the draft.
void set_derived(image_draft& draft) {
    set_addresses(draft);
    draft.event_id.reset();
    if (!draft.event_ids.empty()) draft.event_id = draft.event_ids.front();
    draft.authorization_constraints.clear();
    if (draft.call_for_image == true) draft.authorization_constraints.emplace_back("CallForImage");
    draft.sizes_downloadable_images.clear();
    for (const size_entry& from : draft.sizes) {
        downloadable_size& size = draft.sizes_downloadable_images.emplace_back();
        size.file_size_in_bytes = from.bytes;
        size.pixel_height = from.height;
        size.pixel_width = from.width;
        size.resolution_dpi = from.dpi;
        size.size_key = from.name;
    }
    auto& relevance = draft.keyword_relevance;
    const bool any =
        std::any_of(relevance.begin(), relevance.end(), [](const auto& r) { return r.has_value(); });
    relevance.resize(any ? draft.keywords.size() : 0);
}

/// Derives what follows from the members of `draft`, whose texts are in `block`, and copies it to `out`,
/// whose lists are thereby allocated once.
void materialise(image_draft& draft, std::shared_ptr<const char[]>&& block, image_data& out) {
    read_dates(draft);
    set_derived(draft);
    auto v3 = std::make_shared<image_v3>(static_cast<const image_v3&>(draft));
    v3->download_sizes.assign(draft.sizes.begin(), draft.sizes.end());
    v3->largest_downloads.assign(draft.largest.begin(), draft.largest.end());
    out = static_cast<const image_data&>(draft);
    out.storage = std::move(block);
    out.v3 = std::move(v3);
}

}  // namespace

void image_set_reader::take_top_key(std::string_view key) noexcept {
    if (key == "images") {
        field_ = "images";
        expects_ = expected::images;
    } else if (key == "images_not_found") {
        field_ = "images_not_found";
        expects_ = expected::missing_ids;
    } else {
        expects_ = expected::anything;
        return;
    }
    has_lists_ = true;
}

void image_set_reader::take_system(std::string_view key) {
    draft_.alternative_ids.push_back({kept(key), std::nullopt});
    text_bytes_ += key.size();
    text_ = &draft_.alternative_ids.back().id;
    expects_ = expected::text;
}

void image_set_reader::take_no_list() {
    switch (expects_) {
        case expected::images:
        case expected::missing_ids:
            return;
        case expected::image_entry:
            ++image_entries_;
            return;
        case expected::download_entry:
            ++download_entries_;
            return;
        case expected::relevance:
            return set_relevance(std::nullopt);
        case expected::downloads:
            sizes_->back().downloads.clear();
            return;
        case expected::sizes:
            sizes_of_key().clear();
            return;
        case expected::integer_entry:
        case expected::text_entry:
        case expected::missing_id:
        case expected::keyword_entry:
        case expected::referral_entry:
        case expected::display_entry:
        case expected::size_entry:
            ++entries_;
            return;
        default:
            clear_object(expects_);
            return;
    }
}

void image_set_reader::clear_object(expected kind) noexcept {
    switch (kind) {
        case expected::integers:
            draft_.event_ids.clear();
            return;
        case expected::keywords:
            draft_.keywords.clear();
            draft_.keyword_relevance.clear();
            return;
        case expected::referrals:
            draft_.referral_destinations.clear();
            return;
        case expected::display_sizes:
            draft_.display_sizes.clear();
            return;
        case expected::source:
            draft_.editorial_source_id.reset();
            draft_.editorial_source_name.reset();
            return;
        case expected::allowed_use:
            draft_.how_can_i_use_it.reset();
            draft_.release_message.reset();
            draft_.restrictions.clear();
            return;
        case expected::dimensions:
            draft_.max_dimensions.reset();
            return;
        case expected::alternatives:
            draft_.alternative_ids.clear();
            return;
        default:
            return;
    }
}

bool image_set_reader::take_other_text(std::string_view text, boost::system::error_code& ec) {
    switch (expects_) {
        case expected::missing_id:
            ++entries_;
            into_->not_found(text);
            return true;
        case expected::integer_as_text:
            *text_ = text;
            text_bytes_ += text.size();
            return true;
        default:
            return mistyped(ec, text);
    }
}

bool image_set_reader::take_other_integer(std::int64_t value, boost::system::error_code& ec,
                                          std::string_view text) {
    if (expects_ == expected::relevance) {
        set_relevance(value);
        return true;
    }
    if (expects_ != expected::integer_as_text) return mistyped(ec, text);
    auto& digits = text_ == &draft_.collection_id ? collection_digits_ : source_digits_;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    *text_ = std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
    text_bytes_ += (*text_)->size();
    return true;
}

bool image_set_reader::refuse_container(boost::system::error_code& ec) {
    if (expects_ != expected::document) return mistyped(ec);
    return fail(ec, decode_kind::wrong_type, {}, "expected an object");
}

void image_set_reader::set_relevance(std::optional<std::int64_t> relevance) {
    auto& all = draft_.keyword_relevance;
    if (relevance) all.resize(draft_.keywords.size());
    if (all.size() == draft_.keywords.size()) all.back() = relevance;
}

void image_set_reader::add_size() {
    size_entry& size = sizes_->add();
    std::vector<download> emptied = std::move(size.downloads);
    emptied.clear();
    size = size_entry{};
    size.downloads = std::move(emptied);
}

void image_set_reader::end_size() {
    size_entry& size = sizes_->back();
    const download& direct = size;
    if (direct.product_id || direct.product_type || direct.uri || direct.agreement_name) {
        size.downloads.push_back(direct);
    }
}

void image_set_reader::reset_draft() noexcept {
    forget_texts();
    text_bytes_ = 0;
    for (std::size_t i = 0; i < image_v3_fields.size(); ++i) {
        if (draft_.states[i] == member_state::absent) continue;
        draft_.states[i] = member_state::absent;
        const auto& field = image_v3_fields[i];
        if (field.text != nullptr) {
            (draft_.*field.text).reset();
        } else if (field.date != nullptr) {
            (draft_.*field.date).reset();
        } else if (field.integer != nullptr) {
            (draft_.*field.integer).reset();
        } else if (field.flag != nullptr) {
            (draft_.*field.flag).reset();
        } else if (field.texts != nullptr) {
            (draft_.*field.texts).clear();
        } else {
            clear_object(field.expects);
        }
    }
    draft_.sizes.clear();
    draft_.largest.clear();
}

void image_set_reader::end_image() {
    const optional_text& id = draft_.image_id;
    if (!id || id->empty()) return into_->nameless();
    image* const place = into_->place_for(*id);
    if (place == nullptr) return;
    auto block = gather_texts(text_bytes_, [&](auto&& move_text) { for_each_draft_text(draft_, move_text); });
    materialise(draft_, std::move(block), detail::image_access::data(*place));
}

std::string image_set_reader::path() const {
    const auto at = [](std::size_t entry) { return "[" + std::to_string(entry) + "]"; };
    if (place_ == set_place::document) return {};
    if (place_ == set_place::top) return std::string(field_);
    if (place_ == set_place::missing_ids) return std::string(field_) + at(entries_);
    if (place_ == set_place::images) return std::string(field_) + at(image_entries_);
    std::string path = "images" + at(image_entries_ - 1) + ".";
    path += field_;
    const std::string member = "." + std::string(subfield_);
    switch (place_) {
        case set_place::image:
        case set_place::alternatives:  // its keys are the body's own words
            return path;
        case set_place::keyword:
        case set_place::referral:
        case set_place::display_size:
        case set_place::size:
            return path + at(entries_ - 1) + member;
        case set_place::downloads:
            return path + at(entries_ - 1) + ".downloads" + at(download_entries_);
        case set_place::download:
            return path + at(entries_ - 1) + ".downloads" + at(download_entries_ - 1) + member;
        case set_place::source:
        case set_place::allowed_use:
        case set_place::dimensions:
            return path + member;
        case set_place::restrictions:
            return path + member + at(entries_);
        default:
            return path + at(entries_);
    }
}

}  // namespace getty::connect::proto
