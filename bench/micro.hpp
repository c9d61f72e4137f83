// What the micro-benchmarks share.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace bench {

/// Calls of `operator new` so far.
[[nodiscard]] std::uint64_t news_so_far() noexcept;

/// Reports allocations per iteration. To be made right before the loop.
class news_per_iteration {
public:
    explicit news_per_iteration(benchmark::State& state) : state_(state), before_(news_so_far()) {}
    ~news_per_iteration() {
        state_.counters["news"] = benchmark::Counter(static_cast<double>(news_so_far() - before_),
                                                     benchmark::Counter::kAvgIterations);
    }
    news_per_iteration(const news_per_iteration&) = delete;
    news_per_iteration& operator=(const news_per_iteration&) = delete;

private:
    benchmark::State& state_;
    std::uint64_t before_;
};

}  // namespace bench
