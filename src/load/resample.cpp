#include "load/resample.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

namespace getty::connect::load {

double normal(core::random_source& random) {
    const double u = 1 - random.unit();
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * random.unit());
}

double gamma(core::random_source& random, double shape) {
    const double d = shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    for (;;) {
        const double x = normal(random);
        const double v = std::pow(1 + c * x, 3);
        if (v <= 0) continue;
        if (std::log(1 - random.unit()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
    }
}

std::vector<std::size_t> chosen_rounds(core::random_source& random, std::size_t count) {
    std::vector<std::size_t> chosen(count, 0);
    if (count > 1) {
        for (std::size_t& one : chosen) one = static_cast<std::size_t>(random.next() % count);
    }
    return chosen;
}

merged_histogram::merged_histogram(std::span<const std::vector<bucket>* const> rounds) {
    for (const std::vector<bucket>* round : rounds) {
        for (const bucket& b : *round) ends_.push_back(b.up_to_us);
    }
    std::sort(ends_.begin(), ends_.end());
    ends_.erase(std::unique(ends_.begin(), ends_.end()), ends_.end());
    std::vector<std::size_t> all;
    for (const std::vector<bucket>* round : rounds) {
        all.push_back(all.size());
        std::vector<std::uint64_t>& counts = counts_.emplace_back(ends_.size());
        for (const bucket& b : *round) {
            const auto place = std::lower_bound(ends_.begin(), ends_.end(), b.up_to_us) - ends_.begin();
            counts[static_cast<std::size_t>(place)] += b.count;
        }
    }
    choose(all);
}

void merged_histogram::choose(std::span<const std::size_t> rounds) {
    up_to_.assign(ends_.size(), 0);
    for (const std::size_t round : rounds) {
        std::transform(up_to_.begin(), up_to_.end(), counts_[round].begin(), up_to_.begin(), std::plus<>());
    }
    std::partial_sum(up_to_.begin(), up_to_.end(), up_to_.begin());
    total_ = up_to_.empty() ? 0 : up_to_.back();
}

double merged_histogram::at_rank(std::uint64_t rank) const noexcept {
    const auto bucket = std::lower_bound(up_to_.begin(), up_to_.end(), rank);
    return ends_[static_cast<std::size_t>(bucket - up_to_.begin())];
}

std::uint64_t merged_histogram::rank_of(double share) const noexcept {
    // A share like 0.99 is a little off as a double: it must not become the next rank.
    const double rank = std::ceil(share * static_cast<double>(total_) * (1 - 1e-12));
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, total_);
}

double merged_histogram::at(double share) const noexcept { return at_rank(rank_of(share)); }

double merged_histogram::resampled(core::random_source& random, double share) const {
    const auto rank = static_cast<double>(rank_of(share));
    const double below = gamma(random, rank);
    const double above = gamma(random, static_cast<double>(total_) - rank + 1);
    return at(below / (below + above));
}

}  // namespace getty::connect::load
