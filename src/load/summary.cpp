#include "load/summary.hpp"

#include "core/numerals.hpp"
#include "core/sanitize.hpp"

#include <algorithm>
#include <cmath>

namespace getty::connect::load {
namespace {

constexpr std::size_t max_text = 200;

std::string list(const auto& values) {
    std::string text;
    for (const auto& one : values) {
        if (!text.empty()) text += ", ";
        text += core::three_digits(static_cast<double>(one));
    }
    return text;
}

std::string seconds(double s) { return core::microseconds_text(s * 1e6); }

}  // namespace

std::vector<const step_result*> first_round(const measurement& m) {
    std::vector<const step_result*> all;
    for (const step_result& s : m.steps) {
        if (s.round == 1) all.push_back(&s);
    }
    return all;
}

std::optional<std::size_t> knee(const measurement& m) {
    const auto steps = first_round(m);
    if (steps.empty() || !steps[0]->latency_due_us.p99) return std::nullopt;
    const double limit = 2 * *steps[0]->latency_due_us.p99;
    const auto within = [&](const step_result* s) {
        return s->dropped == 0 && answers_keep_up(*s, m.plan) && s->latency_due_us.p99 &&
               *s->latency_due_us.p99 <= limit;
    };
    const auto first_beyond = std::find_if_not(steps.begin(), steps.end(), within);
    if (first_beyond == steps.end() || first_beyond == steps.begin()) return std::nullopt;
    return static_cast<std::size_t>(first_beyond - steps.begin()) - 1;
}

bool all_held(const measurement& m) {
    return std::all_of(m.slo.begin(), m.slo.end(), [](const slo_verdict& v) { return v.held; });
}

std::string limits_words(const measurement& m) {
    if (m.slo.empty()) return "";
    const auto broken = static_cast<std::uint64_t>(
        std::count_if(m.slo.begin(), m.slo.end(), [](const slo_verdict& v) { return !v.held; }));
    const std::string all = core::grouped(m.slo.size());
    if (broken == 0) return m.slo.size() == 1 ? "The limit was held" : "All " + all + " limits were held";
    if (m.slo.size() == 1) return "The limit was broken";
    return core::grouped(broken) + " of " + all + " limits " + (broken == 1 ? "was" : "were") + " broken";
}

std::vector<std::string> plan_words(const measurement& m) {
    const plan_figures& p = m.plan;
    std::vector<std::string> all;
    if (p.loop == loop_kind::open) {
        all.push_back("open loop, " + list(p.rates) + " requests/s");
        all.push_back(core::printable(p.arrivals, max_text) + " arrivals");
        all.push_back("at most " + core::grouped(p.max_in_flight) + " under way");
    } else {
        all.push_back("closed loop, " + list(p.concurrency) + " at a time");
    }
    std::string times = seconds(p.duration_s) + " counted";
    if (p.warm_up_s > 0) times = seconds(p.warm_up_s) + " warm-up, " + times;
    if (p.cool_down_s > 0) times += ", " + seconds(p.cool_down_s) + " cool-down";
    all.push_back(std::move(times));
    if (p.rounds != 1) all.push_back(core::grouped(p.rounds) + " rounds");
    all.push_back(core::grouped(p.ids) + " ids, " + core::printable(p.order, max_text));
    if (p.missing_share > 0) all.push_back(core::percent_text(p.missing_share) + " missing ones");
    all.push_back(core::grouped(p.connections) + " connections" + (p.cold ? ", cold" : ""));
    if (p.pipeline > 1) all.push_back(core::grouped(p.pipeline) + " pipelined");
    if (p.compressed) all.emplace_back("compressed");
    all.push_back(p.retries == 0 ? "no retries" : "up to " + core::grouped(p.retries) + " retries");
    all.push_back("seed " + std::to_string(p.seed));
    return all;
}

std::vector<told_warning> told_warnings(const measurement& m) {
    constexpr std::size_t max_named = 6;
    std::vector<told_warning> all;
    std::vector<const warning*> told;
    for (const warning& w : m.warnings) {
        const auto like = [&](const warning* other) { return other->code == w.code; };
        if (w.step && std::any_of(told.begin(), told.end(), like)) continue;
        told.push_back(&w);
        if (!w.step || m.steps.size() < 2) {
            all.push_back({"", w.text});
            continue;
        }
        std::vector<const warning*> steps;
        for (const warning& other : m.warnings) {
            if (other.step && other.code == w.code) steps.push_back(&other);
        }
        const warning& last = *steps.back();
        steps.pop_back();
        told_warning one{load_of(m.steps[*last.step], m.plan), last.text};
        std::string others;
        if (steps.size() > max_named) {
            others = core::grouped(steps.size()) + " others";
        } else {
            for (const warning* s : steps) {
                others += (others.empty() ? "" : ", ") + load_of(m.steps[*s->step], m.plan);
            }
        }
        if (!others.empty()) one.where += " (likewise " + others + ")";
        all.push_back(std::move(one));
    }
    return all;
}

std::string command_words(const std::vector<std::string>& argv) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+";
    std::string text;
    for (const std::string& word : argv) {
        if (!text.empty()) text += ' ';
        const std::string shown = core::printable(word, 2'000);
        if (!shown.empty() && shown.find_first_not_of(plain) == std::string::npos) {
            text += shown;
            continue;
        }
        text += '\'';
        for (const char c : shown) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
        text += '\'';
    }
    return text;
}

std::vector<histogram_row> rows_of(const std::vector<bucket>& histogram, std::size_t rows) {
    std::vector<histogram_row> all;
    if (histogram.empty() || rows == 0) return all;
    const double least = std::max(histogram.front().up_to_us, 1e-3);
    const double most = std::max(histogram.back().up_to_us, least);
    // Rows that differ by less than a hundredth would be told alike.
    rows = std::min(rows, 1 + static_cast<std::size_t>(100 * std::log(most / least)));
    for (std::size_t i = 1; i <= rows; ++i) {
        all.push_back(
            {least * std::pow(most / least, static_cast<double>(i) / static_cast<double>(rows)), 0});
    }
    all.back().up_to_us = most;
    std::size_t row = 0;
    for (const bucket& b : histogram) {
        while (row + 1 < all.size() && b.up_to_us > all[row].up_to_us) ++row;
        all[row].count += b.count;
    }
    return all;
}

}  // namespace getty::connect::load
