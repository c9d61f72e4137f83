// Node's http-auth as an origin over TLS that demands Digest authentication.
#pragma once

#include "support/foreign/foreign_server.hpp"

#include <string>

namespace getty::connect::test {

/// A `foreign_server` that is http-auth of npm, which takes the counts of a nonce in rising order only (MD5,
/// qop=auth). User "key", password "token". Every image is there.
class http_auth_origin final : public foreign_server {
public:
    http_auth_origin();

    /// Whether Node is installed, and npm brought the package when the tests were built.
    [[nodiscard]] static bool available();

private:
    std::vector<std::string> configure(std::uint16_t port) override;
};

}  // namespace getty::connect::test
