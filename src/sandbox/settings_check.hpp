// Settings that cannot work, told before anything is started.
#pragma once

#include "sandbox/faults/fault.hpp"

#include <getty/connect/sandbox.hpp>

#include <string>

namespace getty::connect::sandbox {

/// Empty when the settings can work; else what is wrong and what would be right.
[[nodiscard]] std::string why_unusable(const settings& s);

/// Empty when the fault can happen where requests are authenticated like this; else as above.
[[nodiscard]] std::string why_unfit(const fault& what, auth scheme);

}  // namespace getty::connect::sandbox
