#include "proto/http/url.hpp"

#include "core/ascii.hpp"
#include "proto/http/field_rules.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace getty::connect::proto {
namespace {

constexpr std::size_t max_shown_bytes = 128;  // of a value, so that there is room for what is wrong with it

/// What is wrong with one value of one option.
class complaint {
public:
    complaint(std::string_view option, std::string_view value) noexcept : option_(option), value_(value) {}

    [[nodiscard]] error operator()(std::string_view why) const {
        std::string text(option_);
        // What stands before a '@' or in a query may be a password, whatever else is wrong with the value.
        if (value_.find('@') == std::string_view::npos) {
            const std::size_t query = value_.find('?');
            const std::size_t shown =
                std::min(query == std::string_view::npos ? value_.size() : query + 1, max_shown_bytes);
            text += " \"";
            text += value_.substr(0, shown);
            text += shown < value_.size() ? "...\"" : "\"";
        }
        text += ": ";
        text += why;
        return {errc::invalid_option, stage::queue, text};
    }

    [[nodiscard]] error user_information(std::string_view mend) const {
        return {errc::invalid_option, stage::queue,
                std::string(option_) + " (not shown): must not hold user information (\"user@\"); use " +
                    std::string(mend)};
    }

private:
    std::string_view option_;
    std::string_view value_;
};

/// `host[:port]`; what is wrong with it, empty when nothing is. `port` stays when there is none.
std::string_view read_authority(std::string_view authority, std::string& host, std::uint16_t& port) {
    if (!is_host(authority)) return "must name a host, and a port only as in host:8443";
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    std::string_view name = authority.substr(0, has_port ? colon : authority.size());
    if (has_port) {
        const std::string_view digits = authority.substr(colon + 1);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (read.ec != std::errc() || port == 0) return "its port must be 1 to 65535";
    }
    if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
    host = name;
    return {};
}

/// Without `scheme`, which is compared without regard to case; nothing when it begins otherwise.
std::optional<std::string_view> behind(std::string_view scheme, std::string_view value) {
    if (!core::equals_ignoring_case(value.substr(0, scheme.size()), scheme)) return std::nullopt;
    return value.substr(scheme.size());
}

}  // namespace

result<https_url> parse_https_url(std::string_view option, std::string_view value) {
    const complaint refuse(option, value);
    const std::optional<std::string_view> rest = behind("https://", value);
    if (!rest) return refuse("must begin with https://; the service takes nothing else");
    const std::size_t slash = std::min(rest->find_first_of("/?#"), rest->size());
    const std::string_view authority = rest->substr(0, slash);
    std::string_view path = rest->substr(slash);
    if (authority.find('@') != std::string_view::npos) return refuse.user_information("credentials()");
    if (path.find_first_of("?#") != std::string_view::npos) return refuse("must end before any '?' or '#'");
    if (!path.empty() && !is_target(path))
        return refuse("its path holds characters that need percent-encoding");

    https_url url;
    if (const std::string_view why = read_authority(authority, url.host, url.port); !why.empty())
        return refuse(why);
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;
    return url;
}

result<proxy_url> parse_proxy_url(std::string_view option, std::string_view value) {
    const complaint refuse(option, value);
    const std::optional<std::string_view> rest = behind("http://", value);
    if (!rest) return refuse("must begin with http://; other kinds of proxy are not spoken to");
    std::string_view authority = *rest;
    if (authority.find('@') != std::string_view::npos) return refuse.user_information("proxy_credentials()");
    if (authority.ends_with('/')) authority.remove_suffix(1);
    proxy_url url;
    if (const std::string_view why = read_authority(authority, url.host, url.port); !why.empty())
        return refuse(why);
    return url;
}

}  // namespace getty::connect::proto
