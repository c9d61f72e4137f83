#include "cli/args/duration.hpp"

#include "cli/trouble.hpp"

#include <charconv>
#include <cstdint>

namespace getty::connect::cli {
namespace {

struct unit {
    std::string_view name;
    std::int64_t milliseconds;
};

// Ascending: `to_text` takes the largest that divides.
constexpr unit units[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view text, std::chrono::milliseconds min,
                                         std::chrono::milliseconds max) {
    const auto range = [&] { return "must be between " + to_text(min) + " and " + to_text(max); };
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc::result_out_of_range) throw usage_error(range());
    if (failed != std::errc{} || number < 0) {
        throw usage_error("a duration is a whole number and its unit, such as 500ms, 10s or 2m");
    }
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    if (name.empty()) {
        const std::string bare(text);
        throw usage_error("the unit is missing; write " + bare + "ms, " + bare + "s or " + bare + "m");
    }
    for (const unit& u : units) {
        if (u.name != name) continue;
        // Compared before the product is made, which could overflow.
        if (number > max.count() / u.milliseconds) throw usage_error(range());
        const std::chrono::milliseconds length(number * u.milliseconds);
        if (length < min) throw usage_error(range());
        return length;
    }
    throw usage_error("a duration is a whole number and one of the units ms, s, m and h");
}

std::string to_text(std::chrono::milliseconds length) {
    const unit* best = &units[0];
    for (const unit& u : units) {
        if (length.count() != 0 && length.count() % u.milliseconds == 0) best = &u;
    }
    return std::to_string(length.count() / best->milliseconds) + std::string(best->name);
}

}  // namespace getty::connect::cli
