#include "load/compare.hpp"

#include "core/numerals.hpp"
#include "core/random.hpp"
#include "load/resample.hpp"
#include "load/unusable.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace getty::connect::load {
namespace {

constexpr std::size_t resamples = 1'000;
constexpr double least_errors = 0.001;

std::string words(double value) { return core::three_digits(value); }
std::string words(std::uint64_t value) { return core::grouped(value); }
std::string words(const std::string& value) { return value.empty() ? "none" : value; }
std::string words(bool value) { return value ? "yes" : "no"; }
std::string words(loop_kind value) {
    return value == loop_kind::open ? "open (--rate)" : "closed (--concurrency)";
}
template <class T>
std::string words(const std::vector<T>& values) {
    std::string text;
    for (const T& one : values) text += (text.empty() ? "" : " ") + words(one);
    return text.empty() ? "none" : text;
}

/// The rounds of one load.
using rounds = std::vector<const step_result*>;

rounds rounds_of(const measurement& m, const step_result& like) {
    rounds all;
    for (const step_result& s : m.steps) {
        if (same_load(s, like)) all.push_back(&s);
    }
    return all;
}

merged_histogram merged(const rounds& of) {
    std::vector<const std::vector<bucket>*> parts;
    parts.reserve(of.size());
    for (const step_result* one : of) parts.push_back(&one->histogram);
    return merged_histogram(parts);
}

std::vector<std::size_t> each_once(std::size_t count) {
    std::vector<std::size_t> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i] = i;
    return all;
}

/// A figure of some rounds, and of resamples of them.
class figure {
public:
    virtual ~figure() = default;
    [[nodiscard]] virtual std::optional<double> of(const rounds& all) const = 0;
    /// Fewer samples than it takes for resamples to tell anything.
    [[nodiscard]] virtual bool too_few(const rounds& /*all*/) const { return false; }
    [[nodiscard]] virtual std::vector<double> resampled(const rounds& all,
                                                        core::random_source& random) const = 0;
};

class quantile_figure final : public figure {
public:
    /// Of `part` of `whole`.
    quantile_figure(std::uint64_t part, std::uint64_t whole)
        : part_(part), whole_(whole), share_(static_cast<double>(part) / static_cast<double>(whole)) {}

    std::optional<double> of(const rounds& all) const override {
        const merged_histogram whole = merged(all);
        if (whole.total() == 0 || (share_ > 0.99 && too_few(all))) return std::nullopt;
        return whole.at(share_);
    }
    /// Ten beyond it, or its resamples are hardly more than the longest of all.
    bool too_few(const rounds& all) const override {
        std::uint64_t count = 0;
        for (const step_result* one : all) count += one->latency_due_us.count;
        return !tells_quantile(count, part_, whole_);
    }
    std::vector<double> resampled(const rounds& all, core::random_source& random) const override {
        std::vector<double> values(resamples);
        merged_histogram whole = merged(all);
        for (double& value : values) {
            if (all.size() > 1) whole.choose(chosen_rounds(random, all.size()));
            value = whole.total() == 0 ? 0 : whole.resampled(random, share_);
        }
        return values;
    }

private:
    std::uint64_t part_;
    std::uint64_t whole_;
    double share_;
};

class mean_figure final : public figure {
public:
    std::optional<double> of(const rounds& all) const override {
        const auto [mean, error] = mean_and_error(all, each_once(all.size()));
        return mean > 0 ? std::optional(mean) : std::nullopt;
    }
    std::vector<double> resampled(const rounds& all, core::random_source& random) const override {
        std::vector<double> values(resamples);
        for (double& value : values) {
            const auto [mean, error] = mean_and_error(all, chosen_rounds(random, all.size()));
            value = mean + error * normal(random);
        }
        return values;
    }

private:
    static std::pair<double, double> mean_and_error(const rounds& all,
                                                    const std::vector<std::size_t>& chosen) {
        double count = 0;
        double sum = 0;
        double squares = 0;
        for (const std::size_t i : chosen) {
            const latency_figures& l = all[i]->latency_due_us;
            const auto n = static_cast<double>(l.count);
            count += n;
            sum += n * l.mean;
            squares += n * l.sd * l.sd;
        }
        if (count == 0) return {0, 0};
        return {sum / count, std::sqrt(squares) / count};
    }
};

