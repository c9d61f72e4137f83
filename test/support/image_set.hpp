// Sinks that keep what a reader of image sets tells, and Boost.JSON's document as the judge of it.
#pragma once

#include "proto/image/date_time.hpp"
#include "proto/image/image_set.hpp"
#include "support/json_oracle.hpp"

#include <getty/connect/image.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

namespace gc = getty::connect;
namespace proto = getty::connect::proto;

/// Keeps every image, whoever asked for it.
struct told_images final : proto::image_set_sink {
    std::vector<std::string> ids;
    std::vector<std::unique_ptr<gc::image>> images;
    std::vector<std::string> missing;
    std::size_t without_id = 0;
    /// Images of this id nobody wants.
    std::string unwanted;

    gc::image* place_for(std::string_view id) override {
        ids.emplace_back(id);
        if (!unwanted.empty() && id == unwanted) return nullptr;
        return images.emplace_back(std::make_unique<gc::image>()).get();
    }
    void not_found(std::string_view id) override { missing.emplace_back(id); }
    void nameless() override { ++without_id; }
};

/// The same for bytes.
struct told_objects final : proto::raw_set_sink {
    std::vector<std::string> ids;
    std::vector<std::string_view> objects;
    std::vector<std::string> missing;
    std::size_t without_id = 0;

    void object(std::string_view id, std::string_view bytes) override {
        ids.emplace_back(id);
        objects.push_back(bytes);
    }
    void not_found(std::string_view id) override { missing.emplace_back(id); }
    void nameless() override { ++without_id; }
};

/// Holds an image against the object of Boost.JSON's document that it was read from. Knows nothing of the
/// reader's tables: the contract is written down a second time.
class image_v3_judge {
public:
    image_v3_judge(const gc::image& read, const boost::json::object& written)
        : image_(read), v3_(read.v3()), from_(written) {}

    /// The first member that differs; empty when none does.
    [[nodiscard]] std::string difference() {
        if (v3_ == nullptr) return "v3";
        texts();
        numbers();
        lists();
        downloads();
        addresses();
        states();
        return wrong_;
    }

private:
    using value = boost::json::value;
    using object = boost::json::object;

    void must(bool holds, std::string_view name) {
        if (!holds && wrong_.empty()) wrong_ = name;
    }

    /// Null where there is nothing, or a null.
    static const value* member(const object& in, std::string_view name) {
        const value* const found = in.if_contains({name.data(), name.size()});
        return found == nullptr || found->is_null() ? nullptr : found;
    }
    static bool is_text(const value& v, std::string_view text) {
        const boost::json::string* const held = v.if_string();
        return held != nullptr && std::string_view(held->data(), held->size()) == text;
    }
    static bool is_blank(const value* v) { return v == nullptr || is_text(*v, ""); }
    /// Blank where there is no object.
    static const object& inner(const object& in, std::string_view name) {
        static const object none;
        const value* const found = member(in, name);
        return found != nullptr && found->is_object() ? found->get_object() : none;
    }
    /// The entries of a list that are something.
    static std::vector<const value*> entries(const object& in, std::string_view name, bool blanks = false) {
        std::vector<const value*> all;
        const value* const found = member(in, name);
        if (found == nullptr || !found->is_array()) return all;
        for (const value& one : found->get_array()) {
            if (!one.is_null() && (blanks || !is_text(one, ""))) all.push_back(&one);
        }
        return all;
    }

