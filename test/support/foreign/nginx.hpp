// nginx as an origin over TLS.
#pragma once

#include "support/foreign/foreign_server.hpp"

#include <chrono>
#include <string>

namespace getty::connect::test {

class nginx_options {
public:
    nginx_options() {}  // user-provided: an aggregate temporary in a co_await call is freed twice by g++ 12

    /// How long an idle connection is kept, whole seconds; zero closes after each response.
    nginx_options& keepalive_timeout(std::chrono::seconds timeout) {
        keepalive_timeout_ = timeout;
        return *this;
    }
    /// Requests after which a connection is closed, at least 1.
    nginx_options& keepalive_requests(unsigned requests) {
        keepalive_requests_ = requests;
        return *this;
    }
    /// As nginx spells them: "TLSv1.2 TLSv1.3".
    nginx_options& protocols(std::string names) {
        protocols_ = std::move(names);
        return *this;
    }

    std::chrono::seconds keepalive_timeout_{75};
    unsigned keepalive_requests_ = 1000;
    std::string protocols_ = "TLSv1.2 TLSv1.3";
};

/// A `foreign_server` that is nginx.
class nginx_origin final : public foreign_server {
public:
    explicit nginx_origin(nginx_options options = nginx_options());

    /// Whether nginx is installed.
    [[nodiscard]] static bool available() { return !find_program("nginx").empty(); }

private:
    std::vector<std::string> configure(std::uint16_t port) override;

    nginx_options options_;
};

}  // namespace getty::connect::test
