// When the requests of an open loop are due.
#pragma once

#include "core/random.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <memory>

namespace getty::connect::load {

/// How due times follow one another.
enum class arrivals {
    even,     ///< each the same time after the one before
    poisson,  ///< at random, independent of one another, as those of many users
};

/// The due times of an open loop, counted from its beginning: what is due does not wait for what was asked
/// before, so a service that stalls is found with all that would have been asked meanwhile.
///
/// A function of its parameters alone, in whole numbers: the same on every machine, with every library of
/// mathematics. Even times are exact to the nanosecond (rounded down) and begin at 0; random ones are kept to
/// 2^-32 of the mean gap, so that nothing adds up however many there are. Not safe for concurrent calls.
class schedule {
public:
    /// `per_second` in [1e-6, 1e9], to the millionth; outside it is moved to the nearest bound.
    schedule(double per_second, arrivals how, std::uint64_t seed);

    /// The next due time; never before the one before.
    [[nodiscard]] core::duration next();

private:
    __extension__ typedef unsigned __int128 wide;

    std::uint64_t per_million_seconds_;
    arrivals how_;
    std::unique_ptr<core::random_source> random_;
    wide gone_ = 0;  ///< mean gaps so far, in 2^-32
};

}  // namespace getty::connect::load
