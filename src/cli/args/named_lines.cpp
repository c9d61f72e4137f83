#include "cli/args/named_lines.hpp"

#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"

namespace getty::connect::cli {

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::size_t read_named_lines(int descriptor, char* to, const std::string& path, std::string_view what) {
    std::size_t size = 0;
    for (;;) {
        const std::size_t count = read_some(descriptor, to + size, max_named_lines_bytes + 1 - size, path);
        if (count == 0) return size;
        size += count;
        if (size > max_named_lines_bytes) {
            throw usage_error(path + ": is longer than 64 KiB: no " + std::string(what));
        }
    }
}

}  // namespace getty::connect::cli
