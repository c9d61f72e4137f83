// Randomness as a parameter: the real one in production, a seeded one in tests.
#pragma once

#include <cstdint>
#include <memory>

namespace getty::connect::core {

/// A source of uniformly distributed 64-bit numbers. Not safe for concurrent calls.
class random_source {
public:
    virtual ~random_source() = default;
    virtual std::uint64_t next() = 0;
    /// This process is a child of the one that has drawn from the source so far: the parent's next numbers
    /// are not to be its own.
    virtual void forked() noexcept {}

    /// Uniform in [0, 1).
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

/// The operating system's generator, read in blocks; fit for nonces.
[[nodiscard]] std::unique_ptr<random_source> system_random();

/// The same sequence for the same seed, on every platform (SplitMix64).
[[nodiscard]] std::unique_ptr<random_source> seeded_random(std::uint64_t seed);

}  // namespace getty::connect::core
