// The switches of the v3 dialect as people write them.
#pragma once

#include <getty/connect/sandbox.hpp>

#include <string>
#include <string_view>

namespace getty::connect::sandbox::v3 {

/// Reads `NAME=VALUE`; docs/sandbox.md has the names. Empty when that worked; else what is wrong and what
/// would be right, and `into` is as before.
[[nodiscard]] std::string set_rule(v3_rules& into, std::string_view rule);

}  // namespace getty::connect::sandbox::v3
