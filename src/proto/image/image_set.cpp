#include "proto/image/image_set.hpp"

#include "proto/image/image_set_reader.hpp"
#include "proto/image/parse_body.hpp"

namespace getty::connect::proto {

decode_failure no_image_lists() {
    return {decode_kind::no_images, 0, "images", "nor a list of those not found"};
}

struct image_set_decoder::impl {
    json::basic_parser<image_set_reader> parser{body_parse_options()};
};

image_set_decoder::image_set_decoder() : impl_(std::make_unique<impl>()) {}
image_set_decoder::~image_set_decoder() = default;
image_set_decoder::image_set_decoder(image_set_decoder&&) noexcept = default;
image_set_decoder& image_set_decoder::operator=(image_set_decoder&&) noexcept = default;

std::optional<decode_failure> image_set_decoder::decode(std::string_view body, image_set_sink& into) {
    image_set_reader& reader = impl_->parser.handler();
    reader.start(body, into);
    if (auto failed = parse_body(impl_->parser, body)) return failed;
    if (!reader.has_lists()) return no_image_lists();
    return std::nullopt;
}

}  // namespace getty::connect::proto
