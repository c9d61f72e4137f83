// The decisions that every lookup takes.
#include "bench/contestant.hpp"
#include "bench/micro.hpp"
#include "core/deadline_queue.hpp"
#include "policy/batch_plan.hpp"
#include "policy/pool_state.hpp"
#include "policy/rate_limiter.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace {

using namespace bench;
namespace core = getty::connect::core;
namespace policy = getty::connect::policy;

constexpr auto whole = policy::pool_state::sharing::exclusive;
const core::time_point start_time = core::time_point() + std::chrono::hours(1);

/// A pool with so many connections, all idle.
struct filled_pool {
    explicit filled_pool(std::size_t connections) : pool(limits(connections)) {
        for (std::size_t i = 0; i < connections; ++i) pool.enqueue(i + 1, whole, start_time, actions);
        for (policy::pool_state::slot s = 0; s < connections; ++s) {
            pool.dialled(s, start_time, pool.retirement(start_time, 0.5), actions);
        }
        for (policy::pool_state::slot s = 0; s < connections; ++s)
            pool.released(s, true, start_time, actions);
        actions.clear();
    }
    static policy::pool_limits limits(std::size_t connections) {
        policy::pool_limits limits;
        limits.max_connections = limits.max_dials = connections;
        return limits;
    }

    policy::pool_state pool;
    policy::pool_state::actions actions;
};

void pool_acquire_and_release(benchmark::State& state) {
    filled_pool with(static_cast<std::size_t>(state.range(0)));
    const news_per_iteration counted(state);
    for (auto _ : state) {
        const auto lease = with.pool.try_acquire(whole, start_time, with.actions);
        if (!lease) {
            state.SkipWithError("no connection");
            break;
        }
        with.pool.released(lease->connection, true, start_time, with.actions);
    }
}
BENCHMARK(pool_acquire_and_release)->ArgName("connections")->Arg(32)->Arg(1'024);

/// Every connection is leased and as many lookups wait: a release grants the oldest.
void pool_wait_and_grant(benchmark::State& state) {
    const auto connections = static_cast<std::size_t>(state.range(0));
    filled_pool with(connections);
    policy::pool_state::waiter_id next = 1;
    for (std::size_t i = 0; i < 2 * connections; ++i)
        with.pool.enqueue(next++, whole, start_time, with.actions);
    policy::pool_state::slot released = 0;
    with.actions.clear();
    const news_per_iteration counted(state);
    for (auto _ : state) {
        with.pool.released(released, true, start_time, with.actions);
        released = with.actions.back().connection;
        with.actions.clear();
        with.pool.enqueue(next++, whole, start_time, with.actions);
    }
}
BENCHMARK(pool_wait_and_grant)->ArgName("connections")->Arg(32)->Arg(1'024);

void rate_limiter_admit(benchmark::State& state) {
    policy::rate_limiter limiter(1'000, 10);
    core::time_point now = start_time;
    for (auto _ : state) {
        benchmark::DoNotOptimize(limiter.admit(now));
        now += std::chrono::milliseconds(1);
    }
}
BENCHMARK(rate_limiter_admit);

struct silent_entry final : core::deadline_queue::entry {
    void due() noexcept override {}
};

/// One more deadline among so many, all of one length, and gone again before it is due.
void deadline_set_and_remove(benchmark::State& state) {
    const auto others = static_cast<std::size_t>(state.range(0));
    core::deadline_queue queue;
    std::vector<std::unique_ptr<silent_entry>> entries;
    core::time_point when = start_time;
    const auto later = [&when] { return when += std::chrono::microseconds(10); };
    for (std::size_t i = 0; i <= others; ++i) {
        entries.push_back(std::make_unique<silent_entry>());
        queue.set(*entries.back(), later());
    }
    std::size_t oldest = 0;
    {
        const news_per_iteration counted(state);
        for (auto _ : state) {
            queue.remove(*entries[oldest]);
            queue.set(*entries[oldest], later());
            oldest = oldest == others ? 0 : oldest + 1;
        }
    }
    for (const auto& one : entries) queue.remove(*one);
}
BENCHMARK(deadline_set_and_remove)->ArgName("others")->Arg(32)->Arg(1'024);

/// The way of one id, while so many others are under way.
void batch_pull_to_delivery(benchmark::State& state) {
    policy::batch_limits limits;
    limits.max_in_flight = static_cast<std::size_t>(state.range(0));
    policy::batch_plan plan(limits);
    std::uint64_t number = 0;
    std::vector<policy::batch_plan::entry> flying(limits.max_in_flight), followers;
    for (auto& one : flying) one = plan.pulled(id_text(number++).view()).at;
    std::size_t oldest = 0;
    const auto one_more = [&] {
        plan.finished(flying[oldest], followers);
        benchmark::DoNotOptimize(plan.front());
        plan.delivered(plan.hand_out());
        flying[oldest] = plan.pulled(id_text(number++).view()).at;
        oldest = oldest + 1 == flying.size() ? 0 : oldest + 1;
    };
    for (std::size_t i = 0; i < 2 * plan.capacity(); ++i) one_more();
    const news_per_iteration counted(state);
    for (auto _ : state) one_more();
}
BENCHMARK(batch_pull_to_delivery)->ArgName("in_flight")->Arg(32)->Arg(1'024);

}  // namespace
