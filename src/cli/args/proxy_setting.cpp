#include "cli/args/proxy_setting.hpp"

#include "cli/trouble.hpp"
#include "core/percent_encoding.hpp"

#include <charconv>
#include <initializer_list>
#include <optional>

namespace getty::connect::cli {
namespace {

struct variable {
    std::string_view name;
    std::string_view value;
};

/// The first that is set and not empty; the lower-case spelling comes first, as with other tools.
variable first_of(const environment& variables, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = variables(name);
        if (value != nullptr && *value != '\0') return {name, value};
    }
    return {};
}

/// Takes `user:password@` off the address.
void take_credentials(proxy_setting& to, std::string_view& address, std::string_view name) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos) return;
    const std::string_view information = address.substr(0, at);
    address.remove_prefix(at + 1);
    const std::size_t colon = information.find(':');
    const auto user = core::percent_decoded(information.substr(0, colon));
    const auto password =
        core::percent_decoded(colon == std::string_view::npos ? "" : information.substr(colon + 1));
    if (!user || !password) {
        throw usage_error(std::string(name) +
                          " (not shown): a '%' in user or password must be followed by two hexadecimal "
                          "digits; write %25 for a '%' itself");
    }
    to.user = *user;
    to.password = secret(*password);
}

}  // namespace

proxy_setting proxy_from(std::string_view flag, const environment& variables) {
    proxy_setting found;
    found.no_proxy = first_of(variables, {"no_proxy", "NO_PROXY"}).value;
    if (flag == "none") return found;
    if (!flag.empty()) {
        if (flag.find('@') != std::string_view::npos) {
            throw usage_error(
                "--proxy (not shown): must not hold credentials, which every user of the machine could "
                "read; put the address with them into the variable HTTPS_PROXY");
        }
        found.url = flag;
        found.source = "--proxy";
        return found;
    }
    const variable set = first_of(variables, {"https_proxy", "HTTPS_PROXY"});
    if (set.value.empty()) return found;
    constexpr std::string_view between = "://";
    const std::size_t scheme = set.value.find(between);
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + between.size();
    std::string_view address = set.value.substr(begin);
    take_credentials(found, address, set.name);
    found.url = begin == 0 ? "http://" : std::string(set.value.substr(0, begin));
    found.url += address;
    found.source = set.name;
    return found;
}

std::optional<std::string> proxy_trouble(const proxy_setting& through, const error& why) {
    const bool never_connected = why.value() == errc::resolve_failed || why.value() == errc::connect_failed ||
                                 why.value() == errc::connect_timeout;
    // What begins with the proxy's name, the proxy itself has said.
    if (through.url.empty() || !never_connected || why.message().starts_with("the proxy "))
        return std::nullopt;
    const std::string proxy = "the proxy " + through.url + ", which " + through.source + " sets";
    const std::string words(why.message().empty() ? to_string(why.value()) : why.message());
    if (through.no_proxy.empty()) {
        return proxy + ", was not reached: " + words + "; check " + through.source +
               "; NO_PROXY names hosts to reach without it";
    }
    // Whether it names this host is for the library to know.
    return "the service was not reached: " + words + "; unless NO_PROXY names it, it is asked through " +
           proxy + "; check both and the network";
}

void use_proxy(client_options& options, const proxy_setting& through) {
    options.proxy(through.url).no_proxy(through.no_proxy);
    if (!through.user.empty() || !through.password.empty())
        options.proxy_credentials(through.user, through.password);
}

}  // namespace getty::connect::cli
