#include "cli/clock.hpp"

namespace getty::connect::cli {

stopwatch::stopwatch() : start_(std::chrono::steady_clock::now()) {}

std::chrono::duration<double> stopwatch::elapsed() const { return std::chrono::steady_clock::now() - start_; }

}  // namespace getty::connect::cli
