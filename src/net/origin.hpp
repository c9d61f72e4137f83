// Which server, reached how: scheme https, host and port.
#pragma once

#include <cstdint>
#include <string>

namespace getty::connect::net {

/// `host` is a name, an IPv4 address or an IPv6 address without brackets.
struct origin {
    std::string host;
    std::uint16_t port = 443;

    bool operator==(const origin&) const = default;
    /// As in a Host header and in messages; the port is left out when it is 443.
    [[nodiscard]] std::string authority() const {
        const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
        return port == 443 ? name : name + ":" + std::to_string(port);
    }
};

}  // namespace getty::connect::net
