#include "load/text_report.hpp"

#include "core/numerals.hpp"
#include "core/sanitize.hpp"
#include "load/summary.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace getty::connect::load {
namespace {

using core::grouped;
using core::microseconds_text;
using core::percent_text;
using core::rate_text;

constexpr std::size_t max_text = 500;

std::string shown(std::string_view text) { return core::printable(text, max_text); }

/// Columns that a text takes; one for each character is near enough.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t columns) {
    return std::string(text) + std::string(columns - std::min(columns, width(text)), ' ');
}
std::string right(std::string_view text, std::size_t columns) {
    return std::string(columns - std::min(columns, width(text)), ' ') + std::string(text);
}

bool is_unit(std::string_view word) {
    const std::string_view bare = word.substr(0, word.find_first_of(".,:;)"));
    return bare == "us" || bare == "ms" || bare == "s" || bare == "%";
}

/// The first word of `text`, with the unit behind it, if that is one.
std::string_view next_word(std::string_view text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end == text.size()) return text;
    const std::size_t next = std::min(text.find(' ', end + 1), text.size());
    return text.substr(0, is_unit(text.substr(end + 1, next - end - 1)) ? next : end);
}

/// Words in lines of at most so many columns, each behind `indent` blanks but the first.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
    std::string out;
    std::size_t used = indent;
    bool first = true;
    while (!text.empty()) {
        const std::string_view word = next_word(text);
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (!first && used + 1 + width(word) > columns) {
            out += "\n" + std::string(indent, ' ');
            used = indent;
        } else if (!first) {
            out += ' ';
            ++used;
        }
        out += word;
        used += width(word);
        first = false;
    }
    return out + "\n";
}

constexpr std::size_t label = 12;

std::string line(std::string_view name, std::string_view text, std::size_t columns) {
    return padded(name, label) + wrapped(text, columns, label);
}

/// The first column to the left, the others to the right, two blanks between.
std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows) {
        std::string text;
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += i == 0 ? padded(row[i], widths[i]) : "  " + right(row[i], widths[i]);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + "\n";
    }
    return out;
}

std::string or_dash(const std::optional<double>& us) { return us ? microseconds_text(*us) : "-"; }

std::string bar(std::uint64_t count, std::uint64_t most, std::size_t columns) {
    if (count == 0 || most == 0) return "";
    const double share = static_cast<double>(count) / static_cast<double>(most);
    const auto full = static_cast<std::size_t>(std::lround(share * static_cast<double>(columns)));
    return full == 0 ? "." : std::string(std::min(full, columns), '#');
}

// --- One step ---

std::string requests(const step_result& s, std::size_t columns) {
    std::string text = grouped(s.due) + " due, " + grouped(s.sent) + " sent, " + grouped(s.dropped) +
                       " dropped; " + grouped(outcomes_of(s, "ok")) + " ok, " +
                       grouped(outcomes_of(s, "not_found")) + " not found, " + grouped(failures_of(s)) +
                       " failed (" + percent_text(failed_share(s)) + ")";
    if (s.unfinished > 0) text += ", " + grouped(s.unfinished) + " unfinished";
    std::string out = line("Requests", text, columns);
    for (const outcome_count& one : s.outcomes) {
        if (one.name == "ok" || one.name == "not_found") continue;
        out += line("", grouped(one.count) + " " + shown(one.name) + ": " + shown(one.message), columns);
    }
    std::string rates;
    if (s.asked_per_s) rates = rate_text(*s.asked_per_s) + " asked, " + rate_text(s.due_per_s) + " due, ";
    return out + line("Rate",
                      rates + rate_text(s.sent_per_s) + " sent, " + rate_text(s.answered_per_s) + " answered",
                      columns);
}

std::string latencies(const step_result& s) {
    const latency_figures& a = s.latency_due_us;
    const latency_figures& b = s.latency_send_us;
    const bool open = s.asked_per_s.has_value();
    std::vector<std::vector<std::string>> rows;
    rows.push_back({"Latency", open ? "from due" : "from start", "from send"});
    const auto row = [&](const char* name, const std::optional<double>& x, const std::optional<double>& y) {
        rows.push_back({std::string("  ") + name, or_dash(x), or_dash(y)});
    };
    row("p50", a.p50, b.p50);
    row("p90", a.p90, b.p90);
    row("p99", a.p99, b.p99);
    row("p99.9", a.p99_9, b.p99_9);
    row("p99.99", a.p99_99, b.p99_99);
    const auto exact = [](const latency_figures& l, double value) {
        return l.count > 0 ? std::optional(value) : std::nullopt;
    };
    row("max", exact(a, a.max), exact(b, b.max));
    row("mean", exact(a, a.mean), exact(b, b.mean));
    row("sd", exact(a, a.sd), exact(b, b.sd));
    std::string out = table(rows);
    if (s.corrected_p99_us) {
        out += "  p99 with the requests that were not made: " + microseconds_text(*s.corrected_p99_us) + "\n";
    }
    return out;
}

