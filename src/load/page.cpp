#include "load/page.hpp"

#include "core/numerals.hpp"
#include "load/chart.hpp"
#include "load/compare.hpp"
#include "load/document.hpp"
#include "load/page_charts.hpp"
#include "load/page_style.hpp"
#include "load/summary.hpp"
#include "load/unusable.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

namespace getty::connect::load {
namespace {

using core::grouped;
using core::microseconds_text;
using core::percent_text;
using core::rate_text;

constexpr std::size_t max_detailed_steps = 12;
constexpr std::size_t max_rows = 100;  // of a table, and of warnings
constexpr double tolerance = 0.05;

std::string or_dash(const std::optional<double>& us) { return us ? microseconds_text(*us) : "–"; }
std::string element(std::string_view tag, std::string_view words) {
    return "<" + std::string(tag) + ">" + html_text(words) + "</" +
           std::string(tag.substr(0, tag.find(' '))) + ">";
}

std::string and_more(std::size_t count) { return element("p", "And " + grouped(count) + " more."); }

/// The first row is the head; the first column is to the left, the others to the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::string out = "<div class=\"wide\"><table><thead><tr>";
    for (const std::string& cell : rows.front()) out += element("th", cell);
    out += "</tr></thead><tbody>";
    const std::size_t shown = std::min(rows.size(), max_rows + 1);
    for (std::size_t i = 1; i < shown; ++i) {
        out += "<tr>";
        for (const std::string& cell : rows[i]) out += element("td", cell);
        out += "</tr>";
    }
    out += "</tbody></table></div>";
    return shown < rows.size() ? out + and_more(rows.size() - shown) : out;
}

std::string section(std::string_view title, const std::string& inside) {
    return inside.empty() ? "" : "<section>" + element("h2", title) + inside + "</section>";
}

std::string tile(std::string_view name, const std::string& value, std::string_view style = "") {
    return "<div class=\"tile " + std::string(style) + "\">" + element("b", value) + element("span", name) +
           "</div>";
}

std::string step_name(const measurement& m, std::uint64_t step) { return load_of(m.steps[step], m.plan); }

// --- The head ---

std::string tiles(const measurement& m) {
    if (m.steps.empty()) return "";
    const std::optional<std::size_t> at = knee(m);
    const auto round = first_round(m);
    const step_result& s = at ? *round[*at] : round.empty() ? m.steps.back() : *round.back();
    std::string out = "<div class=\"tiles\">";
    if (m.steps.size() > 1) out += tile(at ? "load at the knee" : "last load", load_of(s, plan_figures()));
    const latency_figures& l = s.latency_due_us;
    out += tile("answered", rate_text(s.answered_per_s));
    out += tile(s.asked_per_s ? "p50 from due" : "p50", or_dash(l.p50));
    out += tile("p99", or_dash(l.p99));
    out += tile("longest", l.count > 0 ? microseconds_text(l.max) : "–");
    out += tile("failed", percent_text(failed_share(s)), failures_of(s) > 0 ? "bad" : "");
    if (s.asked_per_s) out += tile("dropped", grouped(s.dropped), s.dropped > 0 ? "bad" : "");
    return out + "</div>";
}

std::string head(const measurement& m) {
    std::string out = "<header><p class=\"over\">getty-connect bench · " + html_text(m.started) + "</p>";
    out += element("h1", m.target.url);
    std::string under = html_text(m.target.dialect) + " · " + html_text(m.target.auth);
    if (!m.target.tls.empty()) under += " · " + html_text(m.target.tls);
    if (!m.target.address.empty()) under += " · " + html_text(m.target.address);
    out += "<p class=\"under\">" + under + "</p>";
    const std::string limits = limits_words(m);
    if (!limits.empty()) {
        out += "<p class=\"verdict " + std::string(all_held(m) ? "good" : "bad") + "\">" + html_text(limits) +
               "</p>";
    }
    return out + tiles(m) + "</header>";
}

std::string warnings(const measurement& m) {
    if (m.warnings.empty()) return "";
    std::string out = "<ul class=\"warnings\">";
    const std::vector<told_warning> all = told_warnings(m);
    const std::size_t shown = std::min(all.size(), max_rows);
    for (std::size_t i = 0; i < shown; ++i) {
        out += "<li>";
        if (!all[i].where.empty()) out += element("b", all[i].where + ":") + " ";
        out += html_text(all[i].text) + "</li>";
    }
    out += "</ul>";
    return shown < all.size() ? out + and_more(all.size() - shown) : out;
}

std::string limits(const measurement& m) {
    if (m.slo.empty()) return "";
    std::vector<std::vector<std::string>> rows = {{"limit", "measured", ""}};
    if (m.steps.size() > 1) rows[0].insert(rows[0].begin(), "load");
    for (const slo_verdict& v : m.slo) {
        rows.push_back({v.limit, v.measured, v.held ? "held" : "broken"});
        if (m.steps.size() > 1) rows.back().insert(rows.back().begin(), step_name(m, v.step));
    }
    return table(rows);
}

// --- Steps ---

std::string step_table(const measurement& m) {
    if (m.steps.size() < 2) return "";
    std::vector<std::vector<std::string>> rows = {
        {"load", "answered", "p50", "p90", "p99", "p99.9", "longest", "failed", "dropped", "client CPU"}};
    for (const step_result& s : m.steps) {
        const latency_figures& l = s.latency_due_us;
        rows.push_back({load_of(s, m.plan), rate_text(s.answered_per_s), or_dash(l.p50), or_dash(l.p90),
                        or_dash(l.p99), or_dash(l.p99_9), l.count > 0 ? microseconds_text(l.max) : "–",
                        percent_text(failed_share(s)), grouped(s.dropped), percent_text(s.client.cpu_share)});
    }
    return table(rows);
}

std::string latency_table(const step_result& s) {
    const latency_figures& a = s.latency_due_us;
    const latency_figures& b = s.latency_send_us;
    std::vector<std::vector<std::string>> rows = {
        {"latency", s.asked_per_s ? "from due" : "from start", "from send"}};
    const auto row = [&](const char* name, const std::optional<double>& x, const std::optional<double>& y) {
        rows.push_back({name, or_dash(x), or_dash(y)});
    };
    const auto exact = [](const latency_figures& l, double value) {
        return l.count > 0 ? std::optional(value) : std::nullopt;
    };
    row("p50", a.p50, b.p50);
    row("p90", a.p90, b.p90);
    row("p99", a.p99, b.p99);
    row("p99.9", a.p99_9, b.p99_9);
    row("p99.99", a.p99_99, b.p99_99);
    row("longest", exact(a, a.max), exact(b, b.max));
    row("mean", exact(a, a.mean), exact(b, b.mean));
    row("deviation", exact(a, a.sd), exact(b, b.sd));
    if (!s.corrected_p99_us) return table(rows);
    return table(rows) +
           element("p", "p99 with the requests that were not made: " + or_dash(s.corrected_p99_us));
}

std::string phases(const step_result& s) {
    const struct {
        const char* name;
        const char* style;
        const phase_figures& of;
    } all[] = {{"token", "f", s.phases_us.credentials},
               {"rate", "e", s.phases_us.rate},
               {"connection", "d", s.phases_us.connection},
               {"first byte", "a", s.phases_us.first_byte},
               {"body", "c", s.phases_us.body},
               {"decode", "b", s.phases_us.decode}};
    double total = 0;
    for (const auto& one : all) total += one.of.mean;
    if (total <= 0) return "";
    std::string out = "<p><b>Phases of a lookup</b>, by their mean</p><div class=\"phases\">";
    for (const auto& one : all) {
        if (one.of.mean <= 0) continue;
        out += "<i class=\"" + std::string(one.style) +
               "\" style=\"flex:" + core::fixed(one.of.mean / total * 1'000, 1) + "\" title=\"" +
               html_text(std::string(one.name) + ": " + microseconds_text(one.of.mean)) + "\"></i>";
    }
    out +=
        "</div><div "
        "class=\"wide\"><table><thead><tr><th>phase</th><th>mean</th><th>p50</th><th>p99</th><th>longest</"
        "th></tr></thead><tbody>";
    for (const auto& one : all) {
        if (one.of.max <= 0) continue;
        out += "<tr><td><span class=\"key\"><i class=\"box " + std::string(one.style) + "\"></i>" + one.name +
               "</span></td>";
        for (const double us : {one.of.mean, one.of.p50, one.of.p99, one.of.max})
            out += element("td", microseconds_text(us));
        out += "</tr>";
    }
    return out + "</tbody></table></div>";
}

std::string outcomes(const step_result& s) {
    std::vector<std::vector<std::string>> rows = {{"outcome", "lookups", "first message"}};
    for (const outcome_count& one : s.outcomes) rows.push_back({one.name, grouped(one.count), one.message});
    if (s.unfinished > 0) rows.push_back({"unfinished", grouped(s.unfinished), ""});
    if (s.dropped > 0) rows.push_back({"dropped", grouped(s.dropped), "due while too many were under way"});
    return "<div class=\"messages\">" + table(rows) + "</div>";
}

std::string surroundings(const step_result& s) {
    std::vector<std::vector<std::string>> rows = {{"counted", ""}};
    const auto row = [&](const char* name, const std::string& value) { rows.push_back({name, value}); };
    if (s.asked_per_s) row("asked", rate_text(*s.asked_per_s));
    row("due", grouped(s.due) + " (" + rate_text(s.due_per_s) + ")");
    row("sent", grouped(s.sent) + " (" + rate_text(s.sent_per_s) + ")");
    row("answered", rate_text(s.answered_per_s));
    row("client CPU", percent_text(s.client.cpu_share) + " of a core");
    row("loop stall", "up to " + microseconds_text(s.client.loop_stall_us));
    if (s.asked_per_s) row("sends late by", or_dash(s.lateness_us.p99) + " (p99)");
    row("steal", percent_text(s.client.steal_share));
    row("connections opened",
        grouped(s.connections.opened) + ", " + grouped(s.connections.resumed) + " resumed");
    row("of them while it counted", grouped(s.connections.handshakes));
    row("answers of 429", grouped(s.throttled));
    row("new nonces", grouped(s.connections.nonce_renewals));
    row("retries", grouped(s.retries));
    row("bytes of bodies", grouped(s.bytes.received));
    return table(rows);
}

const step_result* counterpart(const step_result& s, const measurement* baseline) {
    if (baseline == nullptr) return nullptr;
    for (const step_result& one : baseline->steps) {
        if (same_load(one, s)) return &one;
    }
    return nullptr;
}

std::string one_step(const step_result& s, const measurement* baseline, detail_level detail) {
    return "<div class=\"charts\">" + percentile_chart(s, counterpart(s, baseline), detail) +
           latency_chart(s, detail) + rate_chart(s, detail) + in_flight_chart(s, detail) +
           "</div><div class=\"tables\"><div>" + latency_table(s) + "</div><div>" + phases(s) +
           "</div><div>" + surroundings(s) + "</div></div>" + outcomes(s);
}

std::string steps(const measurement& m, const measurement* baseline) {
    if (m.steps.empty()) return "<p>Nothing was measured.</p>";
    if (m.steps.size() == 1) return one_step(m.steps[0], baseline, {});
    const std::size_t shown = std::min(m.steps.size(), max_detailed_steps);
    const detail_level detail{std::max<std::size_t>(40, 480 / shown)};
    const auto at = knee(m);
    const step_result* open = at ? first_round(m)[*at] : nullptr;
    std::string out;
    for (std::size_t i = 0; i < shown; ++i) {
        out += std::string("<details") + (&m.steps[i] == open ? " open" : "") + ">" +
               element("summary", step_name(m, i) + ": p50 " + or_dash(m.steps[i].latency_due_us.p50) +
                                      ", p99 " + or_dash(m.steps[i].latency_due_us.p99)) +
               one_step(m.steps[i], baseline, detail) + "</details>";
    }
    if (shown < m.steps.size()) {
        out += "<p>The other " + grouped(m.steps.size() - shown) + " are in the table above.</p>";
    }
    return out;
}

// --- The baseline ---

std::string comparison(const measurement& m, const measurement* baseline) {
    if (baseline == nullptr) return "";
    std::string out = "<p>With the measurement of " + html_text(baseline->started) + " (" +
                      html_text(baseline->target.url) + ", " + html_text(baseline->tool.version) + ").</p>";
    const std::vector<std::string> unlike = differences(*baseline, m);
    if (!unlike.empty()) {
        out += "<p>These are no pair, so there are no verdicts:</p><ul>";
        for (const std::string& one : unlike) out += element("li", one);
        return out + "</ul>";
    }
    std::vector<figure_change> all;
    try {
        all = changes(*baseline, m, tolerance);
    } catch (const unusable& why) {
        return out + element("p", "Not compared: " + std::string(why.what()) + ".");
    }
    std::vector<std::vector<std::string>> rows = {
        {"load", "figure", "verdict", "before", "after", "change between"}};
    for (const figure_change& c : all) {
        const auto value = [&](double x) {
            return c.figure == "errors"     ? percent_text(x)
                   : c.figure == "answered" ? rate_text(x)
                                            : microseconds_text(x);
        };
        const auto tenth = [](double x) { return (x > 0 ? "+" : "") + core::fixed(x * 100, 1) + " %"; };
        rows.push_back({c.load, c.figure, c.words, value(c.before), value(c.after),
                        tenth(c.low) + " and " + tenth(c.high)});
    }
    return out + table(rows);
}

// --- The rest ---

std::string about(const measurement& m) {
    std::string out = "<pre>" + html_text(command_words(m.argv), 4'000) + "</pre><ul>";
    for (const std::string& part : plan_words(m)) out += element("li", part);
    out += "</ul>";
    std::vector<std::vector<std::string>> rows = {{"measured by", ""}};
    rows.push_back({"tool", m.tool.name + " " + m.tool.version});
    rows.push_back(
        {"built with", m.tool.compiler + ", Boost " + m.tool.boost + ", OpenSSL " + m.tool.openssl});
    rows.push_back({"host", m.host.name});
    rows.push_back({"system", m.host.system});
    rows.push_back({"processor", m.host.cpu + ", " + grouped(m.host.cores) + " cores"});
    out += "<div class=\"messages\">" + table(rows) + "</div>";
    out +=
        "<p class=\"under\">Latency is that of images, ids without one and time-outs; other failures are "
        "counted as such. "
        "Percentiles are at most 1/1,024 above the exact ones; p99.9 and p99.99 are there when ten samples "
        "lie beyond them.";
    for (const std::string& part : m.left_out) out += " Not in this page: " + html_text(part) + ".";
    return out + "</p>";
}

/// The document with nothing in it that ends the element it stands in.
std::string embedded(const measurement& m, std::size_t max_bytes) {
    const std::string whole = write_document(m);
    const std::size_t escapes = 5 * static_cast<std::size_t>(std::count(whole.begin(), whole.end(), '<'));
    std::string out = "<script type=\"application/json\" id=\"" + std::string(embedded_id) + "\">";
    for (const char c : write_document(shortened(m, max_bytes - std::min(max_bytes, escapes + 200)))) {
        if (c == '<') {
            out += "\\u003c";
        } else {
            out += c;
        }
    }
    out += "</script>";
    if (out.size() <= max_bytes) return out;
    return element("p", "The document is too large for this page: the file of --json has it.");
}

}  // namespace

std::string page(const measurement& m, const measurement* baseline) {
    std::string out =
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\">";
    out += element("title", "getty-connect bench: " + m.target.url) + "<style>" + std::string(page_style) +
           "</style></head><body>";
    out += head(m);
    out += section("Warnings", warnings(m));
    out += section("Limits", limits(m));
    out += section("Compared", comparison(m, baseline));
    out += section("Load", load_chart(m, baseline) + step_table(m));
    out += section(m.steps.size() > 1 ? "Step by step" : "Measured", steps(m, baseline));
    out += section("How it was measured", about(m));
    const std::string end = "</body></html>\n";
    const std::size_t used = out.size() + end.size() + 100;
    return out + embedded(m, used < max_page_bytes ? max_page_bytes - used : 0) + end;
}

}  // namespace getty::connect::load
