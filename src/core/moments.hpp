// What a histogram rounds, exactly: least, most, mean and standard deviation of durations.
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace getty::connect::core {

/// Sums of durations and of their squares, in whole nanoseconds: in whatever order they come, and recorded
/// here or merged from elsewhere, the figures are the same to the last bit. Room for 10^9 durations of three
/// minutes; what is below zero counts as zero. Not safe for concurrent calls.
class moments {
public:
    void record(duration d) noexcept {
        const auto ns = static_cast<std::uint64_t>(std::max<duration::rep>(d.count(), 0));
        least_ = count_ == 0 ? ns : std::min(least_, ns);
        most_ = std::max(most_, ns);
        sum_ += ns;
        squares_ += static_cast<wide>(ns) * ns;
        ++count_;
    }
    void merge(const moments& other) noexcept {
        if (other.count_ == 0) return;
        least_ = count_ == 0 ? other.least_ : std::min(least_, other.least_);
        most_ = std::max(most_, other.most_);
        sum_ += other.sum_;
        squares_ += other.squares_;
        count_ += other.count_;
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// The figures of none are 0.
    [[nodiscard]] duration least() const noexcept { return duration(static_cast<duration::rep>(least_)); }
    [[nodiscard]] duration most() const noexcept { return duration(static_cast<duration::rep>(most_)); }
    /// In nanoseconds.
    [[nodiscard]] double mean() const noexcept {
        if (count_ == 0) return 0;
        const wide whole = sum_ / count_;
        return static_cast<double>(whole) + static_cast<double>(sum_ % count_) / divisor();
    }
    /// Of these durations themselves (divided by their number), in nanoseconds.
    [[nodiscard]] double standard_deviation() const noexcept {
        if (count_ == 0) return 0;
        // Around the mean in whole nanoseconds nothing cancels: both terms are exact until the division.
        const wide mean = sum_ / count_;
        const wide around = squares_ + mean * mean * count_ - 2 * mean * sum_;
        const double rest = static_cast<double>(sum_ % count_) / divisor();
        return std::sqrt(std::max(0.0, static_cast<double>(around) / divisor() - rest * rest));
    }

private:
    __extension__ typedef unsigned __int128 wide;

    [[nodiscard]] double divisor() const noexcept { return static_cast<double>(count_); }

    std::uint64_t count_ = 0;
    std::uint64_t least_ = 0;
    std::uint64_t most_ = 0;
    wide sum_ = 0;
    wide squares_ = 0;
};

}  // namespace getty::connect::core
