#include "bench/figures.hpp"

#include <cstdio>
#include <sstream>

namespace bench {

std::string to_text(const figures& of) {
    std::string text;
    for (const auto& [name, value] : of) {
        char digits[64];
        std::snprintf(digits, sizeof digits, " %.10g\n", value);
        text += name + digits;
    }
    return text;
}

std::optional<figures> parse_figures(const std::string& text) {
    figures found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        double value = 0;
        if (!(words >> name >> value)) return std::nullopt;
        found[name] = value;
    }
    if (found.empty()) return std::nullopt;
    return found;
}

}  // namespace bench
