#include "load/chart.hpp"

#include "core/html_escape.hpp"
#include "core/numerals.hpp"
#include "core/sanitize.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace getty::connect::load {
namespace {

constexpr double width = 520;
constexpr double height = 270;
constexpr double left = 66;
constexpr double right = 14;
constexpr double top = 26;
constexpr double bottom = 44;

/// Of the height, above the highest value: for words.
constexpr double headroom = 0.18;

std::string tenth(double value) {
    std::string text = core::fixed(value, 1);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
}

std::string styled(std::string_view style) { return " class=\"" + std::string(style) + "\""; }

std::string label(double x, double y, std::string_view anchor, std::string_view words) {
    return "<text x=\"" + tenth(x) + "\" y=\"" + tenth(y) + "\" text-anchor=\"" + std::string(anchor) +
           "\">" + html_text(words) + "</text>";
}

/// A label of the lower axis, drawn in where it would be cut off at the edge.
std::string below(double x, std::string_view words) {
    constexpr double letter = 8;  // as wide as they are at most
    const bool reaches_over = x + static_cast<double>(words.size()) * letter / 2 > width;
    return label(reaches_over ? width - 1 : x, height - bottom + 19, reaches_over ? "end" : "middle", words);
}

}  // namespace

std::string html_text(std::string_view text, std::size_t max_bytes) {
    std::string out;
    for (const char c : core::printable(text, max_bytes)) core::append_html(out, c);
    return out;
}

double axis::share(double value) const noexcept {
    const double inside = std::clamp(value, low, high);
    if (high <= low) return 0;
    if (logarithmic) return std::log(inside / low) / std::log(high / low);
    return (inside - low) / (high - low);
}

axis linear_axis(double high, std::size_t ticks, std::string title, const label_of& label) {
    axis a;
    a.high = high > 0 ? high : 1;
    a.title = std::move(title);
    const double rough = a.high / static_cast<double>(std::max<std::size_t>(ticks, 1));
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = power * 10;
    for (const double times : {5.0, 2.0, 1.0}) {
        if (times * power >= rough) step = times * power;
    }
    for (int i = 0; i * step <= a.high * (1 + 1e-9); ++i) a.ticks.push_back({i * step, label(i * step)});
    return a;
}

axis logarithmic_axis(double low, double high, std::string title, const label_of& label) {
    axis a;
    a.logarithmic = true;
    a.title = std::move(title);
    a.low = std::max(low, 1e-3) / 1.15;
    a.high = std::max(high, a.low * 1.5);
    a.high *= std::pow(a.high / a.low, headroom);
    const double decades = std::log10(a.high / a.low);
    std::vector<double> times = {1};
    if (decades < 3.2) times = {1, 3};
    if (decades < 2.2) times = {1, 2, 5};
    if (decades < 0.6) times = {1, 1.5, 2, 3, 4, 5, 7};
    if (decades < 0.3) times = {1, 1.2, 1.5, 1.8, 2.2, 2.6, 3, 3.5, 4, 5, 6, 7, 8, 9};
    const auto last = static_cast<int>(std::ceil(std::log10(a.high)));
    for (auto power = static_cast<int>(std::floor(std::log10(a.low))); power <= last; ++power) {
        for (const double one : times) {
            const double at = one * std::pow(10, power);
            if (at >= a.low && at <= a.high) a.ticks.push_back({at, label(at)});
        }
    }
    return a;
}

axis fitting_axis(double low, double high, std::string title, const label_of& label) {
    if (low > 0 && high > 20 * low) return logarithmic_axis(low, high, std::move(title), label);
    return linear_axis(high * (1 + headroom), 5, std::move(title), label);
}

chart::chart(axis x, axis y, std::string_view description)
    : x_(std::move(x)), y_(std::move(y)), description_(description) {}

double chart::across(double x) const noexcept { return left + x_.share(x) * (width - left - right); }
double chart::down(double y) const noexcept {
    return height - bottom - y_.share(y) * (height - top - bottom);
}

std::string chart::path(const std::vector<point>& points, bool joined) const {
    std::string out;
    std::string last;
    for (const point& p : points) {
        const std::string here = tenth(across(p.x)) + " " + tenth(down(p.y));
        if (here == last) continue;
        out += (out.empty() && !joined ? "M" : "L") + here;
        last = here;
    }
    return out;
}

void chart::line(const std::vector<point>& points, std::string_view style) {
    if (points.empty()) return;
    drawn_ +=
        "<path" + styled(std::string("line ") + std::string(style)) + " d=\"" + path(points, false) + "\"/>";
}

void chart::band(const std::vector<point>& lower, const std::vector<point>& upper, std::string_view style) {
    if (lower.empty() || upper.empty()) return;
    const std::vector<point> back(upper.rbegin(), upper.rend());
    drawn_ += "<path" + styled(std::string("band ") + std::string(style)) + " d=\"" + path(lower, false) +
              path(back, true) + "Z\"/>";
}

void chart::dots(const std::vector<point>& points, std::string_view style) {
    for (const point& p : points) {
        drawn_ += "<circle" + styled(std::string("dot ") + std::string(style)) + " cx=\"" +
                  tenth(across(p.x)) + "\" cy=\"" + tenth(down(p.y)) + "\" r=\"4\"/>";
    }
}

void chart::post(double x, std::string_view words, std::string_view style) {
    const double at = across(x);
    drawn_ += "<path" + styled(std::string("line ") + std::string(style)) + " d=\"M" + tenth(at) + " " +
              tenth(top) + "V" + tenth(height - bottom) + "\"/>";
    // On the side that has more room.
    const bool before = at > width / 2;
    drawn_ += label(before ? at - 6 : at + 6, top + 14, before ? "end" : "start", words);
}

void chart::shade(double from, double to) {
    const double x = across(from);
    const double wide = across(to) - x;
    if (wide <= 0) return;
    below_ += "<rect class=\"shade\" x=\"" + tenth(x) + "\" y=\"" + tenth(top) + "\" width=\"" + tenth(wide) +
              "\" height=\"" + tenth(height - top - bottom) + "\"/>";
}

void chart::mark(double x, std::size_t row, std::string_view style, std::string_view words) {
    const double y = height - bottom - 7 - 9 * static_cast<double>(row);
    drawn_ += "<rect" + styled(std::string("mark ") + std::string(style)) + " x=\"" + tenth(across(x) - 2) +
              "\" y=\"" + tenth(y) + "\" width=\"4\" height=\"7\"><title>" + html_text(words) +
              "</title></rect>";
}

std::string chart::svg() const {
    std::string out = "<svg viewBox=\"0 0 " + tenth(width) + " " + tenth(height) +
                      "\" role=\"img\" aria-label=\"" + html_text(description_) + "\">" + below_;
    for (const axis::tick& t : y_.ticks) {
        const double y = down(t.at);
        out += "<path class=\"grid\" d=\"M" + tenth(left) + " " + tenth(y) + "H" + tenth(width - right) +
               "\"/>" + label(left - 6, y + 5, "end", t.label);
    }
    for (const axis::tick& t : x_.ticks) {
        const double x = across(t.at);
        out += "<path class=\"grid\" d=\"M" + tenth(x) + " " + tenth(height - bottom) + "v5\"/>" +
               below(x, t.label);
    }
    out += "<path class=\"edge\" d=\"M" + tenth(left) + " " + tenth(top) + "V" + tenth(height - bottom) +
           "H" + tenth(width - right) + "\"/>";
    out += label(2, 14, "start", y_.title) + label(width - right, height - 5, "end", x_.title);
    return out + drawn_ + "</svg>";
}

}  // namespace getty::connect::load
