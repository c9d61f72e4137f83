#include "proto/url.hpp"

#include "proto/auth_header.hpp"
#include "proto/field_rules.hpp"

#include <algorithm>
#include <charconv>

namespace getty::connect::proto {
namespace {

constexpr std::size_t max_shown_bytes = 128;  // of a value, so that there is room for what is wrong with it

}  // namespace

result<https_url> parse_https_url(std::string_view option, std::string_view value) {
    const auto refuse = [&](std::string_view why) {
        std::string text(option);
        // What stands before a '@' may be a password, whatever else is wrong with the value.
        if (value.find('@') == std::string_view::npos) {
            text += " \"";
            text += value.substr(0, max_shown_bytes);
            text += value.size() > max_shown_bytes ? "...\"" : "\"";
        }
        text += ": ";
        text += why;
        return error(errc::invalid_option, stage::queue, text);
    };
    constexpr std::string_view scheme = "https://";
    if (!equals_ignoring_case(value.substr(0, scheme.size()), scheme)) {
        return refuse("must begin with https://; the service takes nothing else");
    }
    const std::string_view rest = value.substr(scheme.size());
    const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    std::string_view path = rest.substr(slash);
    if (authority.find('@') != std::string_view::npos) {
        return error(errc::invalid_option, stage::queue,
                     std::string(option) +
                         " (not shown): must not hold user information (\"user@\"); use credentials()");
    }
    if (path.find_first_of("?#") != std::string_view::npos) return refuse("must end before any '?' or '#'");
    if (!path.empty() && !is_target(path))
        return refuse("its path holds characters that need percent-encoding");
    if (!is_host(authority)) return refuse("must name a host, and a port only as in host:8443");

    https_url url;
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    std::string_view host = authority.substr(0, has_port ? colon : authority.size());
    if (has_port) {
        const std::string_view digits = authority.substr(colon + 1);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
        if (read.ec != std::errc() || url.port == 0) return refuse("its port must be 1 to 65535");
    }
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    url.host = host;
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;
    return url;
}

}  // namespace getty::connect::proto
