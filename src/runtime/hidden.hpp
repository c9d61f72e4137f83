// Keeping secrets out of what a service says.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace getty::connect::runtime {

/// `text` with every occurrence of one of `secrets`, as it is or percent-encoded, replaced by "[hidden]": an
/// endpoint, or a proxy on the way, may quote the request that it refuses. Secrets of fewer than four bytes
/// are left: they would tear up any text.
[[nodiscard]] std::string hide(std::string_view text, std::initializer_list<std::string_view> secrets);

}  // namespace getty::connect::runtime
