// Time as the library counts it. Only the seam files read a clock; everything else is handed a `time_point`.
#pragma once

#include <chrono>

namespace getty::connect::core {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

inline constexpr time_point never = time_point::max();

/// `start + length` that saturates at `never`.
[[nodiscard]] constexpr time_point later(time_point start, duration length) noexcept {
    return length > never - start ? never : start + length;
}

}  // namespace getty::connect::core
