// The machine's clocks. Whatever can be handed the time is handed it; what begins at the border asks here.
#pragma once

#include "core/time.hpp"

#include <chrono>

namespace getty::connect::core {

[[nodiscard]] time_point steady_now() noexcept;
/// For how long the machine has slept since it was started: what `steady_now` leaves out.
[[nodiscard]] duration slept() noexcept;
/// To the second; it may jump.
[[nodiscard]] std::chrono::sys_seconds wall_now() noexcept;
/// The same to the millisecond.
[[nodiscard]] std::chrono::sys_time<std::chrono::milliseconds> wall_now_ms() noexcept;

}  // namespace getty::connect::core
