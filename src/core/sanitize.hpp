// Text from the network or the user, made fit for a terminal and a log line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace getty::connect::core {

/// At most `max_bytes` of `input`: control characters and ill-formed UTF-8 become '?', runs of white space
/// one blank, a cut is marked with "...". Never splits a UTF-8 sequence.
[[nodiscard]] std::string printable(std::string_view input, std::size_t max_bytes);

}  // namespace getty::connect::core