class answered_figure final : public figure {
public:
    std::optional<double> of(const rounds& all) const override {
        double sum = 0;
        for (const step_result* one : all) sum += one->answered_per_s;
        return sum > 0 ? std::optional(sum / static_cast<double>(all.size())) : std::nullopt;
    }
    std::vector<double> resampled(const rounds& all, core::random_source& random) const override {
        std::vector<double> values(resamples);
        for (double& value : values) {
            double sum = 0;
            for (const std::size_t i : chosen_rounds(random, all.size())) sum += once(*all[i], random);
            value = sum / static_cast<double>(all.size());
        }
        return values;
    }

private:
    /// Its seconds drawn anew; without enough of them, as answers that come independently.
    static double once(const step_result& step, core::random_source& random) {
        std::vector<double> seconds;
        for (const second_figures& s : step.per_second) {
            const bool whole = s.part == step_part::counted && s.length_s >= 0.999;
            if (whole) seconds.push_back(static_cast<double>(s.answered));
        }
        double in_all = 0;
        for (const double one : seconds) in_all += one;
        if (seconds.size() < 3 || in_all == 0) {
            const double count = std::max(1.0, step.answered_per_s * step.counted_s);
            return step.answered_per_s * gamma(random, count) / count;
        }
        double drawn = 0;
        for (std::size_t i = 0; i < seconds.size(); ++i) {
            drawn += seconds[static_cast<std::size_t>(random.next() % seconds.size())];
        }
        return step.answered_per_s * drawn / in_all;
    }
};

class error_figure final : public figure {
public:
    std::optional<double> of(const rounds& all) const override {
        const auto [failed, ended] = counts(all, each_once(all.size()));
        return ended == 0 ? std::nullopt : std::optional(failed / ended);
    }
    std::vector<double> resampled(const rounds& all, core::random_source& random) const override {
        std::vector<double> values(resamples);
        for (double& value : values) {
            const auto [failed, ended] = counts(all, chosen_rounds(random, all.size()));
            const double share = ended == 0 ? 0 : failed / ended;
            const double error = ended == 0 ? 0 : std::sqrt(share * (1 - share) / ended);
            value = std::clamp(share + error * normal(random), 0.0, 1.0);
        }
        return values;
    }

private:
    static std::pair<double, double> counts(const rounds& all, const std::vector<std::size_t>& chosen) {
        double failed = 0;
        double ended = 0;
        for (const std::size_t i : chosen) {
            failed += static_cast<double>(failures_of(*all[i]));
            ended += static_cast<double>(ended_of(*all[i]));
        }
        return {failed, ended};
    }
};

enum class scale { time, rate, share };

/// A fraction of one in percent, with its sign.
std::string signed_percent(double change) { return (change > 0 ? "+" : "") + core::percent_text(change); }

void conclude(figure_change& c, scale in, double tolerance) {
    if (c.is == verdict::unclear) return;
    const double least = in == scale::share ? least_errors : tolerance;
    const bool sure = c.low > 0 || c.high < 0;
    if (sure && std::abs(c.change) > least) {
        const bool more = c.change > 0;
        c.is = more == (in == scale::rate) ? verdict::better : verdict::worse;
        constexpr const char* than[][2] = {{"faster", "slower"}, {"lower", "higher"}, {"fewer", "more"}};
        c.words = std::string(than[static_cast<int>(in)][more ? 1 : 0]) + " by " +
                  core::percent_text(std::abs(c.change)) + (in == scale::share ? " of all" : "");
    } else if (c.low >= -least && c.high <= least) {
        c.is = verdict::same;
        c.words = "same";
    } else {
        c.is = verdict::unclear;
        c.words = "unclear: " + signed_percent(c.low) + " to " + signed_percent(c.high);
    }
}

