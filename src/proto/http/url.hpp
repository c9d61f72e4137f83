// Base addresses as users write them.
#pragma once

#include <getty/connect/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace getty::connect::proto {

/// The parts of an absolute https URL that a request needs.
struct https_url {
    https_url() {}     // user-provided: see the coroutine rules of g++ 12
    std::string host;  ///< a name or an address, IPv6 without its brackets
    std::uint16_t port = 443;
    std::string path;  ///< empty, or starting with '/' and not ending with one
};

/// Reads `https://host[:port][/path]` (RFC 3986). Errors: `invalid_option` naming `option`, the value, the
/// rule and the mend; user information, a query and a fragment have no place here, nor has http.
[[nodiscard]] result<https_url> parse_https_url(std::string_view option, std::string_view value);

/// Where an HTTP proxy is.
struct proxy_url {
    proxy_url() {}     // user-provided: see the coroutine rules of g++ 12
    std::string host;  ///< a name or an address, IPv6 without its brackets
    std::uint16_t port = 80;
};

/// Reads `http://host[:port][/]`. Errors as `parse_https_url`.
[[nodiscard]] result<proxy_url> parse_proxy_url(std::string_view option, std::string_view value);

}  // namespace getty::connect::proto
