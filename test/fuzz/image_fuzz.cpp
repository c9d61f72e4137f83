// Image bodies: the typed and the raw reader never contradict each other, nor Boost.JSON's own document; what
// the raw one hands out is JSON.
//
// An input is the wanted id in a line of its own, then the body.
#include "fuzz/support/fuzz.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/image/image_fields.hpp"
#include "proto/image/raw_image.hpp"
#include "support/json_oracle.hpp"

#include <getty/connect/outcome.hpp>

#include <algorithm>
#include <cmath>
#include <string>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::proto;
namespace json = boost::json;

namespace {

/// All that an image holds, as text.
std::string fingerprint(image& picture) {
    std::string all;
    for_each_text(detail::image_access::data(picture),
                  [&](std::string_view text) { (all += text) += '\x1F'; });
    for (const std::int64_t id : picture.event_ids()) all += std::to_string(id) + ",";
    if (picture.event_id()) all += "event " + std::to_string(*picture.event_id());
    if (picture.quality_rank()) all += "rank " + std::to_string(*picture.quality_rank());
    for (const downloadable_size& s : picture.sizes_downloadable_images()) {
        for (const auto& number : {s.inches_height, s.inches_width})
            all += number ? std::to_string(*number) + "," : "-,";
        for (const auto& n : {s.file_size_in_bytes, s.pixel_height, s.pixel_width, s.resolution_dpi})
            all += n ? std::to_string(*n) + "," : "-,";
    }
    return all;
}

json::value parsed(std::string_view text, boost::system::error_code& failed) {
    return test::parsed(text, failed, 2 * image_decoder::max_depth);
}

const json::value* member(const json::object& from, std::string_view name) {
    const json::value* const found = from.if_contains({name.data(), name.size()});
    return found == nullptr || found->is_null() ? nullptr : found;
}

bool is_text(const json::value& value, std::string_view text) {
    const json::string* const held = value.if_string();
    return held != nullptr && std::string_view(held->data(), held->size()) == text;
}

bool same_number(const json::value& value, double number) {
    const double other = value.to_number<double>();
    if (std::isnan(other)) return number == 0;  // what the document makes of 0e999
    return std::abs(other - number) <=
           1e-12 * std::abs(other);  // the document's numbers are not rounded exactly
}

void check_texts(const json::value* value, const texts_list& texts) {
    std::size_t present = 0;
    if (value != nullptr && value->is_array()) {
        for (const json::value& entry : value->get_array()) {
            if (entry.is_null()) continue;
            must(present < texts.size() && is_text(entry, texts[present]));
            ++present;
        }
    }
    must(present == texts.size());
}

template <class Owner, std::size_t N>
void check_fields(const std::array<field_of<Owner>, N>& fields, const json::object& from, const Owner& read) {
    for (const auto& field : fields) {
        const json::value* const value = member(from, field.name);
        const bool blank = value == nullptr || is_text(*value, "");
        if (field.text != nullptr) {
            const optional_text& text = read.*field.text;
            must(text ? value != nullptr && is_text(*value, *text) : value == nullptr);
        } else if (field.date != nullptr) {
            const auto& date = read.*field.date;
            must(date ? value != nullptr && is_text(*value, date->original) : blank);
        } else if (field.integer != nullptr) {
            const auto& integer = read.*field.integer;
            must(integer ? !blank : blank);
            if (integer && value->is_int64()) must(value->get_int64() == *integer);
            if (integer && value->is_double()) must(same_number(*value, static_cast<double>(*integer)));
        } else if (field.number != nullptr) {
            const auto& number = read.*field.number;
            must(number ? !blank && same_number(*value, *number) : blank);
        } else if (field.texts != nullptr) {
            check_texts(value, read.*field.texts);
        }
    }
}

template <class Owner, std::size_t N>
void check_list(const json::object& from, std::string_view name, const std::array<field_of<Owner>, N>& fields,
                const std::vector<Owner>& read) {
    const json::value* const list = member(from, name);
    std::size_t present = 0;
    if (list != nullptr && list->is_array()) {
        for (const json::value& entry : list->get_array()) {
            if (entry.is_null() || is_text(entry, "")) continue;
            must(present < read.size() && entry.is_object());
            check_fields(fields, entry.get_object(), read[present++]);
        }
    }
    must(present == read.size());
}

void check_document(std::string_view body, std::string_view object, image& picture) {
    boost::system::error_code failed;
    parsed(body, failed);
    must(!failed);
    const json::value value = parsed(object, failed);
    must(!failed && value.is_object());
    const json::object& from = value.get_object();
    check_fields(image_fields, from, detail::image_access::data(picture));
    check_list(from, "Keywords", keyword_fields, picture.keywords());
    check_list(from, "ReferralDestinations", referral_fields, picture.referral_destinations());
    check_list(from, "SizesDownloadableImages", size_fields, picture.sizes_downloadable_images());
}

void check_failure(const decode_failure& failure, std::string_view body) {
    must(failure.offset <= body.size());
    must(is_plain_line(failure.describe()));
    if (failure.kind != decode_kind::not_json) return;
    boost::system::error_code failed;
    parsed(body, failed);
    must(failed.failed());
}

/// The raw reader refuses what is no JSON and nothing else, and its object means the same on one line.
void check_raw(std::string_view body, std::string_view wanted) {
    std::string_view object;
    const auto raw = find_raw_image(body, wanted, object);
    must(test::same_verdict(raw, body));
    if (raw) {
        must(raw->offset <= body.size() && object.empty() && is_plain_line(raw->describe()));
        return;
    }
    must(object.data() >= body.data() && object.data() + object.size() <= body.data() + body.size());
    must(object.starts_with('{') && object.ends_with('}'));
    std::string line;
    append_single_line(line, object);
    must(line.find_first_of("\r\n\t") == std::string::npos);
    must(test::same_meaning(line, object));
}

void check_accepted(std::string_view body, std::string_view wanted, image& picture, image_decoder& decoder) {
    std::string_view object;
    must(!find_raw_image(body, wanted, object));
    std::string line = "[";
    append_single_line(line, object);
    line += "]";
    // the extent alone, and on one line, is the same image
    image again;
    std::string coordination_id;
    must(!decoder.decode(line, wanted, again, coordination_id));
    must(fingerprint(again) == fingerprint(picture));
    check_document(body, object, picture);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static image_decoder used;  // by every input before
    input in(data, size);
    const std::string_view wanted = in.line();
    const std::string_view body = in.rest();

    check_raw(body, wanted);
    image picture;
    std::string coordination_id;
    const auto failure = used.decode(body, wanted, picture, coordination_id);
    image_decoder fresh;
    image same;
    std::string same_id;
    const auto same_failure = fresh.decode(body, wanted, same, same_id);
    must(failure.has_value() == same_failure.has_value() && coordination_id == same_id);
    if (failure) {
        must(failure->describe() == same_failure->describe());
        must(detail::image_access::data(picture).storage == nullptr &&
             fingerprint(picture) == fingerprint(same));
        check_failure(*failure, body);
        return 0;
    }
    must(fingerprint(picture) == fingerprint(same));
    check_accepted(body, wanted, picture, used);
    return 0;
}
