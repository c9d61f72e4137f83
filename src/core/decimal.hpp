// A number as it is written, whatever the locale and the standard library.
#pragma once

#include <optional>
#include <string_view>

namespace getty::connect::core {

/// The double nearest to the decimal number that `text` is as a whole: "-12.5", ".5", "2.", "1e-3"; no
/// blanks, no '+' in front, no words. Infinite when it is beyond what a double holds, 0 when it is too small.
[[nodiscard]] std::optional<double> read_decimal(std::string_view text);

namespace detail {

/// What `read_decimal` does where std::from_chars reads no double, as in libc++.
/// `number`: a decimal number.
[[nodiscard]] double nearest_by_strtod(std::string_view number);

}  // namespace detail
}  // namespace getty::connect::core
