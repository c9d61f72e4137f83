// The `name=value&...` form of queries and of form bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::sandbox {

struct parameter {
    std::string name, value;
};

inline constexpr std::size_t max_parameters = 64;

/// What '+' stands for: itself in a path, a blank in a query or a form (WHATWG URL, 5.1).
enum class plus { literal, blank };

/// `text` without percent-encoding; nothing when an escape is malformed or the result is no UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, plus meaning);

/// Nothing when an escape is malformed, a name comes twice, or there are more than `max_parameters`.
[[nodiscard]] std::optional<std::vector<parameter>> parse_parameters(std::string_view text);

/// The value of `name`, null when it is absent.
[[nodiscard]] const std::string* find(const std::vector<parameter>& in, std::string_view name) noexcept;

}  // namespace getty::connect::sandbox
