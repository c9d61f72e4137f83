// A measurement for a terminal.
#pragma once

#include "load/compare.hpp"
#include "load/measurement.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace getty::connect::load {

/// Plain ASCII but for texts of the document, at most `columns` wide (80 and more; command and addresses that
/// have no blanks may be longer); what the document has of control characters is shown as '?'.
[[nodiscard]] std::string text_report(const measurement& m, std::size_t columns);

/// Figures of two measurements side by side. `unlike`: what makes them no pair, told in front.
[[nodiscard]] std::string text_comparison(const std::vector<figure_change>& changes,
                                          const std::vector<std::string>& unlike, std::size_t columns);

}  // namespace getty::connect::load
