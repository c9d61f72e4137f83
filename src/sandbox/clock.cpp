#include "sandbox/clock.hpp"

namespace getty::connect::sandbox {

core::time_point monotonic_now() noexcept { return std::chrono::steady_clock::now(); }

std::chrono::sys_seconds wall_now() noexcept {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace getty::connect::sandbox
