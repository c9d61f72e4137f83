#include "load/measurement.hpp"

#include "core/numerals.hpp"

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

double failed_share(const step_result& step) {
    std::uint64_t ended = 0;
    for (const outcome_count& one : step.outcomes) ended += one.count;
    return ended == 0 ? 0 : static_cast<double>(failures_of(step)) / static_cast<double>(ended);
}

std::string load_of(const step_result& step, const plan_figures& plan) {
    std::string text = step.asked_per_s ? core::three_digits(*step.asked_per_s) + "/s"
                                        : core::grouped(step.concurrency.value_or(0)) + " at a time";
    if (plan.rounds > 1) text += ", round " + std::to_string(step.round);
    return text;
}

}  // namespace getty::connect::load
