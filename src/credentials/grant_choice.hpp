// What a token is asked for with.
#pragma once

#include <optional>
#include <string_view>

namespace getty::connect::credentials {

/// A way to a token (RFC 6749 4.3, 4.4 and 6). The Connect interface has one, with or without a user.
enum class token_grant { client_credentials, password, refresh_token };

/// Which grant is asked for: by what the client was given, whether a refresh token is held, and what came of
/// asking with it.
///
/// A refresh token stands for the user it was issued for. One that was given is followed by that user's
/// password alone, where it is known: what the application may see by itself is something else.
///
///     given                      refresh token held    else, and after one was refused
///     key, secret                refresh_token         client_credentials
///     key, secret, user          refresh_token         password
///     key, secret, refresh token refresh_token         nothing
class grant_choice {
public:
    enum class beside { application, user, nothing };  ///< a refresh token

    explicit constexpr grant_choice(beside what) noexcept : beside_(what) {}

    /// Nothing: there is no way to a token.
    [[nodiscard]] constexpr std::optional<token_grant> first(bool holds_refresh_token) const noexcept {
        if (holds_refresh_token) return token_grant::refresh_token;
        switch (beside_) {
            case beside::application:
                return token_grant::client_credentials;
            case beside::user:
                return token_grant::password;
            case beside::nothing:
                break;
        }
        return std::nullopt;
    }

    /// The answer to a request with `asked` says that what it was asked with is no good any more, so that
    /// another grant is to be tried: `status`, and what the body calls its error (RFC 6749 5.2).
    ///
    /// Some services tell an expired refresh token by a 401. One that means the client itself
    /// (`invalid_client`) costs one more request.
    [[nodiscard]] static constexpr bool is_spent(token_grant asked, int status,
                                                 std::string_view code) noexcept {
        if (asked != token_grant::refresh_token) return false;
        return status == 401 || (status == 400 && code == "invalid_grant");
    }

private:
    beside beside_;
};

}  // namespace getty::connect::credentials
