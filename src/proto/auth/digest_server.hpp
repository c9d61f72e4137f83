// The server's side of HTTP Digest authentication, for a server that knows the passwords.
#pragma once

#include "proto/auth/digest_challenge.hpp"

#include <getty/connect/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::proto {

/// The parameters of `Authorization: Digest ...` (RFC 7616 3.4).
struct digest_credentials {
    // user-provided: g++ 12 destroys an aggregate temporary twice when it is passed in a co_await expression
    digest_credentials() noexcept;

    std::string user;  ///< decoded, whichever of username and username* it came in; a hash when `userhash`
    std::string realm;
    std::string nonce;
    std::string uri;
    std::string response;
    std::string opaque;
    digest_algorithm algorithm = digest_algorithm::md5;
    digest_qop qop = digest_qop::none;
    std::uint32_t nc = 0;  ///< 0 without qop
    std::string client_nonce;
    bool userhash = false;
};

/// Reads the credentials strictly: what RFC 7616 wants quoted must be quoted and what it wants bare must be
/// bare, nc is eight lower-case hex digits, exactly one of username and username* is there. Nothing
/// otherwise.
[[nodiscard]] std::optional<digest_credentials> read_digest_credentials(const challenge& from);

/// H(A1) in hex. The nonces enter for -sess forms only: those of the session's first request.
[[nodiscard]] secret digest_key(digest_algorithm algorithm, std::string_view user, std::string_view realm,
                                const secret& password, std::string_view nonce = {},
                                std::string_view client_nonce = {});

/// What `username` holds under userhash (RFC 7616 3.4.4).
[[nodiscard]] std::string digest_user_hash(digest_algorithm algorithm, std::string_view user,
                                           std::string_view realm);

/// The `response` that these credentials must carry for a request of this method and body.
[[nodiscard]] std::string expected_response(const digest_credentials& credentials, const secret& key,
                                            std::string_view method, std::string_view entity_body = {});

/// The `rspauth` that answers these credentials, over the body of the response.
[[nodiscard]] std::string make_rspauth(const digest_credentials& credentials, const secret& key,
                                       std::string_view response_body = {});

/// `response` is what it must be, compared in constant time; the caller checks realm, nonce, nc, uri and
/// user.
[[nodiscard]] bool verify_response(const digest_credentials& credentials, const secret& key,
                                   std::string_view method, std::string_view entity_body = {});

}  // namespace getty::connect::proto
