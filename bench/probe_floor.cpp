#include "bench/probes.hpp"
#include "bench/report.hpp"
#include "bench/tls_socket.hpp"

#include <array>
#include <poll.h>

namespace bench {
namespace {

/// Asks for one image and reads it, up to the only "}]}" in it.
void ask(tls_socket& socket, std::string_view request) {
    std::array<char, 16 * 1024> buffer;
    std::size_t filled = 0;
    socket.write(request);
    while (!std::string_view(buffer.data(), filled).ends_with("}]}")) {
        pollfd readable{socket.descriptor(), POLLIN, 0};
        poll(&readable, 1, -1);
        filled += socket.read(buffer.data() + filled, buffer.size() - filled);
    }
    if (!std::string_view(buffer.data(), filled).starts_with("HTTP/1.1 200 ")) bad_answer("floor");
}

}  // namespace

figures measure_first_floor(const job& of) {
    figures found;
    const std::string request =
        "GET /api/images/100000000 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(of.port) +
        "\r\nUser-Agent: bench\r\nAuthorization: Bearer bench-token\r\n\r\n";
    auto began = steady::now();
    const tls_context_ptr context = make_client_context(of.ca_pem);
    found["made"] = microseconds_since(began);
    began = steady::now();
    tls_socket socket(context.get(), of.port);
    ask(socket, request);
    found["cold"] = microseconds_since(began);
    sample warm;
    for (std::uint64_t i = 0; i < of.requests; ++i) {
        began = steady::now();
        ask(socket, request);
        warm.add(microseconds_since(began));
    }
    found["warm"] = warm.median();
    return found;
}

}  // namespace bench