std::string phases(const step_result& s) {
    std::vector<std::vector<std::string>> rows = {{"Phases", "mean", "p50", "p99", "max"}};
    const auto row = [&](const char* name, const phase_figures& p) {
        if (p.max == 0) return;
        rows.push_back({std::string("  ") + name, microseconds_text(p.mean), microseconds_text(p.p50),
                        microseconds_text(p.p99), microseconds_text(p.max)});
    };
    row("token", s.phases_us.credentials);
    row("rate", s.phases_us.rate);
    row("connection", s.phases_us.connection);
    row("first byte", s.phases_us.first_byte);
    row("body", s.phases_us.body);
    row("decode", s.phases_us.decode);
    return rows.size() == 1 ? "" : table(rows) + "\n";
}

std::string histogram(const step_result& s, std::size_t columns) {
    const auto rows = rows_of(s.histogram, 12);
    if (rows.empty()) return "";
    std::uint64_t most = 0;
    for (const histogram_row& r : rows) most = std::max(most, r.count);
    std::string out = "Latency from due, requests by time\n";
    if (!s.asked_per_s) out = "Latency, requests by time\n";
    const std::size_t counts = std::max<std::size_t>(width(grouped(most)), 7);
    for (const histogram_row& r : rows) {
        const std::string head =
            "  to " + right(microseconds_text(r.up_to_us), 8) + "  " + right(grouped(r.count), counts) + "  ";
        std::string text = head + bar(r.count, most, columns - std::min(columns, width(head)));
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + "\n";
    }
    return out + "\n";
}

std::string client(const step_result& s, std::size_t columns) {
    std::string text = percent_text(s.client.cpu_share) + " of a core";
    if (s.sent_per_s > 0 && s.client.cpu_share > 0) {
        text += " (" + microseconds_text(s.client.cpu_share * 1e6 / s.sent_per_s) + " for each request)";
    }
    text += ", loop stalled for up to " + microseconds_text(s.client.loop_stall_us);
    if (s.asked_per_s && s.lateness_us.p99)
        text += ", sends up to " + microseconds_text(*s.lateness_us.p99) + " late (p99)";
    if (s.client.steal_share > 0) text += ", steal " + percent_text(s.client.steal_share);
    std::string out = line("Client", text, columns);
    text = grouped(s.connections.opened) + " opened (" + grouped(s.connections.resumed) + " resumed), " +
           grouped(s.connections.handshakes) + " of them while it counted; " + grouped(s.throttled) +
           " answers of 429, " + grouped(s.connections.nonce_renewals) + " new nonces, " +
           grouped(s.retries) + " retries";
    return out + line("Connections", text, columns);
}

std::string one_step(const step_result& s, std::size_t columns) {
    return requests(s, columns) + "\n" + latencies(s) + "\n" + phases(s) + histogram(s, columns) +
           client(s, columns);
}

// --- Several ---

std::string step_table(const measurement& m, std::size_t columns) {
    // What matters less goes where there is no room for it.
    const bool wide = columns >= 100;
    std::vector<std::vector<std::string>> rows;
    const auto row = [&](std::vector<std::string> first, std::vector<std::string> wide_only,
                         std::vector<std::string> last) {
        if (wide) first.insert(first.end(), wide_only.begin(), wide_only.end());
        first.insert(first.end(), last.begin(), last.end());
        rows.push_back(std::move(first));
    };
    row({"Load", "answered", "p50", "p99"}, {"p90", "p99.9", "CPU"}, {"max", "failed", "dropped"});
    for (const step_result& s : m.steps) {
        const latency_figures& l = s.latency_due_us;
        row({load_of(s, m.plan), rate_text(s.answered_per_s), or_dash(l.p50), or_dash(l.p99)},
            {or_dash(l.p90), or_dash(l.p99_9), percent_text(s.client.cpu_share)},
            {l.count > 0 ? microseconds_text(l.max) : "-", percent_text(failed_share(s)),
             grouped(s.dropped)});
    }
    return table(rows);
}

