#include "core/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <locale.h>  // newlocale
#include <string>
#include <version>

namespace getty::connect::core {
namespace {

bool skip_digits(std::string_view& text) noexcept {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    return digits > 0;
}

bool is_decimal(std::string_view text) noexcept {
    if (text.starts_with('-')) text.remove_prefix(1);
    bool digits = skip_digits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        digits = skip_digits(text) || digits;
    }
    if (!digits) return false;
    if (!text.starts_with('e') && !text.starts_with('E')) return text.empty();
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return skip_digits(text) && text.empty();
}

}  // namespace

double detail::nearest_by_strtod(std::string_view number) {
    // In the program's locale the point could be a comma.
    static const locale_t plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
    std::array<char, 128> room{};
    if (number.size() < room.size()) {
        std::copy(number.begin(), number.end(), room.begin());
        return ::strtod_l(room.data(), nullptr, plain);
    }
    return ::strtod_l(std::string(number).c_str(), nullptr, plain);
}

std::optional<double> read_decimal(std::string_view text) {
    if (!is_decimal(text)) return std::nullopt;
#ifdef __cpp_lib_to_chars  // said only by libraries that have it for doubles
    double value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) return value;
#endif
    return detail::nearest_by_strtod(text);  // also tells too large from too small
}

}  // namespace getty::connect::core
