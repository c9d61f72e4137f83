// Charts as SVG, to stand within a page whose styles give them their colours.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::load {

/// Text fit to stand in HTML and SVG, between tags or within quotes: control characters are '?', at most
/// `max_bytes` before escaping.
[[nodiscard]] std::string html_text(std::string_view text, std::size_t max_bytes = 500);

struct point {
    double x = 0;
    double y = 0;
};

/// Where values lie along one side of a chart.
struct axis {
    struct tick {
        double at = 0;
        std::string label;
    };
    double low = 0;
    double high = 1;
    bool logarithmic = false;  ///< `low` > 0
    std::vector<tick> ticks;
    std::string title;

    /// 0 at `low`, 1 at `high`; what is outside is moved to the nearest.
    [[nodiscard]] double share(double value) const noexcept;
};

using label_of = std::function<std::string(double)>;

/// From 0 to `high`, with about `ticks` of them at round numbers.
[[nodiscard]] axis linear_axis(double high, std::size_t ticks, std::string title, const label_of& label);
/// From below `low` to above `high`, with ticks at powers of ten, and at 2 and 5 times those where they are
/// few.
[[nodiscard]] axis logarithmic_axis(double low, double high, std::string title, const label_of& label);
/// Logarithmic where values are more than twenty times apart, or from 0 on; with room for words above.
[[nodiscard]] axis fitting_axis(double low, double high, std::string title, const label_of& label);

/// 520 by 270 units with margins; styles by class name: "grid", "shade", "a" to "f", "dashed".
class chart {
public:
    /// `description`: for those who do not see it.
    chart(axis x, axis y, std::string_view description);

    /// Points in their order, at most so many as can be told apart.
    void line(const std::vector<point>& points, std::string_view style);
    /// Between two lines over the same places.
    void band(const std::vector<point>& lower, const std::vector<point>& upper, std::string_view style);
    void dots(const std::vector<point>& points, std::string_view style);
    /// From top to bottom, with words beside its top.
    void post(double x, std::string_view words, std::string_view style);
    /// A part of the background.
    void shade(double from, double to);
    /// Small marks at the bottom, the `row`-th from below.
    void mark(double x, std::size_t row, std::string_view style, std::string_view words);

    [[nodiscard]] std::string svg() const;

private:
    [[nodiscard]] double across(double x) const noexcept;
    [[nodiscard]] double down(double y) const noexcept;
    [[nodiscard]] std::string path(const std::vector<point>& points, bool joined) const;

    axis x_;
    axis y_;
    std::string description_;
    std::string below_;  ///< drawn under the grid
    std::string drawn_;
};

}  // namespace getty::connect::load