/// p50 and p99 over the answered rate, the latter's logarithm upwards.
std::string plot(const measurement& m, std::size_t columns) {
    constexpr std::size_t height = 12;
    constexpr std::size_t margin = 10;
    const std::size_t across = std::min<std::size_t>(columns, 100) - margin - 2;
    struct point {
        double x;
        double y;
        char mark;
    };
    std::vector<point> points;
    for (const step_result* s : first_round(m)) {
        if (!s->latency_due_us.p50 || !s->latency_due_us.p99) continue;
        points.push_back({s->answered_per_s, *s->latency_due_us.p50, 'o'});
        points.push_back({s->answered_per_s, *s->latency_due_us.p99, 'x'});
    }
    if (points.size() < 4) return "";
    double most_x = 0;
    double least = points[0].y;
    double most = points[0].y;
    for (const point& p : points) {
        most_x = std::max(most_x, p.x);
        least = std::min(least, p.y);
        most = std::max(most, p.y);
    }
    least = std::max(least, 1e-3);
    most = std::max(most, least * 1.01);
    std::vector<std::string> grid(height, std::string(across, ' '));
    for (const point& p : points) {
        const double up = std::log(std::max(p.y, least) / least) / std::log(most / least);
        const auto row = height - 1 - static_cast<std::size_t>(std::lround(up * (height - 1)));
        const double right_share = most_x > 0 ? p.x / most_x : 0;
        const auto column =
            static_cast<std::size_t>(std::lround(right_share * static_cast<double>(across - 1)));
        char& cell = grid[row][column];
        cell = cell == ' ' || cell == p.mark ? p.mark : '*';
    }
    std::string out = "Latency by answered requests: o p50, x p99, * both\n";
    for (std::size_t i = 0; i < height; ++i) {
        std::string name;
        if (i == 0 || i == height - 1 || i == height / 2) {
            const double up = static_cast<double>(height - 1 - i) / (height - 1);
            name = microseconds_text(least * std::pow(most / least, up));
        }
        std::string text = right(name, margin) + " |" + grid[i];
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + "\n";
    }
    out += std::string(margin, ' ') + " +" + std::string(across, '-') + "\n";
    const std::string end = rate_text(most_x);
    out += std::string(margin + 2, ' ') + "0" + right(end, across - 1) + "\n";
    if (const auto at = knee(m)) {
        const step_result& s = *first_round(m)[*at];
        out += "The knee is at " + load_of(s, plan_figures()) + ": " + rate_text(s.answered_per_s) +
               " answered with a p99 of " + or_dash(s.latency_due_us.p99) + ".\n";
    }
    return out;
}

std::string head(const measurement& m, std::size_t columns) {
    std::string target =
        shown(m.target.url) + " (" + shown(m.target.dialect) + ", " + shown(m.target.auth) + ")";
    if (!m.target.address.empty()) target += " at " + shown(m.target.address);
    std::string out = line("Target", target, columns);
    if (!m.target.tls.empty()) out += line("TLS", shown(m.target.tls), columns);
    std::string plan;
    for (const std::string& part : plan_words(m)) plan += (plan.empty() ? "" : "; ") + part;
    out += line("Plan", plan, columns);
    return out + line("Host",
                      shown(m.host.name) + ", " + shown(m.host.cpu) + ", " + grouped(m.host.cores) +
                          " cores, " + shown(m.host.system) + "; " + shown(m.tool.name) + " " +
                          shown(m.tool.version) + ", " + shown(m.started),
                      columns);
}

std::string notes(const measurement& m, std::size_t columns) {
    std::string out;
    const auto step_name = [&](std::uint64_t step) {
        return m.steps.size() > 1 ? load_of(m.steps[step], m.plan) + ": " : std::string();
    };
    for (const slo_verdict& v : m.slo) {
        out += line(v.held ? "Held" : "BROKEN",
                    step_name(v.step) + shown(v.limit) + ", measured " + shown(v.measured), columns);
    }
    if (!m.slo.empty()) out += "\n";
    for (const told_warning& w : told_warnings(m)) {
        out += line("Warning", (w.where.empty() ? "" : w.where + ": ") + shown(w.text), columns);
    }
    if (!m.warnings.empty()) out += "\n";
    for (const std::string& part : m.left_out) out += line("Left out", shown(part), columns);
    return out;
}

}  // namespace

std::string text_report(const measurement& m, std::size_t columns) {
    columns = std::max<std::size_t>(columns, 80);
    std::string out = head(m, columns) + "\n";
    if (m.steps.empty()) out += "Nothing was measured.\n\n";
    if (m.steps.size() == 1) out += one_step(m.steps[0], columns) + "\n";
    if (m.steps.size() > 1) {
        out += step_table(m, columns) + "\n";
        const std::string drawn = plot(m, columns);
        if (!drawn.empty()) out += drawn + "\n";
    }
    out += notes(m, columns);
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

std::string text_comparison(const std::vector<figure_change>& changes, const std::vector<std::string>& unlike,
                            std::size_t columns) {
    columns = std::max<std::size_t>(columns, 80);
    std::string out;
    for (const std::string& one : unlike) out += line("Unlike", shown(one), columns);
    if (!unlike.empty()) out += "\n";
    const bool wide = columns >= 100;
    std::vector<std::vector<std::string>> rows = {{"Load", "", "before", "after"}};
    if (wide) rows[0].emplace_back("change");
    rows[0].insert(rows[0].end(), {"change between", "verdict"});
    std::string load;
    for (const figure_change& c : changes) {
        const auto value = [&](double x) {
            return c.figure == "errors"     ? percent_text(x)
                   : c.figure == "answered" ? rate_text(x)
                                            : microseconds_text(x);
        };
        const auto tenth = [](double x) { return (x > 0 ? "+" : "") + core::fixed(x * 100, 1); };
        std::vector<std::string> row = {c.load == load ? "" : c.load, c.figure, value(c.before),
                                        value(c.after)};
        if (wide) row.push_back(tenth(c.change) + " %");
        row.push_back(tenth(c.low) + " and " + tenth(c.high) + " %");
        row.push_back(c.words);
        rows.push_back(std::move(row));
        load = c.load;
    }
    return out + table(rows);
}

}  // namespace getty::connect::load
