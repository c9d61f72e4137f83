// All clients against each other, in rounds.
#pragma once

#include "bench/arguments.hpp"

#include <string_view>

namespace bench {

inline constexpr std::string_view ladder_usage =
    R"(  bench [--in-flight N] [--rounds N] [--requests N] [--only NAME,...] [--digest MD5|SHA-256] [--json FILE]
      every client in turn against the same origin, in rounds: CPU time of the client's process for each request
)";

int run_ladder(const std::vector<std::string>& words);

}  // namespace bench
