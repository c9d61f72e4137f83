// A JSON number as an integer, or not at all.
#pragma once

#include <cstdint>
#include <string_view>

namespace getty::connect::proto {

enum class integer_verdict { exact, not_integral, out_of_range };

/// Reads any spelling of a JSON number (RFC 8259 6), "-1.50e1" included, without rounding. `value` is set
/// when the verdict is `exact`. `text` must be a valid number.
[[nodiscard]] integer_verdict read_exact_integer(std::string_view text, std::int64_t& value) noexcept;

}  // namespace getty::connect::proto
