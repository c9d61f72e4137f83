// Basic credentials, for proxies.
#pragma once

#include <getty/connect/secret.hpp>

#include <string>
#include <string_view>

namespace getty::connect::proto {

/// A user name that Basic can carry: no colon, no control character (RFC 7617 2).
[[nodiscard]] bool is_basic_user(std::string_view user) noexcept;

/// Appends `Basic <base64 of user:password>`. Precondition: `is_basic_user(user)`. The password appears in
/// `out`, in effect in the clear: the caller wipes it.
void append_basic(std::string& out, std::string_view user, const secret& password);

}  // namespace getty::connect::proto
