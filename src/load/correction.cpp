#include "load/correction.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace getty::connect::load {
namespace {

using ns = std::int64_t;

/// A request that took `time`, and those that it kept from being made.
std::uint64_t with_omitted(ns time, ns interval) {
    return 1 + static_cast<std::uint64_t>(std::max<ns>(time / interval - 1, 0));
}

/// How many of these would have taken at most `limit`.
std::uint64_t at_most(ns limit, ns time, ns interval) {
    // The k-th that was omitted would have taken time - k * interval, and at least one interval.
    const ns last = time / interval - 1;
    const ns first = time <= limit ? 1 : (time - limit + interval - 1) / interval;
    return static_cast<std::uint64_t>(std::max<ns>(last - first + 1, 0)) + (time <= limit ? 1 : 0);
}

}  // namespace

core::duration corrected_quantile(const latency_histogram& measured, core::duration interval,
                                  std::uint64_t part, std::uint64_t whole) {
    std::vector<std::pair<ns, std::uint64_t>> times;
    std::uint64_t total = 0;
    measured.each([&](core::duration longest, std::uint64_t count) {
        times.emplace_back(longest.count(), count);
        total += count * with_omitted(longest.count(), interval.count());
    });
    const std::uint64_t rank =
        std::max<std::uint64_t>(total / whole * part + (total % whole * part + whole - 1) / whole, 1);
    ns low = 0;
    ns high = times.back().first;
    while (low < high) {
        const ns middle = low + (high - low) / 2;
        std::uint64_t below = 0;
        for (const auto& [time, count] : times) below += count * at_most(middle, time, interval.count());
        if (below >= rank) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return core::duration(low);
}

std::optional<double> corrected_p99_us(const latency_histogram& measured) {
    if (measured.total() == 0) return std::nullopt;
    const core::duration usual = std::max(measured.quantile(50, 100), core::duration(1));
    return static_cast<double>(corrected_quantile(measured, usual, 99, 100).count()) / 1e3;
}

}  // namespace getty::connect::load
