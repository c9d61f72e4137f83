// The made-up images of the catalogue in the form of v3.
#pragma once

#include "sandbox/v3/fields.hpp"

#include <getty/connect/sandbox.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace getty::connect::sandbox::v3 {

/// Appends the image that `sandbox::append_image` makes of `id` and `row` as one JSON object, with `id` and
/// the members that `fields` asks for. The texts, numbers and moments are those of the other form; where that
/// is blank this is `null`, `""` or `[]`. Precondition: as there.
void append_image(std::string& out, std::string_view id, std::size_t row, field_set fields, v3_dates dates);

}  // namespace getty::connect::sandbox::v3
