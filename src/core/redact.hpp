// Keeping secrets out of what a service says.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace getty::connect::core {

/// `text` with every occurrence of one of `secrets` replaced by "[hidden]", as it is, percent-encoded (also
/// as forms do), in base64, or as JSON or HTML escape it: an endpoint, or a proxy on the way, may quote the
/// request that it refuses. Secrets of fewer than four bytes are left: they would tear up any text.
[[nodiscard]] std::string redact(std::string text, std::span<const std::string_view> secrets);

}  // namespace getty::connect::core
