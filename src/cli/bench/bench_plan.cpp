#include "cli/bench/bench_plan.hpp"

#include <algorithm>
#include <chrono>

namespace getty::connect::cli {
namespace {

constexpr std::uint64_t usual_concurrency = 32;
constexpr std::size_t usual_connections = 64;  // the library's own default

std::vector<std::uint64_t> concurrency_of(const bench_arguments& wanted) {
    if (!wanted.rates.empty() || !wanted.concurrency.empty()) return wanted.concurrency;
    return {usual_concurrency};
}

std::chrono::milliseconds warm_up_of(const bench_arguments& wanted) {
    return wanted.warm_up.value_or(wanted.cold ? std::chrono::milliseconds(0) : std::chrono::seconds(5));
}

std::size_t connections_of(const bench_arguments& wanted, std::uint64_t in_flight) {
    if (wanted.connections) return *wanted.connections;
    const std::size_t needed = (static_cast<std::size_t>(in_flight) + wanted.pipeline - 1) / wanted.pipeline;
    return wanted.rates.empty() ? needed : std::min(needed, usual_connections);
}

}  // namespace

std::vector<step_plan> steps_of(const bench_arguments& wanted) {
    std::vector<step_plan> all;
    step_plan step;
    step.arrivals = wanted.arrivals;
    step.warm_up = warm_up_of(wanted);
    step.counted = wanted.duration;
    step.cool_down = wanted.cool_down;
    const auto add = [&](std::optional<double> rate, std::uint64_t in_flight) {
        step.per_second = rate;
        step.max_in_flight = in_flight;
        step.seed = wanted.seed + all.size();
        step.connections = connections_of(wanted, in_flight);
        // More than are ever needed at a time would be closed unused.
        step.opened_beforehand =
            wanted.cold ? 0 : std::min<std::size_t>(step.connections, static_cast<std::size_t>(in_flight));
        all.push_back(step);
    };
    for (step.round = 1; step.round <= wanted.rounds; ++step.round) {
        for (const double rate : wanted.rates) add(rate, wanted.max_in_flight);
        for (const std::uint64_t at_a_time : concurrency_of(wanted)) add({}, at_a_time);
    }
    return all;
}

std::size_t most_connections(const bench_arguments& wanted) {
    std::size_t most = 1;
    for (const step_plan& step : steps_of(wanted)) most = std::max(most, step.connections);
    return most;
}

load::plan_figures plan_figures_of(const bench_arguments& wanted, std::uint64_t ids) {
    using load::in_seconds;
    load::plan_figures p;
    const bool open = !wanted.rates.empty();
    p.loop = open ? load::loop_kind::open : load::loop_kind::closed;
    p.rates = wanted.rates;
    p.concurrency = concurrency_of(wanted);
    if (open) {
        p.arrivals = wanted.arrivals == load::arrivals::even ? "even" : "poisson";
        p.max_in_flight = wanted.max_in_flight;
    }
    p.warm_up_s = in_seconds(warm_up_of(wanted));
    p.duration_s = in_seconds(wanted.duration);
    p.cool_down_s = in_seconds(wanted.cool_down);
    p.rounds = wanted.rounds;
    p.ids = ids;
    p.order = wanted.order == load::id_order::cycle ? "cycle" : "random";
    p.missing_share = wanted.missing.per_million / 1e6;
    p.seed = wanted.seed;
    p.connections = most_connections(wanted);
    p.pipeline = wanted.pipeline;
    p.compressed = wanted.compressed;
    p.cold = wanted.cold;
    p.retries = wanted.retries;
    return p;
}

}  // namespace getty::connect::cli
