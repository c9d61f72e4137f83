// Points of virtual time.
#pragma once

#include "core/time.hpp"

#include <chrono>

/// `since_start` after the moment at which the tests of this folder begin.
[[nodiscard]] inline getty::connect::core::time_point moment(getty::connect::core::duration since_start) {
    return getty::connect::core::time_point(std::chrono::hours(1)) + since_start;
}
