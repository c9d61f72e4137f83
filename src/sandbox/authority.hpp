// A certificate authority of one's own, and one certificate from it.
#pragma once

#include "core/random.hpp"

#include <string>
#include <vector>

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

}  // namespace getty::connect::sandbox
