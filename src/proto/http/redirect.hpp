// Where a redirect leads, if it may be followed.
#pragma once

#include <string>
#include <string_view>

namespace getty::connect::proto {

struct redirect {
    redirect() {}  // user-provided: see the coroutine rules of g++ 12

    std::string target;        ///< of the next request; empty when the redirect is refused
    std::string_view refused;  ///< "a redirect ...": what is wrong with it
};

/// Resolves `location` against a request for `from` (a request target) at `authority` (as in the Host field),
/// RFC 3986 5.2 and RFC 9110 10.2.2. Stays at the same https origin, whatever the spelling.
[[nodiscard]] redirect resolve_redirect(std::string_view location, std::string_view from,
                                        std::string_view authority);

}  // namespace getty::connect::proto
