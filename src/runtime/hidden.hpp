// Keeping secrets out of what a service says.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::runtime {

/// `text` with every occurrence of one of `secrets` replaced by "[hidden]", as it is, percent-encoded, in
/// base64 or as JSON escapes it: an endpoint, or a proxy on the way, may quote the request that it refuses.
/// Secrets of fewer than four bytes are left: they would tear up any text.
[[nodiscard]] std::string hide(std::string text, std::span<const std::string_view> secrets);

/// The secrets in the Authorization field of a request: a token, the proof and the client nonce of Digest.
/// Views into `request`.
[[nodiscard]] std::vector<std::string_view> credentials_in(std::string_view request);

}  // namespace getty::connect::runtime
