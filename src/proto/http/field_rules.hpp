// What may go on the wire: the character rules of header fields, targets and hosts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace getty::connect::proto {

inline constexpr std::size_t max_host_bytes = 255;

namespace detail {

/// One bit per rule that a byte satisfies.
enum byte_class : std::uint8_t {
    token_byte = 1,    // tchar, RFC 9110 5.6.2
    field_byte = 2,    // field-vchar, SP and HTAB, RFC 9110 5.5
    name_byte = 4,     // unreserved and sub-delims: reg-name without pct-encoded, RFC 3986 3.2.2
    token68_byte = 8,  // RFC 9110 11.2, without the trailing '='
};

constexpr bool is_one_of(unsigned byte, std::string_view set) noexcept {
    return byte < 0x80 && set.find(static_cast<char>(byte)) != std::string_view::npos;
}

constexpr std::array<std::uint8_t, 256> make_byte_classes() noexcept {
    std::array<std::uint8_t, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte) {
        const bool alphanumeric =
            (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        const bool visible = byte > 0x20 && byte < 0x7F;
        unsigned bits = 0;
        if (alphanumeric || is_one_of(byte, "!#$%&'*+-.^_`|~")) bits |= token_byte;
        if (visible || byte == ' ' || byte == '\t' || byte >= 0x80) bits |= field_byte;
        if (alphanumeric || is_one_of(byte, "-._~!$&'()*+,;=")) bits |= name_byte;
        if (alphanumeric || is_one_of(byte, "-._~+/")) bits |= token68_byte;
        table[byte] = static_cast<std::uint8_t>(bits);
    }
    return table;
}

inline constexpr std::array<std::uint8_t, 256> byte_classes = make_byte_classes();

constexpr bool has_class(char c, byte_class rule) noexcept {
    return (byte_classes[static_cast<unsigned char>(c)] & rule) != 0;
}

constexpr bool all_of_class(std::string_view text, byte_class rule) noexcept {
    for (const char c : text) {
        if (!has_class(c, rule)) return false;
    }
    return true;
}

}  // namespace detail

/// A token (RFC 9110 5.6.2): a method, a header name, an authentication scheme. Not empty.
[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && detail::all_of_class(text, detail::token_byte);
}

/// A token68 (RFC 9110 11.2), which is also the b64token of a bearer token (RFC 6750 2.1). Not empty.
[[nodiscard]] constexpr bool is_token68(std::string_view text) noexcept {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    return !text.empty() && detail::all_of_class(text, detail::token68_byte);
}

/// A field value that cannot end its line or be cut short: no CR, LF, NUL nor any other control character but
/// HTAB, and no blank at either end, which a recipient would strip (RFC 9110 5.5). May be empty.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
    if (text.empty()) return true;
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    return !blank(text.front()) && !blank(text.back()) && detail::all_of_class(text, detail::field_byte);
}

/// Text that a quoted-string can carry (RFC 9110 5.6.4): as a field value, but blanks may stand anywhere.
[[nodiscard]] constexpr bool is_quotable(std::string_view text) noexcept {
    return detail::all_of_class(text, detail::field_byte);
}

/// A request target that stays one word of the request line: visible ASCII without '#'. Not empty. That it
/// starts with "/" (or is an authority, for CONNECT) is the caller's affair. No '#': RFC 9112 3.2.
[[nodiscard]] constexpr bool is_target(std::string_view text) noexcept {
    // By comparisons, without a way out in between: what a compiler does 16 bytes at a time. Targets with
    // many ids have kilobytes.
    unsigned char bad = 0;
    for (const char c : text) {
        const auto byte = static_cast<signed char>(c);
        bad |= static_cast<unsigned char>(byte <= ' ') | static_cast<unsigned char>(byte == 0x7F) |
               static_cast<unsigned char>(byte == '#');
    }
    return !text.empty() && bad == 0;
}

/// An IPv6 address without brackets and zone (RFC 4291 2.2, with the IPv4 tail).
[[nodiscard]] bool is_ipv6_address(std::string_view text) noexcept;

/// The value of a Host header: reg-name, IPv4 or [IPv6], then optionally ":" and a port from 1 to 65535
/// (RFC 9110 7.2, RFC 3986 3.2.2). No user information, at most `max_host_bytes` before the port, not empty.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

}  // namespace getty::connect::proto
