// Whether an origin may be sent requests before it has answered the earlier ones.
#pragma once

#include <getty/connect/error.hpp>

#include <string_view>

namespace getty::connect::policy {

/// How an exchange ended, on a connection that may carry several.
struct pipelined_exchange {
    errc code{};                 ///< zero: it brought the response that was wanted
    bool behind_others = false;  ///< it was sent while responses to earlier requests were to come
    bool shared = false;         ///< others were under way when it ended
    bool ended_before = false;   ///< it only shares the fate of an earlier one
    bool unasked = false;        ///< bytes came that answer no request
    bool by_write = false;       ///< a write found the connection gone: what came before that is unread
};

/// What says that the origin, or something on the way to it, is not fit for pipelining (RFC 9112 9.3.2);
/// empty: nothing does.
///
///     bytes that answer no request                       with or without others
///     a malformed response, another request's response,  among others
///       a close that was not announced; not one that
///       a write ran into: its announcement may be unread
///     no response in time                                behind others
///
/// An announced close (`Connection: close`) is in order, whatever was sent behind it. The text is static.
[[nodiscard]] std::string_view pipelining_violation(const pipelined_exchange& ended) noexcept;

}  // namespace getty::connect::policy
