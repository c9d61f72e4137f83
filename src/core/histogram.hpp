// How often each duration occurred.
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace getty::connect::core {

/// Counts durations from 1 ns to `longest()` in buckets that are a `Steps`-th of a power of two wide, so that
/// what it says is never below the exact value and at most 1/`Steps` above it; `Steps` is a power of two: 8
/// for an eighth, 1024 for three significant digits. What is shorter or longer counts as the shortest or
/// longest. Histograms of one type add up (`merge`) to what one of them would have counted; quantiles do not.
///
/// Memory: `Powers` x `Steps` counts. `Powers` = 48 reaches weeks; 27 powers of 1024 steps reach 68 s. Not
/// safe for concurrent calls.
template <std::size_t Steps, std::size_t Powers = 48, class Count = std::uint32_t>
class histogram {
    static_assert(std::has_single_bit(Steps) && Powers >= 2);
    static constexpr std::size_t step_bits = std::bit_width(Steps) - 1;
    static_assert(step_bits + Powers - 1 < 63);

public:
    void record(duration d) noexcept { record(d, 1); }
    /// The same `count` times.
    void record(duration d, Count count) noexcept {
        counts_[bucket_of(d)] += count;
        total_ += count;
    }
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

    /// The longest duration in the bucket of the `rank`-th of them, the shortest first.
    /// Precondition: 1 <= `rank` <= `total()`.
    [[nodiscard]] duration at_rank(std::uint64_t rank) const noexcept {
        std::size_t bucket = 0;
        for (std::uint64_t below = counts_[0]; below < rank && bucket + 1 < counts_.size();) {
            below += counts_[++bucket];
        }
        return last_of(bucket);
    }
    /// The duration that `part` of `whole` (99 of 100) do not exceed. Precondition: `total()` > 0.
    [[nodiscard]] duration quantile(std::uint64_t part, std::uint64_t whole) const noexcept {
        const std::uint64_t rank = total_ / whole * part + (total_ % whole * part + whole - 1) / whole;
        return at_rank(std::clamp<std::uint64_t>(rank, 1, total_));
    }

    /// Calls `seen(longest, count)` for each bucket that holds something, the shortest durations first.
    template <class Function>
    void each(Function&& seen) const {
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            if (counts_[bucket] != 0) seen(last_of(bucket), std::uint64_t{counts_[bucket]});
        }
    }

    void merge(const histogram& other) noexcept {
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            counts_[bucket] += other.counts_[bucket];
        }
        total_ += other.total_;
    }
    /// Halves every count: what is older fades away.
    void halve() noexcept {
        total_ = 0;
        for (auto& count : counts_) total_ += count /= 2;
    }
    void clear() noexcept {
        counts_.fill(0);
        total_ = 0;
    }

    [[nodiscard]] static constexpr duration longest() noexcept { return last_of(Powers * Steps - 1); }
    /// The longest duration that counts as `d` does.
    [[nodiscard]] static constexpr duration as_counted(duration d) noexcept { return last_of(bucket_of(d)); }

private:
    /// 0 to `Steps` - 1 ns have a bucket each; above, the bits after the highest one choose the step.
    static constexpr std::size_t bucket_of(duration d) noexcept {
        const auto ns = static_cast<std::uint64_t>(std::max<duration::rep>(d.count(), 0));
        if (ns < Steps) return static_cast<std::size_t>(ns);
        const auto power = static_cast<std::size_t>(std::bit_width(ns)) - step_bits;
        const auto step = static_cast<std::size_t>(ns >> (power - 1)) - Steps;
        return std::min(power * Steps + step, Powers * Steps - 1);
    }
    static constexpr duration last_of(std::size_t bucket) noexcept {
        if (bucket < Steps) return duration(static_cast<duration::rep>(bucket));
        const std::size_t power = bucket / Steps;
        return duration((static_cast<duration::rep>(Steps + bucket % Steps + 1) << (power - 1)) - 1);
    }

    std::array<Count, Powers * Steps> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace getty::connect::core
