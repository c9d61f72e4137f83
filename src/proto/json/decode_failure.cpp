#include "proto/json/decode_failure.hpp"

#include <stdexcept>

namespace getty::connect::proto {

std::string_view to_string(decode_kind kind) noexcept {
    switch (kind) {
        case decode_kind::not_json:
            return "not JSON";
        case decode_kind::not_an_object:
            return "neither an object nor an array";
        case decode_kind::no_images:
            return "no image in it";
        case decode_kind::missing_field:
            return "field missing";
        case decode_kind::wrong_type:
            return "wrong type";
        case decode_kind::out_of_range:
            return "number out of range";
        case decode_kind::too_deep:
            return "nested too deeply";
        case decode_kind::too_large:
            return "too large";
        case decode_kind::invalid_utf8:
            return "not UTF-8";
        case decode_kind::trailing_data:
            return "data after the document";
        case decode_kind::wrong_image:
            return "not the image asked for";
    }
    return "unknown failure";
}

std::string decode_failure::describe() const {
    std::string line;
    if (!field.empty()) line += field + ": ";
    line += to_string(kind);
    if (!detail.empty()) line += ", " + detail;
    line += " (at byte " + std::to_string(offset) + ")";
    return line;
}

void throw_exception_from_error(const decode_failure& why, const boost::source_location&) {
    throw std::logic_error(why.describe());
}

}  // namespace getty::connect::proto
