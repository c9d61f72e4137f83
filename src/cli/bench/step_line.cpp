#include "cli/bench/step_line.hpp"

#include "core/numerals.hpp"
#include "load/measurement.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace getty::connect::cli {
namespace {

std::string_view part_words(step_progress::part part) {
    switch (part) {
        case step_progress::part::opening:
            return "opening connections";
        case step_progress::part::warm_up:
            return "warm-up";
        case step_progress::part::counting:
            return "counting";
        case step_progress::part::cool_down:
            return "cool-down";
        case step_progress::part::waiting:
            break;
    }
    return "waiting for answers";
}

std::string seconds(core::duration d) {
    return core::grouped(static_cast<std::uint64_t>(std::chrono::round<std::chrono::seconds>(d).count()));
}

std::string time_words(core::duration d) {
    return core::microseconds_text(std::chrono::duration<double, std::micro>(d).count());
}

}  // namespace

std::string step_line(const step_plan& plan, step_position position, const step_progress& now,
                      std::size_t columns) {
    using part = step_progress::part;
    std::vector<std::string> parts;
    std::string asked = load::load_words(plan.per_second, plan.max_in_flight);
    if (position.of > 1) {
        asked =
            "step " + core::grouped(position.number + 1) + " of " + core::grouped(position.of) + ": " + asked;
    }
    parts.push_back(std::move(asked));
    std::string where(part_words(now.now));
    if (now.now != part::opening && now.now != part::waiting) {
        where += " " + seconds(now.gone) + " of " + seconds(now.whole) + " s";
    }
    parts.push_back(std::move(where));
    if (now.now != part::opening) {
        parts.push_back(core::grouped(now.answered) + "/s answered");
        if (now.p50) parts.push_back("p50 " + time_words(*now.p50));
        if (now.p99) parts.push_back("p99 " + time_words(*now.p99));
        parts.push_back(core::grouped(now.failed) + " failed");
        parts.push_back(core::grouped(now.in_flight) + " in flight");
        parts.push_back(core::grouped(now.sent) + "/s sent");
    }
    std::string line;
    for (const std::string& one : parts) {
        const std::size_t wanted = line.size() + (line.empty() ? 0 : 2) + one.size();
        if (wanted + 1 > columns) break;
        if (!line.empty()) line += "  ";
        line += one;
    }
    return line;
}

}  // namespace getty::connect::cli
