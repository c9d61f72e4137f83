#include "proto/http/retry_after.hpp"

#include "proto/http/http_date.hpp"

#include <algorithm>

namespace getty::connect::proto {
namespace {

std::string_view without_outer_blanks(std::string_view text) noexcept {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view value, std::optional<std::chrono::sys_seconds> now) noexcept {
    value = without_outer_blanks(value);
    if (value.empty()) return std::nullopt;
    if (value.front() < '0' || value.front() > '9') {
        const auto until = parse_http_date(value, now);
        if (!until || !now) return std::nullopt;
        if (*until <= *now) return std::chrono::milliseconds(0);
        return std::min<std::chrono::milliseconds>(*until - *now, longest_parsed_retry_after);
    }
    std::chrono::seconds wait{0};
    for (const char c : value) {
        if (c < '0' || c > '9') return std::nullopt;
        // cut at each digit, so that no number of digits overflows
        wait = std::min<std::chrono::seconds>(
            wait * 10 + std::chrono::seconds(c - '0'),
            std::chrono::duration_cast<std::chrono::seconds>(longest_parsed_retry_after));
    }
    return wait;
}

}  // namespace getty::connect::proto
