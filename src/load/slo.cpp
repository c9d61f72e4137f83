#include "load/slo.hpp"

#include "core/decimal.hpp"
#include "core/numerals.hpp"
#include "core/sanitize.hpp"
#include "core/spelling.hpp"
#include "load/unusable.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace getty::connect::load {
namespace {

using figure = slo_limit::figure;
using relation = slo_limit::relation;

constexpr std::array<std::string_view, 10> names = {"p50", "p90",  "p99",    "p99.9",   "p99.99",
                                                    "max", "mean", "errors", "dropped", "rate"};

struct unit {
    std::string_view name;
    double factor;
};
constexpr unit times[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}};
constexpr unit shares[] = {{"%", 0.01}};
constexpr unit rates[] = {{"/s", 1}};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

[[noreturn]] void refuse(std::string_view limit, const std::string& why) {
    throw unusable("the limit \"" + core::printable(limit, 60) + "\" " + why);
}

figure figure_of(std::string_view limit, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<figure>(found - names.begin());
    std::string why = "is on \"" + core::printable(name, 30) + "\"; there are ";
    for (const std::string_view one : names) why += std::string(one) + (one == names.back() ? "" : ", ");
    const std::string_view meant = core::nearest(name, names);
    if (!meant.empty()) why += ". Did you mean " + std::string(meant) + "?";
    refuse(limit, why);
}

bool is_share(figure f) { return f == figure::errors || f == figure::dropped; }

/// What is measured with the unit that comes with it.
double value_of(std::string_view limit, std::string_view text, figure f) {
    const auto read = [&](const auto& units, std::string_view example) {
        const std::size_t end = text.find_first_not_of("0123456789.");
        const std::string_view digits = text.substr(0, end);
        const std::string_view name = end == std::string_view::npos ? "" : trimmed(text.substr(end));
        const std::optional<double> number = core::read_decimal(digits);
        for (const unit& u : units) {
            if (number && std::isfinite(*number) && u.name == name) return *number * u.factor;
        }
        const std::string what = std::string(names[static_cast<std::size_t>(f)]);
        if (number && name.empty()) {
            refuse(limit, "has no unit; write " + std::string(example) + ", for example");
        }
        refuse(limit, "needs a number and its unit for " + what + ", as in " + std::string(example));
    };
    if (is_share(f)) return read(shares, "errors<0.1%");
    if (f == figure::rate) return read(rates, "rate>2000/s");
    return read(times, "p99<50ms");
}

slo_limit read_limit(std::string_view text) {
    const std::size_t sign = text.find_first_of("<>=");
    if (sign == std::string_view::npos || text[sign] == '=') {
        refuse(text, "has no < or >; write p99<50ms, for example");
    }
    const bool or_equal = sign + 1 < text.size() && text[sign + 1] == '=';
    slo_limit limit;
    limit.text = text;
    limit.of = figure_of(text, trimmed(text.substr(0, sign)));
    const bool below = text[sign] == '<';
    if (below == (limit.of == figure::rate)) {
        refuse(text, below ? "would be held by a service that answers nothing; write rate>2000/s, for example"
                           : "would be held by a service that is bad enough; write < for what must stay low");
    }
    limit.is = below ? (or_equal ? relation::at_most : relation::below)
                     : (or_equal ? relation::at_least : relation::above);
    limit.limit = value_of(text, trimmed(text.substr(sign + (or_equal ? 2 : 1))), limit.of);
    if (is_share(limit.of) && limit.limit > 1) refuse(text, "would always be held; a share is at most 100%");
    if (limit.is == relation::below && limit.limit <= 0)
        refuse(text, "can never be held; write a larger one");
    return limit;
}

std::optional<double> measured(figure f, const step_result& s) {
    const latency_figures& latency = s.latency_due_us;
    switch (f) {
        case figure::p50:
            return tells_quantile(latency.count, 50, 100) ? latency.p50 : std::nullopt;
        case figure::p90:
            return tells_quantile(latency.count, 90, 100) ? latency.p90 : std::nullopt;
        case figure::p99:
            return tells_quantile(latency.count, 99, 100) ? latency.p99 : std::nullopt;
        case figure::p99_9:
            return latency.p99_9;
        case figure::p99_99:
            return latency.p99_99;
        case figure::max:
            return latency.count > 0 ? std::optional(latency.max) : std::nullopt;
        case figure::mean:
            return latency.count > 0 ? std::optional(latency.mean) : std::nullopt;
        case figure::errors:
            return s.outcomes.empty() ? std::nullopt : std::optional(failed_share(s));
        case figure::dropped:
            return s.due == 0 ? std::nullopt
                              : std::optional(static_cast<double>(s.dropped) / static_cast<double>(s.due));
        case figure::rate:
            return s.answered_per_s;
    }
    return std::nullopt;
}

bool holds(const slo_limit& limit, double value) {
    switch (limit.is) {
        case relation::below:
            return value < limit.limit;
        case relation::at_most:
            return value <= limit.limit;
        case relation::above:
            return value > limit.limit;
        case relation::at_least:
            return value >= limit.limit;
    }
    return false;
}

std::string words(figure f, double value) {
    if (is_share(f)) return core::percent_text(value);
    if (f == figure::rate) return core::rate_text(value);
    return core::microseconds_text(value);
}

}  // namespace

std::vector<slo_limit> read_slo(std::string_view text) {
    std::vector<slo_limit> all;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t comma = std::min(text.find(',', from), text.size());
        const std::string_view one = trimmed(text.substr(from, comma - from));
        if (one.empty()) throw unusable("a limit is empty; write limits like p99<50ms, parted by commas");
        all.push_back(read_limit(one));
        from = comma + 1;
    }
    return all;
}

std::vector<slo_verdict> judge(const std::vector<slo_limit>& limits, const std::vector<step_result>& steps) {
    std::vector<slo_verdict> all;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const slo_limit& limit : limits) {
            const std::optional<double> value = measured(limit.of, steps[i]);
            all.push_back({limit.text, i, value && holds(limit, *value),
                           value ? words(limit.of, *value) : "too few samples to say"});
        }
    }
    return all;
}

}  // namespace getty::connect::load
