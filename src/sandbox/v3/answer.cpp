#include "sandbox/v3/answer.hpp"

#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/catalogue/dice.hpp"
#include "sandbox/v3/image_v3.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::sandbox::v3 {
namespace {

/// That of an image whose id is not `id`.
found_set::item another_image(std::string_view id) {
    found_set::item made;
    made.id = id == "10000001" ? "10000002" : "10000001";
    append_image(made.json, made.id, 0, summary_set(), v3_dates::mixed);
    return made;
}

}  // namespace

void shuffle(std::vector<found_set::item>& images) {
    const auto rank = [](const found_set::item& one) { return dice(one.id).next(); };
    const auto before = [&](const found_set::item& a, const found_set::item& b) { return rank(a) < rank(b); };
    if (std::is_sorted(images.begin(), images.end(), before)) {
        if (images.size() > 1) std::rotate(images.begin(), images.begin() + 1, images.end());
    } else {
        std::sort(images.begin(), images.end(), before);
    }
}

void spoil(found_set& found, const fault& what, const std::string& id) {
    const auto its = [&](const found_set::item& one) { return one.id == id; };
    auto position = std::find_if(found.images.begin(), found.images.end(), its);
    if (position == found.images.end()) position = found.images.begin();  // one that can be spoiled
    switch (what.kind) {
        case fault_kind::wrong_image:
            if (position != found.images.end()) *position = another_image(id);
            break;
        case fault_kind::omit:
            std::erase_if(found.images, its);
            std::erase(found.missing, id);
            break;
        case fault_kind::reorder:
            std::reverse(found.images.begin(), found.images.end());
            break;
        case fault_kind::stranger:
            found.images.insert(found.images.begin(), another_image(id));
            break;
        case fault_kind::duplicate_image: {
            if (position == found.images.end()) break;
            const std::string twice = position->id;
            found.images.push_back({twice, "{\"id\":"});
            append_json_string(found.images.back().json, twice);
            found.images.back().json += R"(,"title":"A second answer"})";
            break;
        }
        default:
            break;
    }
}

void append_found(std::string& out, const found_set& found, v3_nothing_missing form) {
    out += "{\"images\":[";
    for (const found_set::item& one : found.images) {
        if (out.back() != '[') out += ',';
        out += one.json;
    }
    out += ']';
    if (found.missing.empty() && form != v3_nothing_missing::empty_list) {
        if (form == v3_nothing_missing::null) out += ",\"images_not_found\":null";
        out += '}';
        return;
    }
    out += ",\"images_not_found\":[";
    for (const std::string& id : found.missing) {
        if (out.back() != '[') out += ',';
        append_json_string(out, id);
    }
    out += "]}";
}

void append_application_error(std::string& out, std::string_view code, std::string_view message) {
    out += "{\"ErrorCode\":";
    append_json_string(out, code);
    out += ",\"ErrorMessage\":";
    append_json_string(out, message);
    out += '}';
}

void append_gateway_error(std::string& out, std::string_view message) {
    out += "{\"message\":";
    append_json_string(out, message);
    out += '}';
}

std::string_view error_code_of(int status) noexcept {
    switch (status) {
        case 400:
            return "InvalidRequest";
        case 404:
            return "ImageNotFound";
        case 500:
            return "SystemError";
        default:
            return {};
    }
}

}  // namespace getty::connect::sandbox::v3