    static bool same(const value* v, const gc::optional_text& text) {
        return text ? v != nullptr && is_text(*v, *text) : v == nullptr;
    }
    static bool same(const value* v, const std::optional<std::int64_t>& number) {
        if (!number) return is_blank(v);
        if (v == nullptr) return false;
        if (v->is_int64()) return v->get_int64() == *number;
        if (const boost::json::string* text = v->if_string()) {
            std::int64_t parsed = 0;
            const auto end = std::from_chars(text->data(), text->data() + text->size(), parsed).ptr;
            return end == text->data() + text->size() && parsed == *number;
        }
        if (!v->is_double()) return false;
        const double written = v->get_double();
        if (std::isnan(written)) return *number == 0;  // what the document makes of 0e999
        // the document's numbers are not rounded exactly
        return std::abs(written - static_cast<double>(*number)) <= 1e-12 * std::abs(written);
    }
    static bool same(const value* v, const std::optional<bool>& flag) {
        return flag ? v != nullptr && v->is_bool() && v->get_bool() == *flag : is_blank(v);
    }
    static bool same(const value* v, const std::optional<gc::date_time>& date) {
        if (!date) return is_blank(v);
        gc::date_time expected = proto::parse_date_time(date->original);
        if (expected.local && !expected.utc_offset) expected.utc_offset = std::chrono::minutes(0);
        return v != nullptr && is_text(*v, date->original) && date->local == expected.local &&
               date->utc_offset == expected.utc_offset;
    }
    /// A number that became text, or a text that is one.
    static bool same_digits(const value* v, const gc::optional_text& digits) {
        if (!digits) return is_blank(v);
        if (v == nullptr) return false;
        if (v->is_string()) return is_text(*v, *digits);
        std::int64_t number = 0;
        const auto end = std::from_chars(digits->data(), digits->data() + digits->size(), number).ptr;
        return end == digits->data() + digits->size() && std::to_string(number) == *digits &&
               same(v, std::optional(number));
    }
    static bool same_texts(const object& in, std::string_view name,
                           const std::vector<std::string_view>& texts) {
        const auto written = entries(in, name, true);
        if (written.size() != texts.size()) return false;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (!is_text(*written[i], texts[i])) return false;
        }
        return true;
    }

    template <class T>
    void check(std::string_view name, const T& read) {
        must(same(member(from_, name), read), name);
    }
    void check_texts(std::string_view name, const std::vector<std::string_view>& read) {
        must(same_texts(from_, name, read), name);
    }

    void texts() {
        check("id", image_.image_id());
        check("artist", image_.artist());
        check("artist_title", image_.artist_title());
        check("caption", image_.caption());
        check("title", image_.title());
        check("copyright", image_.copyright());
        check("credit_line", image_.credit_line());
        check("city", image_.city());
        check("state_province", image_.state_province());
        check("country", image_.country());
        check("asset_family", image_.image_family());
        check("collection_code", v3_->collection_code);
        check("collection_name", image_.collection_name());
        check("color_type", image_.color_type());
        check("graphical_style", image_.graphic_style());
        check("license_model", image_.licensing_model());
        check("orientation", v3_->orientation);
        check("object_name", v3_->object_name);
        check("uri_oembed", v3_->uri_oembed);
        const object& use = inner(from_, "allowed_use");
        must(same(member(use, "how_can_i_use_it"), v3_->how_can_i_use_it), "allowed_use.how_can_i_use_it");
        must(same(member(use, "release_info"), image_.release_message()), "allowed_use.release_info");
        must(same_texts(use, "usage_restrictions", image_.restrictions()), "allowed_use.usage_restrictions");
        must(same(member(inner(from_, "editorial_source"), "name"), image_.editorial_source_name()),
             "editorial_source.name");
    }

    void numbers() {
        must(same_digits(member(from_, "collection_id"), image_.collection_id()), "collection_id");
        must(same_digits(member(inner(from_, "editorial_source"), "id"), image_.editorial_source_id()),
             "editorial_source.id");
        check("quality_rank", image_.quality_rank());
        check("call_for_image", v3_->call_for_image);
        const bool call = v3_->call_for_image == true;
        must(image_.authorization_constraints() ==
                 std::vector<std::string_view>(call ? 1U : 0U, "CallForImage"),
             "authorization_constraints");
        check("date_created", image_.date_created());
        check("date_submitted", image_.date_submitted());
        check("date_camera_shot", v3_->date_camera_shot);
        const value* const size = member(from_, "max_dimensions");
        must(v3_->max_dimensions.has_value() == (size != nullptr && size->is_object()), "max_dimensions");
        if (v3_->max_dimensions) {
            const object& written = inner(from_, "max_dimensions");
            must(same(member(written, "width"), v3_->max_dimensions->width), "max_dimensions.width");
            must(same(member(written, "height"), v3_->max_dimensions->height), "max_dimensions.height");
        }
    }

    void lists() {
        check_texts("editorial_segments", image_.editorial_segments());
        check_texts("people", v3_->people);
        check_texts("product_types", image_.applicable_product_offerings());
        const auto events = entries(from_, "event_ids");
        must(events.size() == image_.event_ids().size(), "event_ids");
        for (std::size_t i = 0; wrong_.empty() && i < events.size(); ++i) {
            must(same(events[i], std::optional(image_.event_ids()[i])), "event_ids");
        }
        must(image_.event_id() == (events.empty() ? std::nullopt : std::optional(image_.event_ids()[0])),
             "event_id");
        keywords();
        const auto sites = entries(from_, "referral_destinations");
        must(sites.size() == image_.referral_destinations().size(), "referral_destinations");
        for (std::size_t i = 0; wrong_.empty() && i < sites.size(); ++i) {
            const object& written = sites[i]->as_object();
            const gc::referral_destination& read = image_.referral_destinations()[i];
            must(same(member(written, "site_name"), read.site_name), "referral_destinations.site_name");
            must(same(member(written, "uri"), read.url), "referral_destinations.uri");
        }
        // of a system that is named twice the document knows the last
        const object& others = inner(from_, "alternative_ids");
        must(v3_->alternative_ids.size() >= others.size(), "alternative_ids");
        for (const auto& [system, id] : others) {
            const gc::alternative_id* last = nullptr;
            for (const gc::alternative_id& one : v3_->alternative_ids) {
                if (one.system == std::string_view(system.data(), system.size())) last = &one;
            }
            must(last != nullptr && same(id.is_null() ? nullptr : &id, last->id), "alternative_ids");
        }
    }

    void keywords() {
        const auto words = entries(from_, "keywords");
        must(words.size() == image_.keywords().size(), "keywords");
        bool any = false;
        for (const value* one : words) any = any || !is_blank(member(one->as_object(), "relevance"));
        must(v3_->keyword_relevance.size() == (any ? words.size() : 0), "keyword_relevance");
        for (std::size_t i = 0; wrong_.empty() && i < words.size(); ++i) {
            const object& written = words[i]->as_object();
            const gc::keyword& read = image_.keywords()[i];
            must(same(member(written, "keyword_id"), read.id), "keywords.keyword_id");
            must(same(member(written, "text"), read.text), "keywords.text");
            must(same(member(written, "type"), read.type), "keywords.type");
            if (any) must(same(member(written, "relevance"), v3_->keyword_relevance[i]), "relevance");
        }
    }

    void downloads() {
        check_sizes("download_sizes", v3_->download_sizes);
        check_sizes("largest_downloads", v3_->largest_downloads);
        must(image_.sizes_downloadable_images().size() == v3_->download_sizes.size(), "sizes");
        for (std::size_t i = 0; wrong_.empty() && i < v3_->download_sizes.size(); ++i) {
            const gc::download_size& theirs = v3_->download_sizes[i];
            const gc::downloadable_size& ours = image_.sizes_downloadable_images()[i];
            must(ours.size_key == theirs.name && ours.file_size_in_bytes == theirs.bytes &&
                     ours.pixel_width == theirs.width && ours.pixel_height == theirs.height &&
                     ours.resolution_dpi == theirs.dpi && !ours.inches_height && !ours.inches_width &&
                     !ours.download_token,
                 "sizes_downloadable_images");
        }
    }

    void check_sizes(std::string_view name, const std::vector<gc::download_size>& read) {
        const auto written = entries(from_, name);
        must(written.size() == read.size(), name);
        for (std::size_t i = 0; wrong_.empty() && i < read.size(); ++i) {
            const object& from = written[i]->as_object();
            must(same(member(from, "name"), read[i].name) &&
                     same(member(from, "media_type"), read[i].media_type) &&
                     same(member(from, "bytes"), read[i].bytes) &&
                     same(member(from, "width"), read[i].width) &&
                     same(member(from, "height"), read[i].height) && same(member(from, "dpi"), read[i].dpi),
                 name);
            std::vector<const object*> rights;
            for (const value* one : entries(from, "downloads")) rights.push_back(&one->as_object());
            constexpr std::array<std::string_view, 4> keys = {"product_id", "product_type", "uri",
                                                              "agreement_name"};
            for (const std::string_view key : keys) {
                if (member(from, key) == nullptr) continue;
                rights.push_back(&from);
                break;
            }
            must(rights.size() == read[i].downloads.size(), name);
            for (std::size_t n = 0; wrong_.empty() && n < rights.size(); ++n) {
                const gc::download& d = read[i].downloads[n];
                const std::array<gc::optional_text, 4> texts = {d.product_id, d.product_type, d.uri,
                                                                d.agreement_name};
                for (std::size_t k = 0; k < keys.size(); ++k)
                    must(same(member(*rights[n], keys[k]), texts[k]), name);
            }
        }
    }

    void addresses() {
        const auto written = entries(from_, "display_sizes");
        must(written.size() == v3_->display_sizes.size(), "display_sizes");
        gc::optional_text comp, preview, marked_comp, marked_preview;
        for (std::size_t i = 0; wrong_.empty() && i < written.size(); ++i) {
            const object& from = written[i]->as_object();
            const gc::display_size& read = v3_->display_sizes[i];
            must(same(member(from, "name"), read.name) && same(member(from, "uri"), read.uri) &&
                     same(member(from, "is_watermarked"), read.is_watermarked) &&
                     same(member(from, "width"), read.width) && same(member(from, "height"), read.height),
                 "display_sizes");
            const bool marked = read.is_watermarked == true;
            if (read.name == "comp") first(marked ? marked_comp : comp, read.uri);
            if (read.name == "preview") first(marked ? marked_preview : preview, read.uri);
        }
        must(image_.url_comp() == comp && image_.url_preview() == preview, "url_comp, url_preview");
        must(image_.url_watermark_comp() == marked_comp && image_.url_watermark_preview() == marked_preview,
             "url_watermark_comp, url_watermark_preview");
    }
    static void first(gc::optional_text& found, const gc::optional_text& uri) {
        if (!found) found = uri;
    }

    void states() {
        constexpr std::array<std::string_view, 38> keys = {
            "id",
            "artist",
            "artist_title",
            "caption",
            "title",
            "copyright",
            "credit_line",
            "city",
            "state_province",
            "country",
            "asset_family",
            "call_for_image",
            "collection_id",
            "collection_code",
            "collection_name",
            "color_type",
            "date_created",
            "date_submitted",
            "date_camera_shot",
            "editorial_segments",
            "editorial_source",
            "event_ids",
            "graphical_style",
            "keywords",
            "license_model",
            "quality_rank",
            "product_types",
            "referral_destinations",
            "allowed_use",
            "display_sizes",
            "download_sizes",
            "largest_downloads",
            "max_dimensions",
            "orientation",
            "people",
            "object_name",
            "alternative_ids",
            "uri_oembed",
        };
        for (const std::string_view key : keys) {
            const value* const found = from_.if_contains({key.data(), key.size()});
            gc::member_state state = gc::member_state::present;
            if (found == nullptr) {
                state = gc::member_state::absent;
            } else if (found->is_null()) {
                state = gc::member_state::null;
            } else if (is_text(*found, "") || (found->is_array() && found->get_array().empty()) ||
                       (found->is_object() && found->get_object().empty())) {
                state = gc::member_state::empty;
            }
            must(v3_->state(key) == state, key);
        }
        must(v3_->state("no such key") == gc::member_state::absent, "a key of no document");
    }

    const gc::image& image_;
    const gc::image_v3* v3_;
    const object& from_;
    std::string wrong_;
};

