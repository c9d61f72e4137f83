// tinyproxy as the HTTP proxy in front of an origin.
#pragma once

#include "support/foreign/foreign_server.hpp"

#include <string>

namespace getty::connect::test {

class tinyproxy_options {
public:
    tinyproxy_options() {
    }  // user-provided: an aggregate temporary in a co_await call is freed twice by g++ 12

    /// Who may use it; without, everybody. Letters and digits only.
    tinyproxy_options& account(std::string user, std::string password) {
        user_ = std::move(user);
        password_ = std::move(password);
        return *this;
    }
    /// The one port to which tunnels are opened; 0: any.
    tinyproxy_options& connect_port(std::uint16_t port) {
        connect_port_ = port;
        return *this;
    }

    std::string user_;
    std::string password_;
    std::uint16_t connect_port_ = 0;
};

/// A `foreign_server` that is tinyproxy; it serves no images of its own, and speaks HTTP in the clear.
class tinyproxy final : public foreign_server {
public:
    explicit tinyproxy(tinyproxy_options options = tinyproxy_options());

    /// Whether tinyproxy is installed.
    [[nodiscard]] static bool available() { return !find_program("tinyproxy").empty(); }

    [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(port()); }

private:
    std::vector<std::string> configure(std::uint16_t port) override;

    tinyproxy_options options_;
};

}  // namespace getty::connect::test
