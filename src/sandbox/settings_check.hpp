// Settings that cannot work, told before anything is started.
#pragma once

#include <getty/connect/sandbox.hpp>

#include <string>

namespace getty::connect::sandbox {

/// Empty when the settings can work; else what is wrong and what would be right.
[[nodiscard]] std::string why_unusable(const settings& s);

}  // namespace getty::connect::sandbox
