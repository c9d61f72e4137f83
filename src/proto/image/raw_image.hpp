// The bytes of one image's JSON object, checked but not decoded.
#pragma once

#include "proto/json/decode_failure.hpp"

#include <optional>
#include <string_view>

namespace getty::connect::proto {

/// Sets `object` to the extent, braces included, of the wanted image's object within `body`. Returns nothing
/// on success; on failure `object` is untouched.
///
/// Takes the same documents and selects by the same rule as `image_decoder`. The whole body is checked: it is
/// JSON by RFC 8259, in UTF-8, no escape names half a surrogate pair, and no more than 32 levels nest. The
/// values inside an image are not looked at: their types, the size of a number (of its exponent too), keys
/// that come twice. So what `image_decoder` accepts it accepts too, and chooses the same image; the reverse
/// does not hold.
///
/// `*unnamed`: the image says no id, and was taken since it is the only one.
///
/// Allocates only to report a failure or to compare an id or key that is written with escapes.
[[nodiscard]] std::optional<decode_failure> find_raw_image(std::string_view body, std::string_view wanted_id,
                                                           std::string_view& object, bool* unnamed = nullptr);

}  // namespace getty::connect::proto