/// Holds all that was told of `body` against Boost.JSON's document of it; empty when nothing differs. Of a
/// list that comes twice the document knows the last, so it is held against the last that was told.
inline std::string difference(const told_images& told, std::string_view body) {
    boost::system::error_code failed;
    const boost::json::value document = parsed(body, failed);
    if (failed || !document.is_object()) return "no document";
    const boost::json::object& top = document.get_object();
    std::vector<const boost::json::object*> images;
    std::size_t without_id = 0;
    const auto text_of = [](const boost::json::value* v) {
        return v == nullptr || !v->is_string() ? std::string_view() : std::string_view(v->get_string());
    };
    const auto list = [&](const char* name) {
        const boost::json::value* const found = top.if_contains(name);
        return found == nullptr ? nullptr : found->if_array();
    };
    if (const auto* written = list("images")) {
        for (const boost::json::value& one : *written) {
            if (!one.is_object()) continue;
            if (text_of(one.get_object().if_contains("id")).empty()) {
                ++without_id;
            } else {
                images.push_back(&one.get_object());
            }
        }
    }
    std::vector<std::string> missing;
    if (const auto* written = list("images_not_found")) {
        for (const boost::json::value& one : *written) {
            if (!text_of(&one).empty()) missing.emplace_back(text_of(&one));
        }
    }
    const auto twice = [&](std::size_t here, std::size_t there) {
        // a key may be written with escapes, so this is generous
        const bool may_be = body.find("\"images") != body.rfind("\"images") || body.find('\\') != body.npos;
        return here == there || (may_be && here > there);
    };
    if (!twice(told.ids.size(), images.size())) return "number of images";
    if (!twice(told.missing.size(), missing.size())) return "number of ids not found";
    if (!twice(told.without_id, without_id)) return "number of images without an id";
    if (!std::equal(missing.rbegin(), missing.rend(), told.missing.rbegin())) return "ids not found";
    for (std::size_t i = 1; i <= images.size(); ++i) {
        const boost::json::object& from = **(images.end() - static_cast<std::ptrdiff_t>(i));
        if (told.ids[told.ids.size() - i] != text_of(from.if_contains("id"))) return "ids";
        const std::string wrong = image_v3_judge(*told.images[told.images.size() - i], from).difference();
        if (!wrong.empty()) return told.ids[told.ids.size() - i] + ": " + wrong;
    }
    return {};
}

}  // namespace test
