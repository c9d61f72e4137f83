// The one place where the tool asks for the time.
#pragma once

#include <chrono>

namespace getty::connect::cli {

/// Time since it was made, on the steady clock.
class stopwatch {
public:
    stopwatch();
    [[nodiscard]] std::chrono::duration<double> elapsed() const;

private:
    std::chrono::steady_clock::time_point start_;
};

}  // namespace getty::connect::cli
