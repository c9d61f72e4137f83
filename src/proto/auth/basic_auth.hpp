// Basic credentials: for proxies, and for servers where the caller allowed it.
#pragma once

#include <getty/connect/secret.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::proto {

/// A user name that Basic can carry: no colon, no control character (RFC 7617 2).
[[nodiscard]] bool is_basic_user(std::string_view user) noexcept;

/// Appends `Basic <base64 of user:password>`. Precondition: `is_basic_user(user)`. The password appears in
/// `out`, in effect in the clear: the caller wipes it.
void append_basic(std::string& out, std::string_view user, const secret& password);

struct basic_credentials {
    std::string user;
    secret password;
};

/// Decodes the token68 of Basic credentials; nothing when it is not canonical base64 (RFC 4648 4) or has no
/// colon.
[[nodiscard]] std::optional<basic_credentials> read_basic(std::string_view token68);

}  // namespace getty::connect::proto
