// What typed decoding is compared with: the same parser and the same search for keys, but every text a string
// of its own.
#pragma once

#include "bench/dom_image.hpp"

#include <getty/connect/image.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace bench {

struct string_image : dom_image {
    /// Views into `dom_image::date_created` and `dom_image::date_submitted`.
    std::optional<getty::connect::date_time> created, submitted;
};

/// Reusable; what `decode` allocates belongs to the image.
class string_image_decoder {
public:
    string_image_decoder();
    ~string_image_decoder();
    string_image_decoder(const string_image_decoder&) = delete;
    string_image_decoder& operator=(const string_image_decoder&) = delete;

    /// Throws when the body is no image document.
    void decode(std::string_view body, string_image& out);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace bench
