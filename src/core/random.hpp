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

/// The `n`-th number, from 0, of `seeded_random(seed)`, without those before it.
[[nodiscard]] constexpr std::uint64_t nth_random(std::uint64_t seed, std::uint64_t n) noexcept {
    std::uint64_t z = seed + (n + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/// The operating system's generator, read in blocks; fit for nonces.
[[nodiscard]] std::unique_ptr<random_source> system_random();

/// The same sequence for the same seed, on every platform (SplitMix64).
[[nodiscard]] std::unique_ptr<random_source> seeded_random(std::uint64_t seed);

}  // namespace getty::connect::core
