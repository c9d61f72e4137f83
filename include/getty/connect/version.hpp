// Which release this is.
#pragma once

#include <string_view>

namespace getty::connect {

inline constexpr std::string_view version = "0.1.0";

}  // namespace getty::connect
