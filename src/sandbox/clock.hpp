// The only place of the sandbox that reads a clock.
#pragma once

#include "core/time.hpp"

#include <chrono>

namespace getty::connect::sandbox {

[[nodiscard]] core::time_point monotonic_now() noexcept;
[[nodiscard]] std::chrono::sys_seconds wall_now() noexcept;

}  // namespace getty::connect::sandbox
