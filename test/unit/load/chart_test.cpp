#include "load/chart.hpp"

#include "core/numerals.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <string_view>

using namespace getty::connect;
using namespace getty::connect::load;

namespace {

std::string labels(const axis& a) {
    std::string all;
    for (const axis::tick& t : a.ticks) all += (all.empty() ? "" : " ") + t.label;
    return all;
}

std::string digits(double value) { return core::three_digits(value); }

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

chart unit_chart() {
    return {linear_axis(10, 5, "seconds", digits), linear_axis(100, 5, "things", digits), "what is <drawn>"};
}

}  // namespace

TEST_CASE("L9: text cannot leave its place in a page") {
    CHECK(html_text("<a href=\"x\" onclick='y'>&amp;") ==
          "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;amp;");
    CHECK(html_text("a\x01"
                    "b\xff"
                    "c\xC3\xA9") == "a?b?c\xC3\xA9");
    CHECK(html_text(std::string(1'000, '<'), 10).size() < 60);
}

TEST_CASE("L9: linear ticks are at round numbers from 0 to the highest value") {
    CHECK(labels(linear_axis(10, 5, "", digits)) == "0 2 4 6 8 10");
    CHECK(labels(linear_axis(1'640, 5, "", digits)) == "0 500 1,000 1,500");
    CHECK(labels(linear_axis(0.07, 5, "", digits)) == "0 0.02 0.04 0.06");
    CHECK(labels(linear_axis(0, 5, "", digits)) == "0 0.2 0.4 0.6 0.8 1");
    CHECK(labels(linear_axis(37, 6, "", digits)) == "0 10 20 30");
}

TEST_CASE("L9: logarithmic ticks are at powers of ten, with more between where those are few") {
    CHECK(labels(logarithmic_axis(1, 1e6, "", digits)) ==
          "1 10 100 1,000 10,000 100,000 1,000,000 10,000,000");
    CHECK(labels(logarithmic_axis(20, 500, "", digits)) == "20 50 100 200 500");
    CHECK(logarithmic_axis(10, 10, "", digits).ticks.size() >= 2);
    CHECK(logarithmic_axis(0, 0, "", digits).low > 0);
}

TEST_CASE("L9: an axis places values by difference or by ratio, and moves none outside") {
    const axis even = linear_axis(10, 5, "", digits);
    CHECK(even.share(0) == 0);
    CHECK(even.share(2.5) == 0.25);
    CHECK(even.share(10) == 1);
    CHECK(even.share(-5) == 0);
    CHECK(even.share(1e9) == 1);
    axis ratio;
    ratio.logarithmic = true;
    ratio.low = 1;
    ratio.high = 10'000;
    CHECK(ratio.share(100) == doctest::Approx(0.5));
    CHECK(ratio.share(0) == 0);
    axis none;
    none.high = 0;
    CHECK(none.share(5) == 0);
}

TEST_CASE("L9: values more than twenty times apart are drawn by their logarithm, zero among them is not") {
    CHECK_FALSE(fitting_axis(10, 200, "", digits).logarithmic);
    CHECK(fitting_axis(10, 201, "", digits).logarithmic);
    CHECK_FALSE(fitting_axis(0, 1'000, "", digits).logarithmic);
    for (const auto& [low, high] : {std::pair{10.0, 200.0}, {10.0, 5'000.0}}) {
        const axis a = fitting_axis(low, high, "", digits);
        CHECK(a.share(high) > 0.8);
        CHECK(a.share(high) < 0.9);  // room for words
    }
}

TEST_CASE("L9: a chart has its titles, its labels and a description in words") {
    const std::string svg = unit_chart().svg();
    CHECK(svg.starts_with("<svg viewBox=\"0 0 520 270\" role=\"img\" aria-label=\"what is &lt;drawn&gt;\">"));
    CHECK(svg.ends_with("</svg>"));
    CHECK(count(svg, ">seconds</text>") == 1);
    CHECK(count(svg, ">things</text>") == 1);
    CHECK(count(svg, "<text ") == 2 + 6 + 6);
}

TEST_CASE("L9: a label at the right edge is drawn in, not cut off") {
    axis x = linear_axis(10, 5, "share", digits);
    x.ticks = {{5, "99.9 %"}, {10, "99.99 %"}};
    const std::string svg = chart(x, linear_axis(100, 5, "things", digits), "").svg();
    CHECK(count(svg, "<text x=\"286\" y=\"245\" text-anchor=\"middle\">99.9 %</text>") == 1);
    CHECK(count(svg, "<text x=\"519\" y=\"245\" text-anchor=\"end\">99.99 %</text>") == 1);
}

TEST_CASE("L9: lines go through their points, and points that cannot be told apart are one") {
    chart drawn = unit_chart();
    drawn.line({{0, 0}, {5, 50}, {5.0001, 50}, {10, 100}}, "a");
    CHECK(count(drawn.svg(), "<path class=\"line a\" d=\"M66 226L286 126L506 26\"/>") == 1);
    chart empty = unit_chart();
    empty.line({}, "a");
    empty.band({}, {}, "a");
    empty.dots({}, "a");
    empty.shade(5, 5);
    CHECK(empty.svg() == unit_chart().svg());
}

TEST_CASE("L9: bands, dots, posts, shades and marks stand where their values are") {
    chart drawn = unit_chart();
    drawn.band({{0, 0}, {10, 0}}, {{0, 50}, {10, 100}}, "a");
    drawn.dots({{5, 50}}, "b");
    drawn.post(10, "<knee>", "dashed");
    drawn.post(0, "begin", "dashed");
    drawn.shade(0, 5);
    drawn.mark(5, 0, "e", "3 & 4");
    const std::string svg = drawn.svg();
    CHECK(count(svg, "<path class=\"band a\" d=\"M66 226L506 226L506 26L66 126Z\"/>") == 1);
    CHECK(count(svg, "<circle class=\"dot b\" cx=\"286\" cy=\"126\" r=\"4\"/>") == 1);
    CHECK(count(svg, "d=\"M506 26V226\"") == 1);
    CHECK(count(svg, "text-anchor=\"end\">&lt;knee&gt;</text>") == 1);
    CHECK(count(svg, "text-anchor=\"start\">begin</text>") == 1);
    CHECK(count(svg, "<rect class=\"shade\" x=\"66\" y=\"26\" width=\"220\" height=\"200\"/>") == 1);
    CHECK(svg.find("class=\"shade\"") < svg.find("class=\"grid\""));
    CHECK(count(svg, "<title>3 &amp; 4</title>") == 1);
}
