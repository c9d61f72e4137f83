#include "cli/report/latency_record.hpp"

#include <algorithm>

namespace getty::connect::cli {

void latency_record::record(core::duration taken) noexcept {
    exact_.record(taken);
    sum_ += taken;
    longest_ = std::max(longest_, taken);
    const auto bound = std::lower_bound(bounds.begin(), bounds.end(), taken);
    if (bound != bounds.end()) ++counts_[static_cast<std::size_t>(bound - bounds.begin())];
}

std::uint64_t latency_record::within(std::size_t bound) const noexcept {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i <= bound; ++i) count += counts_[i];
    return count;
}

std::optional<core::duration> latency_record::percentile(unsigned percent) const noexcept {
    if (total() == 0) return std::nullopt;
    const std::uint64_t rank = std::max<std::uint64_t>(1, (total() * percent + 99) / 100);
    return std::min(exact_.at_rank(rank), longest_);
}

}  // namespace getty::connect::cli
