// What a request carries that no message may quote.
#pragma once

#include <string_view>
#include <vector>

namespace getty::connect::proto {

/// The secrets in the Authorization field of a request: a token, the proof and the client nonce of Digest.
/// Views into `request`.
[[nodiscard]] std::vector<std::string_view> credentials_in(std::string_view request);

}  // namespace getty::connect::proto
