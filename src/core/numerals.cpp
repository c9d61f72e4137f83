#include "core/numerals.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace getty::connect::core {

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

std::string fixed(double value, int digits) {
    char text[400];
    const auto [end, failed] =
        std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, std::clamp(digits, 0, 20));
    return failed == std::errc{} ? std::string(text, end) : std::string("?");
}

std::string three_digits(double value) {
    if (!std::isfinite(value)) return "?";
    if (value < 0) return "-" + three_digits(-value);
    if (value >= 99.95) {
        return value < 1e18 ? grouped(static_cast<std::uint64_t>(std::llround(value))) : fixed(value, 0);
    }
    if (value < 1e-6) return "0";
    const int digits = 2 - static_cast<int>(std::floor(std::log10(value)));
    std::string text = fixed(value, std::min(digits, 8));
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') text.pop_back();
    }
    return text;
}

std::string microseconds_text(double microseconds) {
    if (std::abs(microseconds) < 999.5) return three_digits(microseconds) + " us";
    if (std::abs(microseconds) < 999.5e3) return three_digits(microseconds / 1e3) + " ms";
    return three_digits(microseconds / 1e6) + " s";
}

std::string counted_noun(std::uint64_t count, std::string_view one, std::string_view many) {
    return grouped(count) + " " + std::string(count == 1 ? one : many);
}

std::string bytes_words(std::uint64_t count) {
    if (count < 1'000) return counted_noun(count, "byte", "bytes");
    double value = static_cast<double>(count) / 1'000;
    std::string_view unit = "kB";
    for (const std::string_view larger : {"MB", "GB", "TB"}) {
        if (value < 999.5) break;
        value /= 1'000;
        unit = larger;
    }
    return fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0) + " " + std::string(unit);
}

std::string rate_text(double per_second) { return three_digits(per_second) + "/s"; }

std::string percent_text(double share) { return three_digits(share * 100) + " %"; }

}  // namespace getty::connect::core
