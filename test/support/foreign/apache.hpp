// Apache as an origin over TLS that demands Digest authentication.
#pragma once

#include "support/foreign/foreign_server.hpp"

#include <chrono>
#include <string>

namespace getty::connect::test {

class apache_options {
public:
    apache_options() {}  // user-provided: an aggregate temporary in a co_await call is freed twice by g++ 12

    /// The one account; no colon, quote or line break in any of the three.
    apache_options& account(std::string user, std::string realm, std::string password) {
        user_ = std::move(user);
        realm_ = std::move(realm);
        password_ = std::move(password);
        return *this;
    }
    /// After this long a nonce is stale, whole seconds; zero: never, negative: after one use
    /// (AuthDigestNonceLifetime).
    apache_options& nonce_lifetime(std::chrono::seconds lifetime) {
        nonce_lifetime_ = lifetime;
        return *this;
    }
    /// How long an idle connection is kept, whole seconds.
    apache_options& keepalive_timeout(std::chrono::seconds timeout) {
        keepalive_timeout_ = timeout;
        return *this;
    }

    std::string user_ = "key";
    std::string realm_ = "images";
    std::string password_ = "token";
    std::chrono::seconds nonce_lifetime_{300};
    std::chrono::seconds keepalive_timeout_{5};
};

/// A `foreign_server` that is Apache; /api/images is behind mod_auth_digest (MD5, qop=auth).
class apache_origin final : public foreign_server {
public:
    explicit apache_origin(apache_options options = apache_options());

    /// Whether Apache and the modules used here are installed where Debian puts them.
    [[nodiscard]] static bool available();

private:
    std::vector<std::string> configure(std::uint16_t port) override;

    apache_options options_;
};

}  // namespace getty::connect::test
