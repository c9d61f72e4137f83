// The lines of a flag's help.
#pragma once

#include <cstddef>
#include <string_view>

namespace getty::connect::cli {

/// Whether a line explains one of the values of a flag, "v3: the live one", "any (default): found out", or is
/// otherwise not the continuation of the line before.
[[nodiscard]] inline bool begins_item(std::string_view line) {
    if (line.starts_with("default")) return true;
    const std::size_t word = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-");
    if (word == 0 || word == std::string_view::npos) return false;
    line.remove_prefix(word);
    constexpr std::string_view marked = " (default)";
    if (line.starts_with(marked)) line.remove_prefix(marked.size());
    return line.starts_with(": ");
}

}  // namespace getty::connect::cli
