// The one place that reads the machine's clocks.
#include "core/clock.hpp"

#include <ctime>

namespace getty::connect::core {

time_point steady_now() noexcept { return std::chrono::steady_clock::now(); }

duration slept() noexcept {
    const auto read = [](clockid_t which) {
        timespec now{};
        (void)::clock_gettime(which, &now);
        return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    };
    const duration awake = read(CLOCK_MONOTONIC);
    return read(CLOCK_BOOTTIME) - awake;
}

std::chrono::sys_seconds wall_now() noexcept {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::chrono::sys_time<std::chrono::milliseconds> wall_now_ms() noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace getty::connect::core
