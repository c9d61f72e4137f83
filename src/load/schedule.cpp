#include "load/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace getty::connect::load {
namespace {

constexpr double per_millionth = 1e6;

/// A number of the exponential distribution with mean 1, in 2^-32: von Neumann's way, which compares uniform
/// numbers and computes nothing, where logarithms differ in their last bit from library to library.
std::uint64_t exponential(core::random_source& random) {
    for (std::uint64_t whole = 0;; ++whole) {
        const std::uint64_t first = random.next();
        bool odd = true;  // the length of a run that descends from `first`
        for (std::uint64_t last = first, one = random.next(); one < last; one = random.next()) {
            last = one;
            odd = !odd;
        }
        // The chance of an odd length is e^-first; else the number is beyond the next whole one.
        if (odd) return (whole << 32) | (first >> 32);
    }
}

}  // namespace

schedule::schedule(double per_second, arrivals how, std::uint64_t seed)
    : per_million_seconds_(
          static_cast<std::uint64_t>(std::llround(std::clamp(per_second, 1e-6, 1e9) * per_millionth))),
      how_(how),
      random_(core::seeded_random(seed)) {}

core::duration schedule::next() {
    constexpr wide ns_in_million_seconds = 1'000'000'000'000'000U;
    if (how_ == arrivals::poisson) gone_ += exponential(*random_);
    const wide due = gone_ * ns_in_million_seconds / per_million_seconds_ >> 32;
    if (how_ == arrivals::even) gone_ += wide{1} << 32;
    return core::duration(static_cast<core::duration::rep>(due));
}

}  // namespace getty::connect::load
