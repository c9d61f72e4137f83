#include "proto/image/image_decoder.hpp"

#include "core/utf8.hpp"
#include "proto/image/image_reader.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/system/error_code.hpp>

namespace getty::connect::proto {

struct image_decoder::impl {
    json::basic_parser<image_reader> parser;

    impl() : parser(options()) {}

    static json::parse_options options() {
        json::parse_options o;
        o.max_depth = max_depth;
        return o;
    }

    /// The parser's own verdict, in our words.
    static decode_failure translate(boost::system::error_code code, std::string_view body,
                                    std::size_t offset) {
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
};

image_decoder::image_decoder() : impl_(std::make_unique<impl>()) {}
image_decoder::~image_decoder() = default;
image_decoder::image_decoder(image_decoder&&) noexcept = default;
image_decoder& image_decoder::operator=(image_decoder&&) noexcept = default;

std::optional<decode_failure> image_decoder::decode(std::string_view body, std::string_view wanted_id,
                                                    image& out, std::string& coordination_id) {
    auto& parser = impl_->parser;
    image_reader& reader = parser.handler();
    const std::size_t mark = body.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const std::string_view document = body.substr(mark);

    parser.reset();
    reader.start(body, wanted_id, coordination_id);
    boost::system::error_code code;
    const std::size_t taken = mark + parser.write_some(false, document.data(), document.size(), code);
    if (reader.failure()) {
        decode_failure f = std::move(*reader.failure());
        if (!reader.has_offset()) f.offset = taken;
        return f;
    }
    if (code) return impl::translate(code, body, taken);
    if (taken < body.size()) {
        decode_failure f;
        f.kind = decode_kind::trailing_data;
        f.offset = taken;
        return f;
    }
    return reader.finish(out);
}

}  // namespace getty::connect::proto
