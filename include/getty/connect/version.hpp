// Which release this is.
#pragma once

#include <string_view>

/// Major version * 10,000 + minor version * 100 + patch level, for `#if`.
#define GETTY_CONNECT_VERSION 200

/// The inline namespace of all public names: a program compiled with the headers of one minor version does
/// not link with the library of another. Never to be written in a program.
#define GETTY_CONNECT_ABI v0_2

namespace getty::connect::inline GETTY_CONNECT_ABI {

inline constexpr std::string_view version = "0.2.0";

}  // namespace getty::connect::inline GETTY_CONNECT_ABI
