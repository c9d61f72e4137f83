#include "proto/http/redirect.hpp"

#include "core/ascii.hpp"
#include "proto/http/field_rules.hpp"
#include "proto/http/url.hpp"

#include <algorithm>

namespace getty::connect::proto {
namespace {

constexpr std::size_t max_target_bytes = 8 * 1024;

/// "name:" at the beginning (RFC 3986 3.1); empty when there is none.
std::string_view scheme_of(std::string_view reference) noexcept {
    const std::size_t colon = reference.find_first_of(":/?#");
    if (colon == std::string_view::npos || reference[colon] != ':') return {};
    return reference.substr(0, colon);
}

bool same_origin(std::string_view one, std::string_view other) {
    const auto a = parse_https_url("", "https://" + std::string(one));
    const auto b = parse_https_url("", "https://" + std::string(other));
    return a && b && core::equals_ignoring_case(a->host, b->host) && a->port == b->port;
}

/// RFC 3986 5.2.4, for a path that begins with '/'.
std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const std::size_t next = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, next);  // with the '/' before it
        const bool last = next == path.size();
        path.remove_prefix(next);
        const bool up = segment == "/..";
        if (up) out.erase(out.empty() ? 0 : out.rfind('/'));
        if (!up && segment != "/.") {
            out += segment;
        } else if (last) {
            out += '/';
        }
    }
    return out;
}

}  // namespace

redirect resolve_redirect(std::string_view location, std::string_view from, std::string_view authority) {
    redirect to;
    location = location.substr(0, location.find('#'));
    if (location.empty()) {
        to.refused = "a redirect without a Location";
        return to;
    }
    if (const std::string_view scheme = scheme_of(location); !scheme.empty()) {
        if (!core::equals_ignoring_case(scheme, "https")) {
            to.refused = "a redirect away from https";
            return to;
        }
        location.remove_prefix(scheme.size() + 1);
        if (!location.starts_with("//")) {
            to.refused = "a redirect to a URL without a host";
            return to;
        }
    }
    if (location.starts_with("//")) {
        location.remove_prefix(2);
        const std::size_t end = std::min(location.find_first_of("/?"), location.size());
        if (!same_origin(location.substr(0, end), authority)) {
            to.refused = "a redirect to another origin";
            return to;
        }
        location.remove_prefix(end);
        if (!location.starts_with('/')) to.target = '/';
    }
    const std::string_view base = from.substr(0, from.find('?'));
    if (location.starts_with('?') && to.target.empty()) {
        to.target = base;
    } else if (!location.empty() && location[0] != '/' && to.target.empty()) {
        to.target = base.substr(0, base.rfind('/') + 1);
    }
    const std::size_t query = std::min(location.find('?'), location.size());
    to.target = without_dots(to.target + std::string(location.substr(0, query)));
    to.target += location.substr(query);
    if (!is_target(to.target) || to.target.size() > max_target_bytes) {
        to.target.clear();
        to.refused = "a redirect to what cannot be requested";
    }
    return to;
}

}  // namespace getty::connect::proto
