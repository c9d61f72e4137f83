#include "load/measurement.hpp"

#include "core/numerals.hpp"

#include <algorithm>

namespace getty::connect::load {

std::uint64_t outcomes_of(const step_result& step, std::string_view name) {
    for (const outcome_count& one : step.outcomes) {
        if (one.name == name) return one.count;
    }
    return 0;
}

std::uint64_t failures_of(const step_result& step) {
    std::uint64_t all = 0;
    for (const outcome_count& one : step.outcomes) {
        if (one.name != "ok" && one.name != "not_found") all += one.count;
    }
    return all;
}

std::uint64_t ended_of(const step_result& step) {
    std::uint64_t all = 0;
    for (const outcome_count& one : step.outcomes) all += one.count;
    return all;
}

double failed_share(const step_result& step) {
    const std::uint64_t ended = ended_of(step);
    return ended == 0 ? 0 : static_cast<double>(failures_of(step)) / static_cast<double>(ended);
}

bool tells_quantile(std::uint64_t samples, std::uint64_t part, std::uint64_t whole) noexcept {
    return samples * (whole - part) >= 10 * whole;
}

bool answers_keep_up(const step_result& step, const plan_figures& plan) noexcept {
    if (plan.loop == loop_kind::closed) return true;
    const double wait_s = step.latency_send_us.p50.value_or(0) / 1e6 - plan.warm_up_s;
    const double later = step.counted_s > 0 ? std::clamp(wait_s / step.counted_s, 0.0, 1.0) : 0;
    return step.answered_per_s >= 0.95 * step.due_per_s * (1 - later);
}

bool same_load(const step_result& a, const step_result& b) noexcept {
    return a.asked_per_s == b.asked_per_s && a.concurrency == b.concurrency;
}

std::string load_words(const std::optional<double>& per_second, std::uint64_t at_a_time) {
    return per_second ? core::rate_text(*per_second) : core::grouped(at_a_time) + " at a time";
}

std::string load_of(const step_result& step, const plan_figures& plan) {
    std::string text = load_words(step.asked_per_s, step.concurrency.value_or(0));
    if (plan.rounds > 1) text += ", round " + std::to_string(step.round);
    return text;
}

}  // namespace getty::connect::load
