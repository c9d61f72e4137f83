// Boost.JSON's own parser as the judge of what is JSON.
#pragma once

#include "proto/json/decode_failure.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <string_view>

namespace test {

/// The document, or why it is none. A byte order mark before it is passed over, as by our readers.
inline boost::json::value parsed(std::string_view text, boost::system::error_code& failed,
                                 std::size_t max_depth = 32) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    boost::json::parse_options options;
    options.max_depth = max_depth;
    return boost::json::parse({text.data(), text.size()}, failed, {}, options);
}

/// Whether the raw scan's verdict about `body` is that of Boost.JSON.
///
/// They differ in one thing: Boost.JSON ends at an exponent that no double could have, and such a number is
/// JSON. About what the scan did not read, because it found a value of the wrong type, it says nothing.
inline bool same_verdict(const std::optional<getty::connect::proto::decode_failure>& raw,
                         std::string_view body) {
    using getty::connect::proto::decode_kind;
    boost::system::error_code failed;
    (void)parsed(body, failed);
    if (failed == boost::json::error::exponent_overflow) return true;
    if (!raw) return !failed;
    switch (raw->kind) {
        case decode_kind::not_json:
        case decode_kind::invalid_utf8:
        case decode_kind::too_deep:
        case decode_kind::trailing_data:
            return failed.failed();
        case decode_kind::no_images:
        case decode_kind::wrong_image:
            return !failed;
        default:
            return true;
    }
}

/// Whether both texts are JSON and say the same. Not by the values: Boost.JSON makes NaN, which equals
/// nothing, of 0e999.
inline bool same_meaning(std::string_view one, std::string_view other) {
    boost::system::error_code failed;
    const boost::json::value left = parsed(one, failed, 64);
    if (failed) return failed == boost::json::error::exponent_overflow;
    const boost::json::value right = parsed(other, failed, 64);
    return !failed && boost::json::serialize(left) == boost::json::serialize(right);
}

}  // namespace test
