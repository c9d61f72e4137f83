#include "cli/report/number_words.hpp"

#include <cstdio>

namespace getty::connect::cli {

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

std::string fixed(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
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

}  // namespace getty::connect::cli
