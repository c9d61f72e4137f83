// Text from the network or the user, made fit for a terminal and a log line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace getty::connect::core {

/// At most `max_bytes` of `input`: control characters, marks that turn the direction of text and
/// ill-formed UTF-8 become '?', runs of white space
/// one blank, a cut is marked with "...". Never splits a UTF-8 sequence.
[[nodiscard]] std::string printable(std::string_view input, std::size_t max_bytes);

/// A line end, NUL or another control character of ASCII.
[[nodiscard]] bool has_control(std::string_view text) noexcept;

/// What to tell of a secret that has one; the secret itself is not shown.
inline constexpr std::string_view control_in_secret =
    "(not shown): it holds a control character, such as the line end of the file that it was read from; cut "
    "it "
    "off";

}  // namespace getty::connect::core
