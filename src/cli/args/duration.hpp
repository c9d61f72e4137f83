// Durations as people write them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace getty::connect::cli {

/// Reads "500ms", "10s", "2m" or "1h". Throws `usage_error` that tells what is wrong with the text, without
/// repeating it: a missing unit, another unit, a sign or fraction, or more than `max`.
[[nodiscard]] std::chrono::milliseconds parse_duration(std::string_view text, std::chrono::milliseconds min,
                                                       std::chrono::milliseconds max);

/// The shortest exact spelling that `parse_duration` reads: 90000 ms is "90s".
[[nodiscard]] std::string to_text(std::chrono::milliseconds length);

}  // namespace getty::connect::cli
