#include "bench/external.hpp"

#include <algorithm>
#include <cstdlib>

namespace bench {
namespace {

std::string url(const job& of) {
    return "https://127.0.0.1:" + std::to_string(of.port) + "/api/images/" + std::string(id_text(0).view());
}

/// The number in front of `after`; -1 when that is not there.
double number_before(const std::string& text, std::string_view after) {
    const std::size_t end = text.find(after);
    if (end == text.npos) return -1;
    const std::size_t start = text.find_last_not_of("0123456789.", end - 1);
    return std::strtod(text.c_str() + (start == text.npos ? 0 : start + 1), nullptr);
}

std::vector<std::string> wrk_command(const job& of) {
    // wrk takes a time. The handshakes before are part of its figure, hence 2 s at least.
    const std::uint64_t seconds = std::max<std::uint64_t>(2, of.requests / 50'000);
    return {"wrk", "-t1", "-c" + std::to_string(of.in_flight), "-d" + std::to_string(seconds) + "s", url(of)};
}

std::optional<std::pair<double, double>> read_wrk(const std::string& output) {
    const double requests = number_before(output, " requests in ");
    const std::size_t rate = output.find("Requests/sec:");
    const bool failed = output.find("Non-2xx") != output.npos || output.find("Socket errors") != output.npos;
    if (requests <= 0 || rate == output.npos || failed) return std::nullopt;
    return std::pair(requests, std::strtod(output.c_str() + rate + 13, nullptr));
}

std::vector<std::string> h2load_command(const job& of) {
    const std::uint64_t requests = std::max<std::uint64_t>(of.requests, 100'000);
    return {"h2load", "--h1", "-t1", "-c" + std::to_string(of.in_flight), "-n" + std::to_string(requests),
            url(of)};
}

std::optional<std::pair<double, double>> read_h2load(const std::string& output) {
    const double total = number_before(output, " total,");
    const double succeeded = number_before(output, " 2xx,");
    const double rate = number_before(output, " req/s");
    if (total <= 0 || succeeded != total || rate <= 0) return std::nullopt;
    return std::pair(succeeded, rate);
}

}  // namespace

const std::vector<external_client>& external_clients() {
    static const std::vector<external_client> all{
        {"wrk", "wrk", wrk_command, read_wrk},
        {"h2load", "h2load, HTTP/1.1", h2load_command, read_h2load},
    };
    return all;
}

}  // namespace bench
