// What figures could as well have been: bootstrap resamples.
#pragma once

#include "core/random.hpp"
#include "load/measurement.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace getty::connect::load {

/// A number of the standard normal distribution.
[[nodiscard]] double normal(core::random_source& random);

/// A number of the gamma distribution with this shape, at least 1 (Marsaglia and Tsang, 2000).
[[nodiscard]] double gamma(core::random_source& random, double shape);

/// Which of `count` rounds make up a resample of them, with repetition.
[[nodiscard]] std::vector<std::size_t> chosen_rounds(core::random_source& random, std::size_t count);

/// The histograms of several rounds, some of them at a time in one, to look up quantiles in.
class merged_histogram {
public:
    /// All rounds, each once.
    explicit merged_histogram(std::span<const std::vector<bucket>* const> rounds);
    /// These instead, as often as they are named.
    void choose(std::span<const std::size_t> rounds);

    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    /// The end of the bucket of the one at `share` of all. Precondition: `total()` > 0; `share` in [0, 1].
    [[nodiscard]] double at(double share) const noexcept;
    /// That of a resample of as many. All requests drawn anew and sorted, the one at this rank comes from a
    /// place in the old order that is a beta distributed share: so none needs drawing but that.
    [[nodiscard]] double resampled(core::random_source& random, double share) const;

private:
    [[nodiscard]] double at_rank(std::uint64_t rank) const noexcept;
    [[nodiscard]] std::uint64_t rank_of(double share) const noexcept;

    std::vector<double> ends_;                        ///< of all buckets of all rounds
    std::vector<std::vector<std::uint64_t>> counts_;  ///< by round and bucket
    std::vector<std::uint64_t> up_to_;                ///< how many are in a bucket and in those before
    std::uint64_t total_ = 0;
};

}  // namespace getty::connect::load
