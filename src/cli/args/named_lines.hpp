// Small files of lines NAME=VALUE: what those of credentials and of settings have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace getty::connect::cli {

inline constexpr std::size_t max_named_lines_bytes = 64 * 1024;

/// `text` without the blanks around it.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Calls `each(line, number)` for every line, counted from 1; a byte order mark is no part of the first.
template <class Each>
void each_line(std::string_view text, const Each& each) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::size_t length = std::min(text.find('\n'), text.size());
        each(text.substr(0, length), number);
        text.remove_prefix(std::min(length + 1, text.size()));
    }
}

/// Reads all of a file into `to`, which has room for `max_named_lines_bytes` + 1, and gives its size. Throws
/// `usage_error` that it is too long to be `what`, `local_failure` when it cannot be read.
[[nodiscard]] std::size_t read_named_lines(int descriptor, char* to, const std::string& path,
                                           std::string_view what);

}  // namespace getty::connect::cli
