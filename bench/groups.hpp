// Many ids in one request of v3, against one by one.
#pragma once

#include "bench/arguments.hpp"

#include <string_view>

namespace bench {

inline constexpr std::string_view groups_usage =
    R"(  bench groups [--rounds N] [--ids N] [--json FILE]
      1, 10 and 100 images in a request of v3 against lookups of one: CPU time for each image, memory, allocations,
      and the targets that are met and missed
)";

int run_groups(const std::vector<std::string>& words);

}  // namespace bench
