// Which proxy the tool goes through: the flag's, or that of the environment.
#pragma once

#include "cli/args/credentials.hpp"

#include <getty/connect/error.hpp>
#include <getty/connect/options.hpp>
#include <getty/connect/secret.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::cli {

struct proxy_setting {
    std::string url;     ///< empty: no proxy
    std::string source;  ///< where that was set: "--proxy", "HTTPS_PROXY"
    std::string user;
    secret password;
    std::string no_proxy;
};

/// `flag`: what `--proxy` says; empty when it is not there, "none" for no proxy at all. Else https_proxy and
/// HTTPS_PROXY count, the first that is not empty, with or without scheme and with the credentials they may
/// hold. no_proxy and NO_PROXY count in either case. Throws `usage_error` naming the variable and the mend
/// when credentials stand where they cannot be read, or on the command line; never repeats them.
[[nodiscard]] proxy_setting proxy_from(std::string_view flag, const environment& variables);

/// What to tell instead when `why` may mean that the proxy was not reached, which the library asked for in
/// place of the service: names the proxy and where it was set, never its credentials. Nothing when it cannot
/// mean that.
[[nodiscard]] std::optional<std::string> proxy_trouble(const proxy_setting& through, const error& why);

/// Sets the proxy options of the library.
void use_proxy(client_options& options, const proxy_setting& through);

}  // namespace getty::connect::cli
