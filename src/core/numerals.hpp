// Figures as people read them, whatever the locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace getty::connect::core {

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);

/// With so many digits after the point, 0 to 20: 2.5 as "2.50".
[[nodiscard]] std::string fixed(double value, int digits);

/// To three significant digits, whole thousands grouped, without zeros at the end of a fraction: 12345.6 as
/// "12,346", 12.34 as "12.3", 0.01234 as "0.0123", 12.0 as "12".
[[nodiscard]] std::string three_digits(double value);

/// A duration in the unit that suits it: 812.4 as "812 us", 12345 as "12.3 ms", 2.5e6 as "2.5 s".
[[nodiscard]] std::string microseconds_text(double microseconds);

/// "1 id", "2,000 ids".
[[nodiscard]] std::string counted_noun(std::uint64_t count, std::string_view one, std::string_view many);

/// "512 bytes", "3.2 kB", "1.24 GB": powers of 1,000.
[[nodiscard]] std::string bytes_words(std::uint64_t count);

/// "12,346/s", to three significant digits.
[[nodiscard]] std::string rate_text(double per_second);

/// 0.00123 as "0.123 %".
[[nodiscard]] std::string percent_text(double share);

}  // namespace getty::connect::core
