// A certificate authority of one's own, and one certificate from it.
#pragma once

#include "core/random.hpp"

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace getty::connect::sandbox {

struct certificates {
    std::string ca_pem;
    std::string leaf_pem;
    std::string key_pem;
};

/// Whether `name` can go into a certificate: a DNS name (a leading "*." is allowed) or an IP address.
[[nodiscard]] bool is_certificate_name(const std::string& name);

/// New EC P-256 keys, and a server certificate for `names` (DNS names and IP addresses) that is valid from
/// yesterday for 30 days. `random` gives the serial numbers. Throws `std::runtime_error` when OpenSSL fails.
/// Source: RFC 5280 4.2.
[[nodiscard]] certificates make_certificates(const std::vector<std::string>& names,
                                             core::random_source& random);

struct free_server_context {
    void operator()(ssl_ctx_st* context) const noexcept;
};

/// TLS 1.2 and 1.3 with the certificate in `from`. Sessions are resumed by tickets alone: the server keeps
/// none, however many clients come. OpenSSL's own functions, as several of `asio::ssl::context` are two under
/// one name: see core/quietly.hpp. Throws `std::runtime_error` when OpenSSL fails.
[[nodiscard]] std::unique_ptr<ssl_ctx_st, free_server_context> make_server_context(const certificates& from);

}  // namespace getty::connect::sandbox
