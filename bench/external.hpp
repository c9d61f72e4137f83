// Clients that are programs of their own.
#pragma once

#include "bench/contestant.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct external_client {
    std::string_view program;
    std::string_view title;
    /// The command for `of`.
    std::vector<std::string> (*command)(const job& of);
    /// Requests that were answered by a 200, and how many per second; nothing when some were not.
    std::optional<std::pair<double, double>> (*read)(const std::string& output);
};

[[nodiscard]] const std::vector<external_client>& external_clients();

}  // namespace bench
