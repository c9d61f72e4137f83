// What one run came to: figures by name, as lines of text between two processes.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace bench {

using figures = std::map<std::string, double, std::less<>>;

/// A line for each figure: its name, a blank, its value.
[[nodiscard]] std::string to_text(const figures& of);

/// Nothing when a line has another form or there is none.
[[nodiscard]] std::optional<figures> parse_figures(const std::string& text);

}  // namespace bench
