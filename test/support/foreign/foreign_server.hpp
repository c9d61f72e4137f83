// What nginx and Apache have in common as counterparts of a test.
#pragma once

#include "support/foreign/process.hpp"
#include "support/foreign/temp_dir.hpp"
#include "support/foreign/test_ca.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace getty::connect::test {

/// A server program with a directory, a certificate and a port of its own on 127.0.0.1.
///
/// Serves what `put_image` stored at `/api/images/<id>`, as application/json, over TLS. Runs from
/// construction to destruction, as root and as an ordinary user; create it on a thread that outlives it. Its
/// logs are in its directory and go with it: show `logs()` where a test fails.
class foreign_server {
public:
    virtual ~foreign_server() = default;
    foreign_server(const foreign_server&) = delete;
    foreign_server& operator=(const foreign_server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// `https://localhost:<port>` and the target.
    [[nodiscard]] std::string url(std::string_view target) const;
    /// The authority that signed the server's certificate, and the same as a file.
    [[nodiscard]] const std::string& ca_pem() const noexcept { return ca_.pem(); }
    [[nodiscard]] std::filesystem::path ca_file() const { return folder_.path() / "ca.pem"; }
    /// Everything the server has written to its logs.
    [[nodiscard]] std::string logs() const;

    /// The document that `/api/images/<id>` answers with from now on.
    void put_image(std::string_view id, std::string_view document);

protected:
    foreign_server();

    /// Starts the program and waits until its port accepts connections, at most ten seconds; takes another
    /// port when somebody was faster. Throws std::runtime_error, with the logs, when it does not start.
    void start();

    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.path(); }
    [[nodiscard]] std::filesystem::path documents() const { return folder_.path() / "documents"; }

private:
    /// Writes the configuration for this port; the command line that runs the server in the foreground.
    virtual std::vector<std::string> configure(std::uint16_t port) = 0;

    temp_dir folder_;
    test_ca ca_;
    std::uint16_t port_ = 0;
    std::unique_ptr<child_process> process_;  // ends before its directory goes
};

/// Whether a test can run; where it cannot, says so, and fails when $CI is "true".
[[nodiscard]] bool can_run(bool available, std::string_view program);

}  // namespace getty::connect::test
