#include "proto/image/parse_body.hpp"

#include "core/utf8.hpp"

#include <boost/json/error.hpp>

namespace getty::connect::proto {

decode_failure translate_parser_error(boost::system::error_code code, std::string_view body,
                                      std::size_t offset) {
    namespace json = boost::json;
    decode_failure f;
    f.offset = offset;
    if (code == json::error::too_deep) {
        f.kind = decode_kind::too_deep;
    } else if (code == json::error::string_too_large || code == json::error::key_too_large ||
               code == json::error::array_too_large || code == json::error::object_too_large) {
        f.kind = decode_kind::too_large;
        f.detail = code.message();
    } else if (code == json::error::exponent_overflow) {
        f.kind = decode_kind::out_of_range;
        f.detail = code.message();
    } else if (code == json::error::illegal_leading_surrogate ||
               code == json::error::illegal_trailing_surrogate) {
        f.kind = decode_kind::invalid_utf8;
        f.detail = code.message();
    } else if (offset < body.size() && core::utf8_sequence(body.substr(offset)) == 0) {
        f.kind = decode_kind::invalid_utf8;
    } else {
        f.kind = decode_kind::not_json;
        const std::size_t first = body.find_first_not_of(" \t\r\n");
        if (first == std::string_view::npos) {
            f.detail = "the body is empty";
        } else if (body[first] == '<') {
            f.detail = "it looks like HTML";
        } else {
            f.detail = code.message();
        }
    }
    return f;
}

}  // namespace getty::connect::proto
