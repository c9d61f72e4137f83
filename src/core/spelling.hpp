// What somebody may have meant who mistyped a word.
#pragma once

#include <cstddef>
#include <string_view>

namespace getty::connect::core {

/// Single-character edits from one to the other (Levenshtein).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `candidates`, a range of texts, that is nearest to `word`; empty where none is near enough to
/// have been meant: fewer than four edits away, and fewer than it is long.
template <class Range>
[[nodiscard]] std::string_view nearest(std::string_view word, const Range& candidates) {
    std::string_view best;
    std::size_t least = 4;
    for (const std::string_view one : candidates) {
        const std::size_t d = edit_distance(word, one);
        if (d >= least || d >= one.size()) continue;
        best = one;
        least = d;
    }
    return best;
}

}  // namespace getty::connect::core
