// A measurement as a page.
#pragma once

#include "load/measurement.hpp"

#include <cstddef>
#include <string>

namespace getty::connect::load {

inline constexpr std::size_t max_page_bytes = 300'000;

/// One file of HTML without script, network or fonts of its own, dark or light as the reader's system is,
/// readable on a phone. It holds the document, so that `read_document` reads it: whole, or as much of it as
/// `max_page_bytes` have room for. `baseline`: drawn beside it, and compared where the plans are the same and
/// both have answers; may be null. Everything from outside stands in it as text.
[[nodiscard]] std::string page(const measurement& m, const measurement* baseline);

}  // namespace getty::connect::load