std::optional<figure_change> change_of(const figure& f, scale in, const rounds& old_ones,
                                       const rounds& new_ones, core::random_source& random) {
    const std::optional<double> before = f.of(old_ones);
    const std::optional<double> after = f.of(new_ones);
    if (!before || !after) return std::nullopt;
    const auto change = [&](double a, double b) {
        return in == scale::share ? b - a : a > 0 ? b / a - 1 : 0;
    };
    figure_change c;
    c.before = *before;
    c.after = *after;
    c.change = change(*before, *after);
    std::vector<double> drawn = f.resampled(old_ones, random);
    const std::vector<double> others = f.resampled(new_ones, random);
    for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] = change(drawn[i], others[i]);
    std::sort(drawn.begin(), drawn.end());
    c.low = drawn[resamples * 25 / 1'000];
    c.high = drawn[resamples * 975 / 1'000 - 1];
    if (f.too_few(old_ones) || f.too_few(new_ones)) {
        c.is = verdict::unclear;
        c.words = "unclear: too few samples";
    }
    return c;
}

}  // namespace

std::vector<std::string> differences(const measurement& before, const measurement& after) {
    std::vector<std::string> all;
    const auto compare = [&](const char* what, const auto& a, const auto& b, const char* unit = "") {
        if (a != b) all.push_back(std::string(what) + ": " + words(b) + unit + ", was " + words(a) + unit);
    };
    const plan_figures& a = before.plan;
    const plan_figures& b = after.plan;
    compare("interface", before.target.dialect, after.target.dialect);
    compare("authentication", before.target.auth, after.target.auth);
    compare("loop", a.loop, b.loop);
    compare("rates", a.rates, b.rates, "/s");
    compare("at a time", a.concurrency, b.concurrency);
    compare("arrivals", a.arrivals, b.arrivals);
    if (a.loop == loop_kind::open) compare("--max-in-flight", a.max_in_flight, b.max_in_flight);
    compare("warm-up", a.warm_up_s, b.warm_up_s, " s");
    compare("duration", a.duration_s, b.duration_s, " s");
    compare("different ids", a.ids, b.ids);
    compare("order of ids", a.order, b.order);
    compare("share of missing ids", a.missing_share, b.missing_share);
    compare("connections", a.connections, b.connections);
    compare("pipelining", a.pipeline, b.pipeline);
    compare("compressed", a.compressed, b.compressed);
    compare("cold", a.cold, b.cold);
    compare("retries", a.retries, b.retries);
    compare("--timeout", a.timeout_s, b.timeout_s, " s");
    compare("--attempt-timeout", a.attempt_timeout_s, b.attempt_timeout_s, " s");
    return all;
}

std::vector<figure_change> changes(const measurement& before, const measurement& after, double tolerance) {
    const quantile_figure p50(50, 100);
    const quantile_figure p90(90, 100);
    const quantile_figure p99(99, 100);
    const quantile_figure p99_9(999, 1'000);
    const mean_figure mean;
    const answered_figure answered;
    const error_figure errors;
    const struct {
        const char* name;
        const figure& of;
        scale in;
    } figures[] = {{"p50", p50, scale::time},       {"p90", p90, scale::time},
                   {"p99", p99, scale::time},       {"p99.9", p99_9, scale::time},
                   {"mean", mean, scale::time},     {"answered", answered, scale::rate},
                   {"errors", errors, scale::share}};

    const auto random = core::seeded_random(1);
    std::vector<figure_change> all;
    std::vector<const step_result*> done;
    bool has_common_load = false;
    for (const step_result& load : after.steps) {
        const auto like = [&](const step_result* other) { return same_load(*other, load); };
        if (std::any_of(done.begin(), done.end(), like)) continue;
        done.push_back(&load);
        const rounds old_ones = rounds_of(before, load);
        if (old_ones.empty()) continue;
        has_common_load = true;
        for (const auto& one : figures) {
            auto change = change_of(one.of, one.in, old_ones, rounds_of(after, load), *random);
            if (!change) continue;
            change->load = load_of(load, plan_figures());
            change->figure = one.name;
            conclude(*change, one.in, tolerance);
            all.push_back(std::move(*change));
        }
    }
    if (all.empty()) {
        throw unusable(has_common_load
                           ? "one of the two measurements has no answers: there is nothing to compare"
                           : "the two measurements have no load in common: there is nothing to compare");
    }
    return all;
}

}  // namespace getty::connect::load
