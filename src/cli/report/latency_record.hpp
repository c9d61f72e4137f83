// How long the service took to answer.
#pragma once

#include "core/histogram.hpp"
#include "core/time.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace getty::connect::cli {

/// Latencies of requests, counted exactly below fixed bounds and within 1/1024 of their value for quantiles.
/// Memory: 200 KB. Not safe for concurrent calls.
class latency_record {
public:
    /// Upper bounds of the buckets, inclusive; what is longer is counted in `total()` alone.
    static constexpr std::array<std::chrono::milliseconds, 15> bounds{
        std::chrono::milliseconds(1),      std::chrono::milliseconds(2),
        std::chrono::milliseconds(5),      std::chrono::milliseconds(10),
        std::chrono::milliseconds(20),     std::chrono::milliseconds(50),
        std::chrono::milliseconds(100),    std::chrono::milliseconds(200),
        std::chrono::milliseconds(500),    std::chrono::milliseconds(1'000),
        std::chrono::milliseconds(2'000),  std::chrono::milliseconds(5'000),
        std::chrono::milliseconds(10'000), std::chrono::milliseconds(30'000),
        std::chrono::milliseconds(60'000)};

    void record(core::duration taken) noexcept;

    [[nodiscard]] std::uint64_t total() const noexcept { return exact_.total(); }
    [[nodiscard]] core::duration sum() const noexcept { return sum_; }
    /// Of those recorded; 0 without any.
    [[nodiscard]] core::duration longest() const noexcept { return longest_; }
    /// How many took no longer than this bound.
    [[nodiscard]] std::uint64_t within(std::size_t bound) const noexcept;
    /// The shortest time that `percent` of 100 did not exceed; nothing without samples.
    [[nodiscard]] std::optional<core::duration> percentile(unsigned percent) const noexcept;

private:
    core::histogram<1024> exact_;
    std::array<std::uint64_t, bounds.size()> counts_{};
    core::duration sum_{0};
    core::duration longest_{0};
};

}  // namespace getty::connect::cli
