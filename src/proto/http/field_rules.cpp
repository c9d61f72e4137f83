#include "proto/http/field_rules.hpp"

#include "core/ascii.hpp"

namespace getty::connect::proto {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Exactly four decimal octets without leading zeros (RFC 3986 3.2.2).
bool is_ipv4_address(std::string_view text) noexcept {
    for (int octet = 0; octet < 4; ++octet) {
        if (octet > 0) {
            if (text.empty() || text.front() != '.') return false;
            text.remove_prefix(1);
        }
        std::size_t digits = 0;
        unsigned value = 0;
        while (digits < text.size() && is_digit(text[digits])) {
            value = value * 10 + static_cast<unsigned>(text[digits] - '0');
            if (++digits > 3) return false;
        }
        if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) return false;
        text.remove_prefix(digits);
    }
    return text.empty();
}

/// Counts the 16-bit groups of one side of "::"; -1 when it is malformed. The empty text has none.
int count_groups(std::string_view text, bool may_end_in_ipv4) noexcept {
    int groups = 0;
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        const bool last = colon == std::string_view::npos;
        if (last && may_end_in_ipv4 && is_ipv4_address(group)) return groups + 2;
        if (group.empty() || group.size() > 4) return -1;
        for (const char c : group) {
            if (core::hex_value(c) < 0) return -1;
        }
        ++groups;
        if (last) return groups;
        text.remove_prefix(colon + 1);
        if (text.empty()) return -1;  // a single ':' at the end
    }
    return groups;
}

bool is_port(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5) return false;
    unsigned value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value >= 1 && value <= 65535;
}

bool is_registered_name(std::string_view text) noexcept {
    if (text.empty() || text.size() > max_host_bytes) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (detail::has_class(text[i], detail::name_byte)) continue;
        if (text[i] != '%' || text.size() - i < 3) return false;
        if (core::hex_value(text[i + 1]) < 0 || core::hex_value(text[i + 2]) < 0) return false;
        i += 2;
    }
    return true;
}

}  // namespace

bool is_ipv6_address(std::string_view text) noexcept {
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) return count_groups(text, true) == 8;
    const std::string_view after = text.substr(gap + 2);
    const int left = count_groups(text.substr(0, gap), false);
    const int right = count_groups(after, true);
    return left >= 0 && right >= 0 && left + right <= 7;
}

bool is_host(std::string_view text) noexcept {
    std::string_view host = text;
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return false;
        host = text.substr(1, close - 1);
        port = text.substr(close + 1);
        has_port = !port.empty();
        if (has_port) {
            if (port.front() != ':') return false;
            port.remove_prefix(1);
        }
        if (!is_ipv6_address(host)) return false;
    } else {
        const std::size_t colon = text.find(':');
        has_port = colon != std::string_view::npos;
        if (has_port) {
            host = text.substr(0, colon);
            port = text.substr(colon + 1);
        }
        if (!is_registered_name(host)) return false;
    }
    return !has_port || is_port(port);
}

}  // namespace getty::connect::proto
