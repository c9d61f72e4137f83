#include "proto/http/no_proxy.hpp"

#include "core/ascii.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace getty::connect::proto {
namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view digits) {
    Number value{};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
    return value;
}

struct address {
    std::array<unsigned char, 16> bytes{};
    unsigned bits = 0;  // 32 or 128
};

std::optional<address> read_address(std::string_view text) {
    const std::string terminated(text);
    address a;
    if (::inet_pton(AF_INET, terminated.c_str(), a.bytes.data()) == 1) {
        a.bits = 32;
        return a;
    }
    if (::inet_pton(AF_INET6, terminated.c_str(), a.bytes.data()) == 1) {
        a.bits = 128;
        return a;
    }
    return std::nullopt;
}

bool same_network(const address& a, const address& b, unsigned prefix) {
    for (unsigned bit = 0; bit < prefix; bit += 8) {
        const unsigned left = prefix - bit;
        const unsigned mask = left >= 8 ? 0xFFU : 0xFFU << (8 - left) & 0xFFU;
        if (((a.bytes[bit / 8] ^ b.bytes[bit / 8]) & mask) != 0) return false;
    }
    return true;
}

/// An address or a network; nothing when `entry` is neither.
std::optional<bool> matches_address(std::string_view entry, const std::optional<address>& host) {
    const std::size_t slash = entry.find('/');
    if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
    const std::optional<address> network = read_address(entry.substr(0, slash));
    if (!network) return std::nullopt;
    unsigned prefix = network->bits;
    if (slash != std::string_view::npos) {
        const std::optional<unsigned> given = whole_number<unsigned>(entry.substr(slash + 1));
        if (!given || *given > network->bits) return false;
        prefix = *given;
    }
    return host && host->bits == network->bits && same_network(*host, *network, prefix);
}

bool matches_domain(std::string_view entry, std::string_view host) {
    if (entry.starts_with("*.")) entry.remove_prefix(1);
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.ends_with('.')) entry.remove_suffix(1);
    if (entry.empty() || entry.size() > host.size()) return false;
    const std::size_t begin = host.size() - entry.size();
    return core::equals_ignoring_case(host.substr(begin), entry) && (begin == 0 || host[begin - 1] == '.');
}

/// Takes `:port` off the entry; false when it is another port than `port`.
bool port_fits(std::string_view& entry, std::uint16_t port) {
    const std::size_t colon = entry.rfind(':');
    if (colon == std::string_view::npos) return true;
    const bool bracketed = entry.starts_with('[') && colon > entry.rfind(']');
    if (!bracketed && entry.find(':') != colon) return true;  // an IPv6 address
    const std::optional<std::uint16_t> given = whole_number<std::uint16_t>(entry.substr(colon + 1));
    entry = entry.substr(0, colon);
    return given == port;
}

}  // namespace

bool bypasses_proxy(std::string_view list, std::string_view host, std::uint16_t port) {
    if (host.ends_with('.')) host.remove_suffix(1);
    const std::optional<address> as_address = read_address(host);
    constexpr std::string_view between = ", \t";
    while (!list.empty()) {
        const std::size_t length = std::min(list.find_first_of(between), list.size());
        std::string_view entry = list.substr(0, length);
        list.remove_prefix(std::min(length + 1, list.size()));
        if (entry == "*") return true;
        if (!port_fits(entry, port)) continue;
        const std::optional<bool> by_address = matches_address(entry, as_address);
        if (by_address.value_or(!as_address && matches_domain(entry, host))) return true;
    }
    return false;
}

}  // namespace getty::connect::proto
