#include "proto/image/value_reader.hpp"

namespace getty::connect::proto {

bool body_texts::fail_at(boost::system::error_code& ec, decode_kind kind, std::string_view value,
                         std::string path, std::string detail) {
    has_offset_ = value.data() != nullptr && in_body(value);
    const std::size_t offset = has_offset_ ? static_cast<std::size_t>(value.data() - body_.data()) : 0;
    failure_ = decode_failure{kind, offset, std::move(path), std::move(detail)};
    ec = boost::system::error_code(json::error::exception);
    return false;
}

std::string_view wanted_type(expected value) noexcept {
    switch (value) {
        case expected::coordination_id:
        case expected::text:
        case expected::text_entry:
        case expected::date:
        case expected::missing_id:
            return "expected a text";
        case expected::integer:
        case expected::relevance:
            return "expected an integer";
        case expected::integer_or_text:
        case expected::integer_entry:
        case expected::integer_as_text:
            return "expected an integer, bare or as text";
        case expected::number:
            return "expected a number";
        case expected::flag:
            return "expected true or false";
        case expected::image_entry:
        case expected::keyword_entry:
        case expected::referral_entry:
        case expected::size_entry:
        case expected::display_entry:
        case expected::download_entry:
        case expected::source:
        case expected::allowed_use:
        case expected::dimensions:
        case expected::alternatives:
            return "expected an object";
        default:
            return "expected an array";
    }
}

}  // namespace getty::connect::proto
