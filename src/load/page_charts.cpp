#include "load/page_charts.hpp"

#include "core/numerals.hpp"
#include "load/chart.hpp"
#include "load/summary.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

namespace getty::connect::load {
namespace {

using core::grouped;
using core::microseconds_text;
using core::three_digits;

struct legend_entry {
    std::string_view style;
    std::string_view words;
};

std::string figure(std::string_view title, const chart& drawn, std::initializer_list<legend_entry> legend) {
    std::string out = "<figure><figcaption><b>" + html_text(title) + "</b>";
    for (const legend_entry& one : legend) {
        if (one.words.empty()) continue;
        out += " <span class=\"key\"><i class=\"" + std::string(one.style) + "\"></i>" +
               html_text(one.words) + "</span>";
    }
    return out + "</figcaption>" + drawn.svg() + "</figure>";
}

std::string plain(double value) { return three_digits(value); }
std::string time_label(double us) { return us == 0 ? "0" : microseconds_text(us); }

/// What a share below it stands at: 0.9 at 1, 0.99 at 2.
double stretched(double share) { return -std::log10(std::max(1 - share, 1e-12)); }

/// The longest of a histogram stands at the end: one sample of all is beyond it, by half.
std::vector<point> percentiles(const std::vector<bucket>& histogram, std::size_t most) {
    double total = 0;
    for (const bucket& b : histogram) total += static_cast<double>(b.count);
    if (total == 0) return {};
    const double end = stretched(1 - 0.5 / total);
    std::vector<point> all;
    double below = 0;
    for (const bucket& b : histogram) {
        below += static_cast<double>(b.count);
        const point here{std::min(stretched(below / total), end), b.up_to_us};
        const double apart = end / static_cast<double>(std::max<std::size_t>(most, 2));
        const bool last = &b == &histogram.back();
        if (all.size() > 1 && !last && here.x - all[all.size() - 2].x < apart) {
            all.back() = here;
        } else {
            all.push_back(here);
        }
    }
    return all;
}

/// One value for each stretch of seconds: the highest of them.
std::vector<point> highest(const step_result& s, std::size_t most,
                           const std::function<std::optional<double>(const second_figures&)>& value) {
    const std::size_t stretch = (s.per_second.size() + most - 1) / std::max<std::size_t>(most, 1);
    std::vector<point> all;
    std::size_t begun = 0;
    for (std::size_t i = 0; i < s.per_second.size(); ++i) {
        const std::optional<double> y = value(s.per_second[i]);
        if (!y) continue;
        const std::size_t which = i / std::max<std::size_t>(stretch, 1) + 1;
        if (which == begun) {
            all.back().y = std::max(all.back().y, *y);
        } else {
            all.push_back({static_cast<double>(s.per_second[i].second) + 0.5, *y});
            begun = which;
        }
    }
    return all;
}

double most_of(std::initializer_list<const std::vector<point>*> lines) {
    double most = 0;
    for (const std::vector<point>* line : lines) {
        for (const point& p : *line) most = std::max(most, p.y);
    }
    return most;
}

double least_of(const std::vector<point>& line) {
    double least = line.empty() ? 0 : line[0].y;
    for (const point& p : line) least = std::min(least, p.y);
    return least;
}

/// The longer ones of long steps stand for several.
std::string stretch_words(const step_result& s, std::size_t most) {
    const std::size_t stretch = (s.per_second.size() + most - 1) / std::max<std::size_t>(most, 1);
    return stretch > 1 ? "each point the highest of " + grouped(stretch) + " s" : "";
}

axis seconds_axis(const step_result& s) {
    const double end = s.per_second.empty() ? 1 : static_cast<double>(s.per_second.back().second) + 1;
    return linear_axis(end, 6, "seconds since the step began", plain);
}

/// What is not counted; its words for the legend, where there is any.
std::string_view shade_parts(chart& drawn, const step_result& s) {
    bool any = false;
    for (const step_part which : {step_part::warm_up, step_part::cool_down, step_part::after}) {
        double from = -1;
        double to = 0;
        for (const second_figures& one : s.per_second) {
            if (one.part != which) continue;
            if (from < 0) from = static_cast<double>(one.second);
            to = static_cast<double>(one.second) + 1;
        }
        if (from < 0) continue;
        drawn.shade(from, to);
        any = true;
    }
    return any ? "not counted" : "";
}

}  // namespace

std::string percentile_chart(const step_result& s, const step_result* baseline, detail_level detail) {
    const std::vector<point> now = percentiles(s.histogram, detail.points);
    if (now.empty()) return "";
    const std::vector<point> then =
        baseline ? percentiles(baseline->histogram, detail.points) : std::vector<point>();
    axis x;
    x.high = std::max(now.back().x, then.empty() ? 0 : then.back().x);
    x.title = "requests that took no longer";
    for (const auto& [share, label] : {std::pair{0.5, "50 %"},
                                       {0.9, "90 %"},
                                       {0.99, "99 %"},
                                       {0.999, "99.9 %"},
                                       {0.9999, "99.99 %"},
                                       {0.99999, "99.999 %"}}) {
        if (stretched(share) <= x.high) x.ticks.push_back({stretched(share), label});
    }
    const double low = then.empty() ? least_of(now) : std::min(least_of(now), least_of(then));
    chart drawn(
        x,
        fitting_axis(low, most_of({&now, &then}), s.asked_per_s ? "latency from due" : "latency", time_label),
        "latency by percentile");
    drawn.line(then, "b dashed");
    drawn.line(now, "a");
    return figure("Latency by percentile", drawn,
                  {{"a", "this one"}, {"b dashed", then.empty() ? "" : "baseline"}});
}

std::string latency_chart(const step_result& s, detail_level detail) {
    const auto p50 = highest(s, detail.points, [](const second_figures& one) { return one.p50_us; });
    const auto p99 = highest(s, detail.points, [](const second_figures& one) { return one.p99_us; });
    if (p50.empty()) return "";
    chart drawn(seconds_axis(s), fitting_axis(least_of(p50), most_of({&p99}), "latency", time_label),
                "latency by second");
    const std::string_view uncounted = shade_parts(drawn, s);
    drawn.band(p50, p99, "a");
    drawn.line(p99, "b");
    drawn.line(p50, "a");
    bool throttled = false;
    bool reconnects = false;
    std::size_t marks = 0;
    for (const second_figures& one : s.per_second) {
        if (marks > detail.points) break;
        const double at = static_cast<double>(one.second) + 0.5;
        if (one.throttled > 0) {
            drawn.mark(at, 0, "e",
                       grouped(one.throttled) + " answers of 429 in second " + grouped(one.second));
            throttled = true;
            ++marks;
        }
        if (one.reconnects > 0) {
            drawn.mark(at, 1, "d",
                       grouped(one.reconnects) + " connections opened in second " + grouped(one.second));
            reconnects = true;
            ++marks;
        }
    }
    return figure("Latency by the second it was due in", drawn,
                  {{"a", "p50"},
                   {"b", "p99"},
                   {"e box", throttled ? "429" : ""},
                   {"d box", reconnects ? "reconnects" : ""},
                   {"uncounted box", uncounted},
                   {"none", stretch_words(s, detail.points)}});
}

std::string rate_chart(const step_result& s, detail_level detail) {
    const auto line = [&](std::uint64_t second_figures::* member) {
        return highest(s, detail.points, [&](const second_figures& one) {
            // A few requests in a small part of a second make no rate.
            constexpr double least_s = 0.2;
            const auto count = static_cast<double>(one.*member);
            return one.length_s < least_s ? std::nullopt : std::optional(count / one.length_s);
        });
    };
    const auto sent = line(&second_figures::sent);
    const auto answered = line(&second_figures::answered);
    const auto failed = line(&second_figures::failed);
    const auto dropped = line(&second_figures::dropped);
    if (sent.empty()) return "";
    const bool failures = most_of({&failed}) > 0;
    const bool drops = most_of({&dropped}) > 0;
    chart drawn(seconds_axis(s),
                fitting_axis(0, most_of({&sent, &answered, &failed, &dropped}), "requests per second", plain),
                "requests by second");
    const std::string_view uncounted = shade_parts(drawn, s);
    drawn.line(sent, "a");
    drawn.line(answered, "c");
    if (failures) drawn.line(failed, "e");
    if (drops) drawn.line(dropped, "d");
    return figure("Requests by second", drawn,
                  {{"a", "sent"},
                   {"c", "answered"},
                   {"e", failures ? "failed" : ""},
                   {"d", drops ? "dropped" : ""},
                   {"uncounted box", uncounted},
                   {"none", stretch_words(s, detail.points)}});
}

std::string in_flight_chart(const step_result& s, detail_level detail) {
    const auto in_flight = highest(s, detail.points, [](const second_figures& one) {
        return std::optional(static_cast<double>(one.in_flight));
    });
    if (in_flight.empty()) return "";
    chart drawn(seconds_axis(s), fitting_axis(0, most_of({&in_flight}), "lookups", plain),
                "lookups under way by second");
    const std::string_view uncounted = shade_parts(drawn, s);
    drawn.line(in_flight, "d");
    return figure(
        "Under way at the end of each second", drawn,
        {{"d", "lookups"}, {"uncounted box", uncounted}, {"none", stretch_words(s, detail.points)}});
}

std::string load_chart(const measurement& m, const measurement* baseline) {
    const auto lines = [](const measurement& of) {
        std::pair<std::vector<point>, std::vector<point>> both;
        for (const step_result* s : first_round(of)) {
            if (!s->latency_due_us.p50 || !s->latency_due_us.p99) continue;
            both.first.push_back({s->answered_per_s, *s->latency_due_us.p50});
            both.second.push_back({s->answered_per_s, *s->latency_due_us.p99});
        }
        return both;
    };
    const auto [p50, p99] = lines(m);
    if (p50.size() < 2) return "";
    const auto [old_p50, old_p99] = baseline ? lines(*baseline) : lines(measurement());
    double fastest = 0;
    for (const std::vector<point>* line : {&p50, &old_p50}) {
        for (const point& p : *line) fastest = std::max(fastest, p.x);
    }
    const double low = old_p50.empty() ? least_of(p50) : std::min(least_of(p50), least_of(old_p50));
    chart drawn(linear_axis(fastest * 1.06, 6, "answered requests per second", plain),
                fitting_axis(low, most_of({&p99, &old_p99}), "latency", time_label), "latency by load");
    if (const auto at = knee(m)) {
        const step_result& s = *first_round(m)[*at];
        drawn.post(s.answered_per_s, "knee: " + load_of(s, plan_figures()), "dashed");
    }
    drawn.line(old_p50, "a dashed");
    drawn.line(old_p99, "b dashed");
    drawn.line(p50, "a");
    drawn.line(p99, "b");
    drawn.dots(p50, "a");
    drawn.dots(p99, "b");
    return figure("Latency by load", drawn,
                  {{"a", "p50"}, {"b", "p99"}, {"b dashed", old_p50.empty() ? "" : "baseline"}});
}

}  // namespace getty::connect::load
