// One body through the parser.
#pragma once

#include "proto/image/image_decoder.hpp"
#include "proto/json/decode_failure.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace getty::connect::proto {

/// The parser's own verdict, in our words.
[[nodiscard]] decode_failure translate_parser_error(boost::system::error_code code, std::string_view body,
                                                    std::size_t offset);

[[nodiscard]] inline boost::json::parse_options body_parse_options() {
    boost::json::parse_options options;
    options.max_depth = image_decoder::max_depth;
    return options;
}

/// Lets the parser read all of `body`, which the handler has been told already. A byte order mark is skipped.
template <class Reader>
[[nodiscard]] std::optional<decode_failure> parse_body(boost::json::basic_parser<Reader>& parser,
                                                       std::string_view body) {
    Reader& reader = parser.handler();
    const std::size_t mark = body.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const std::string_view document = body.substr(mark);
    parser.reset();
    boost::system::error_code code;
    const std::size_t taken = mark + parser.write_some(false, document.data(), document.size(), code);
    if (reader.failure()) {
        decode_failure f = std::move(*reader.failure());
        if (!reader.has_offset()) f.offset = taken;
        return f;
    }
    if (code) return translate_parser_error(code, body, taken);
    if (taken < body.size()) return decode_failure{decode_kind::trailing_data, taken, {}, {}};
    return std::nullopt;
}

}  // namespace getty::connect::proto
