// Base addresses and redirects: what is taken can be sent, and never leads to another origin.
//
// An input is an authority, a request target and a Location, a line each; the Location is read as a base
// address as well.
#include "core/ascii.hpp"
#include "fuzz/support/fuzz.hpp"
#include "proto/http/field_rules.hpp"
#include "proto/http/redirect.hpp"
#include "proto/http/url.hpp"

#include <algorithm>
#include <optional>
#include <string>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::proto;

namespace {

void check_url(std::string_view text) {
    const auto url = parse_https_url("base_url", text);
    if (!url) {
        const std::string words = url.error().describe();
        must(is_plain_line(words) && words.find("base_url") != std::string::npos);
        // What stands before the '@' may be a password: with another one the words are the same.
        const std::size_t at = text.find('@');
        if (at == std::string_view::npos || at < 24) return;
        std::string other(text);
        for (std::size_t i = at - 16; i < at; ++i) {
            if (other[i] >= 'a' && other[i] <= 'z') other[i] = 'z';
        }
        must(parse_https_url("base_url", other).error().describe() == words);
        return;
    }
    must(text.find('@') == std::string_view::npos || text.find('@') > text.find('/', 8));
    const std::string host = url->host.find(':') == std::string::npos ? url->host : "[" + url->host + "]";
    must(is_host(host) && url->port > 0);
    must(url->path.empty() || (url->path.front() == '/' && url->path.back() != '/' && is_target(url->path)));
    must(url->path.find_first_of("?#") == std::string::npos);
    const auto again = parse_https_url("", "https://" + host + ":" + std::to_string(url->port) + url->path);
    must(again && again->host == url->host && again->port == url->port && again->path == url->path);
}

/// The authority of `location` as a browser reads it, which takes '\' for '/'; nothing when it has none.
std::optional<std::string_view> named_authority(std::string_view location) {
    location = location.substr(0, location.find('#'));
    const std::size_t colon = location.find_first_of(":/?");
    if (colon != std::string_view::npos && colon > 0 && location[colon] == ':')
        location.remove_prefix(colon + 1);
    if (!location.starts_with("//")) return std::nullopt;
    location.remove_prefix(2);
    return location.substr(0, location.find_first_of("/?\\"));
}

bool names(std::string_view authority, const https_url& origin) {
    const auto other = parse_https_url("", "https://" + std::string(authority));
    return other && core::equals_ignoring_case(other->host, origin.host) && other->port == origin.port;
}

void check_redirect(std::string_view location, std::string_view from, std::string_view authority) {
    const redirect to = resolve_redirect(location, from, authority);
    must(to.target.empty() != to.refused.empty());
    if (to.target.empty()) return;
    must(is_target(to.target) && to.target.front() == '/' && to.target.size() <= 8 * 1024);
    if (const auto named = named_authority(location)) {
        must(names(*named, *parse_https_url("", "https://" + std::string(authority))));
        must(location.starts_with("//") || core::equals_ignoring_case(location.substr(0, 6), "https:"));
    }
    const std::string path = to.target.substr(0, to.target.find('?')) + "/";
    must(path.find("/../") == std::string::npos && path.find("/./") == std::string::npos);
    if (to.target.starts_with("//")) return;  // a target, but as a Location it names a host
    const redirect again = resolve_redirect(to.target, from, authority);
    must(again.target == to.target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    const std::string_view authority = in.line();
    const std::string_view from = in.line();
    const std::string_view location = in.rest();
    check_url(location);
    // what the client asks with was checked before
    if (is_host(authority) && is_target(from) && from.front() == '/')
        check_redirect(location, from, authority);
    return 0;
}
