// How often each duration occurred.
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace getty::connect::core {

/// Counts durations from 1 ns to three days in buckets that are a `Steps`-th of a power of two wide, so that
/// what it says is at most 1/`Steps` above the exact value; `Steps` is a power of two. What is shorter or
/// longer counts as the shortest or longest. Memory: 192 x `Steps` bytes. Not safe for concurrent calls.
template <std::size_t Steps>
class histogram {
    static_assert(std::has_single_bit(Steps));

public:
    void record(duration d) noexcept {
        ++counts_[bucket_of(d)];
        ++total_;
    }
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

    /// The end of the bucket that the `rank`-th of them is in, the shortest first. Precondition: 1 <= `rank`
    /// <= `total()`.
    [[nodiscard]] duration at_rank(std::uint64_t rank) const noexcept {
        std::size_t bucket = 0;
        for (std::uint64_t below = counts_[0]; below < rank && bucket + 1 < counts_.size();) {
            below += counts_[++bucket];
        }
        return end_of(bucket);
    }

    /// Halves every count: what is older fades away.
    void halve() noexcept {
        total_ = 0;
        for (auto& count : counts_) total_ += count /= 2;
    }

private:
    static constexpr std::size_t powers = 48;  // 2^48 ns are three days
    static constexpr std::size_t step_bits = std::bit_width(Steps) - 1;

    /// 0 to `Steps` - 1 ns have a bucket each; above, the bits after the highest one choose the step.
    static std::size_t bucket_of(duration d) noexcept {
        const auto ns = static_cast<std::uint64_t>(std::max<duration::rep>(d.count(), 0));
        if (ns < Steps) return static_cast<std::size_t>(ns);
        const auto power = static_cast<std::size_t>(std::bit_width(ns)) - step_bits;
        const auto step = static_cast<std::size_t>(ns >> (power - 1)) - Steps;
        return std::min(power * Steps + step, powers * Steps - 1);
    }
    static duration end_of(std::size_t bucket) noexcept {
        if (bucket < Steps) return duration(static_cast<duration::rep>(bucket) + 1);
        const std::size_t power = bucket / Steps;
        return duration(static_cast<duration::rep>(Steps + bucket % Steps + 1) << (power - 1));
    }

    std::array<std::uint32_t, powers * Steps> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace getty::connect::core
