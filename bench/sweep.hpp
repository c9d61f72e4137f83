// This library from many sides: what the ladder's single figure does not show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr std::string_view sweep_usage =
    R"(  bench sweep [--only PART,...] [--rounds N] [--requests N] [--largest N] [--connections N] [--json FILE]
      this library at other loads and in other figures, each next to its target; --largest: ids of the largest batch
)";

int run_sweep(const std::vector<std::string>& words);

}  // namespace bench
