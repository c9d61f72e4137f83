// libmicrohttpd as an origin over TLS that demands Digest authentication.
#pragma once

#include "support/foreign/foreign_server.hpp"

#include <string>

namespace getty::connect::test {

/// A `foreign_server` on libmicrohttpd; its nonces are good for one target each (MD5, qop=auth). User "key",
/// password "token". Every image is there.
class mhd_origin final : public foreign_server {
public:
    /// How many nonces it keeps; one that it dropped is refused as a wrong password is.
    explicit mhd_origin(unsigned nonces_kept);

    /// Whether the library was there when the tests were built.
    [[nodiscard]] static bool available();

private:
    std::vector<std::string> configure(std::uint16_t port) override;

    unsigned nonces_kept_;
};

}  // namespace getty::connect::test
