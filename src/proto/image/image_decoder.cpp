#include "proto/image/image_decoder.hpp"

#include "proto/image/image_reader.hpp"
#include "proto/image/parse_body.hpp"

namespace getty::connect::proto {

struct image_decoder::impl {
    json::basic_parser<image_reader> parser{body_parse_options()};
};

image_decoder::image_decoder() : impl_(std::make_unique<impl>()) {}
image_decoder::~image_decoder() = default;
image_decoder::image_decoder(image_decoder&&) noexcept = default;
image_decoder& image_decoder::operator=(image_decoder&&) noexcept = default;

std::optional<decode_failure> image_decoder::decode(std::string_view body, std::string_view wanted_id,
                                                    image& out, std::string& coordination_id) {
    image_reader& reader = impl_->parser.handler();
    reader.start(body, wanted_id, coordination_id);
    if (auto failed = parse_body(impl_->parser, body)) return failed;
    return reader.finish(out);
}

}  // namespace getty::connect::proto
