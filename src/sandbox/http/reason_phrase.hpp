// The words beside a status.
#pragma once

#include <string_view>

namespace getty::connect::sandbox {

/// RFC 9110 15; "Other" for a status that the sandbox itself does not use.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace getty::connect::sandbox
