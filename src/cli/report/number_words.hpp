// Numbers for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace getty::connect::cli {

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// With so many digits behind the point.
[[nodiscard]] std::string fixed(double value, int digits);
/// "1 id", "2,000 ids".
[[nodiscard]] std::string counted_noun(std::uint64_t count, std::string_view one, std::string_view many);
/// "512 bytes", "3.2 kB", "1.24 GB": powers of 1,000.
[[nodiscard]] std::string bytes_words(std::uint64_t count);

}  // namespace getty::connect::cli
