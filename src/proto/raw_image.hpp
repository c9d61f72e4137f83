// The bytes of one image's JSON object, found without reading its values.
#pragma once

#include "proto/decode_failure.hpp"

#include <optional>
#include <string_view>

namespace getty::connect::proto {

/// Sets `object` to the extent, braces included, of the wanted image's object within `body`. Returns nothing
/// on success; on failure `object` is untouched.
///
/// Takes the same documents and selects by the same rule as `image_decoder`. It is a structural scan: it
/// checks that brackets and strings end where they must, down to 32 levels, that strings hold no control
/// characters, that the chosen object is UTF-8, and that nothing but white space follows; it does not check
/// the values inside the image. What `image_decoder` accepts it accepts too, and chooses the same image; the
/// reverse does not hold.
///
/// Allocates only to report a failure or to compare an id or key that is written with escapes.
[[nodiscard]] std::optional<decode_failure> find_raw_image(std::string_view body, std::string_view wanted_id,
                                                           std::string_view& object);

}  // namespace getty::connect::proto
