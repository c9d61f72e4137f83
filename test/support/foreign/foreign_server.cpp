#include "support/foreign/foreign_server.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace getty::connect::test {
namespace {

constexpr int max_port_attempts = 5;
constexpr auto start_up_limit = std::chrono::seconds(10);
constexpr auto poll_interval = std::chrono::milliseconds(20);

class tcp_socket {
public:
    tcp_socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
    }
    ~tcp_socket() { ::close(fd_); }
    tcp_socket(const tcp_socket&) = delete;
    tcp_socket& operator=(const tcp_socket&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A port that nobody listens on; somebody may before it is used.
std::uint16_t free_port() {
    const tcp_socket socket;
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::system_error(errno, std::generic_category(), "find a free port");
    }
    return ntohs(address.sin_port);
}

bool accepts(std::uint16_t port) {
    const tcp_socket socket;
    const auto address = loopback(port);
    return ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool port_was_taken(const std::string& logs) {
    return logs.find("ddress already in use") != std::string::npos;
}

}  // namespace

foreign_server::foreign_server() {
    const auto certificate = ca_.issue();
    write_file(ca_file(), ca_.pem());
    write_file(folder() / "server.pem", certificate.chain_pem);
    write_file(folder() / "server.key", certificate.key_pem);
    std::filesystem::create_directories(documents() / "api" / "images");
    // A server started by root reads the documents as somebody else.
    namespace fs = std::filesystem;
    fs::permissions(folder(), fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
    fs::permissions(folder() / "server.key", fs::perms::owner_read | fs::perms::owner_write);
}

void foreign_server::start() {
    for (int attempt = 1;; ++attempt) {
        port_ = free_port();
        const auto command = configure(port_);
        process_ =
            std::make_unique<child_process>(command, folder() / "console.log", folder() / "console.log");
        const auto end = std::chrono::steady_clock::now() + start_up_limit;
        bool gone = false;
        // A port that accepts may be somebody else's: the logs tell.
        while (!gone && !accepts(port_) && std::chrono::steady_clock::now() < end) {
            gone = process_->wait(poll_interval).has_value();
        }
        const auto printed = logs();
        const bool taken = port_was_taken(printed);
        if (!gone && !taken && accepts(port_)) return;
        process_.reset();
        if (!taken || attempt == max_port_attempts) {
            throw std::runtime_error(
                command[0] + (gone ? " ended at once\n" : " does not accept connections\n") + printed);
        }
        for (const auto& file : std::filesystem::directory_iterator(folder())) {
            if (file.path().extension() == ".log") std::filesystem::remove(file);
        }
    }
}

std::string foreign_server::url(std::string_view target) const {
    return "https://localhost:" + std::to_string(port_) + std::string(target);
}

std::string foreign_server::logs() const {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(folder())) {
        if (file.path().extension() != ".log") continue;
        all += "--- " + file.path().filename().string() + "\n" + read_file(file.path());
    }
    return all;
}

void foreign_server::put_image(std::string_view id, std::string_view document) {
    write_file(documents() / "api" / "images" / id, document);
}

bool can_run(bool available, std::string_view program) {
    if (available) return true;
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string_view(ci) == "true") {
        FAIL_CHECK(std::string(program), " is not installed");
    } else {
        MESSAGE("skipped: ", std::string(program), " is not installed");
    }
    return false;
}

}  // namespace getty::connect::test
