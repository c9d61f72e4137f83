// Which release this is.
#pragma once

#include <getty/connect/config.hpp>

#include <string_view>

namespace getty::connect::inline GETTY_CONNECT_ABI {

inline constexpr std::string_view version = "0.8.0";

}  // namespace getty::connect::inline GETTY_CONNECT_ABI
