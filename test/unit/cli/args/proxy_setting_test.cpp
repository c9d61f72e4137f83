#include "cli/args/proxy_setting.hpp"

#include "cli/trouble.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace getty::connect;
using namespace getty::connect::cli;

namespace {

proxy_setting from(const std::map<std::string, std::string>& variables, std::string_view flag = "") {
    return proxy_from(flag, [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

std::string complaint(const std::map<std::string, std::string>& variables, std::string_view flag = "") {
    try {
        (void)from(variables, flag);
    } catch (const usage_error& why) {
        return why.what();
    }
    return "";
}

}  // namespace

TEST_CASE("P17: the tool takes the proxy of the environment, with or without scheme and credentials") {
    CHECK(from({}).url.empty());
    CHECK(from({{"HTTPS_PROXY", "http://p:3128"}}).url == "http://p:3128");
    CHECK(from({{"HTTPS_PROXY", "p:3128"}}).url == "http://p:3128");
    CHECK(from({{"HTTPS_PROXY", "big"}, {"https_proxy", "small"}}).url == "http://small");
    CHECK(from({{"HTTPS_PROXY", "big"}, {"https_proxy", ""}}).url == "http://big");
    CHECK(from({{"HTTP_PROXY", "p:3128"}}).url.empty());
    CHECK(from({{"HTTPS_PROXY", "socks5://p:1080"}}).url == "socks5://p:1080");  // for the library to refuse

    const proxy_setting with = from({{"HTTPS_PROXY", "http://me:p%40ss:w@p:3128/"}});
    CHECK(with.url == "http://p:3128/");
    CHECK(with.user == "me");
    CHECK(with.password.expose() == "p@ss:w");
    CHECK(from({{"HTTPS_PROXY", "me@p"}}).user == "me");
    CHECK(from({{"NO_PROXY", "a"}, {"no_proxy", "b"}}).no_proxy == "b");
    CHECK(from({{"NO_PROXY", "a"}}).no_proxy == "a");
}

TEST_CASE("P17: --proxy goes before the environment, and none means none") {
    CHECK(from({{"HTTPS_PROXY", "p:3128"}}, "http://q:1").url == "http://q:1");
    CHECK(from({{"HTTPS_PROXY", "p:3128"}}, "none").url.empty());
    CHECK(from({{"NO_PROXY", "a"}}, "http://q:1").no_proxy == "a");
}

TEST_CASE("P17: credentials of a proxy are refused on the command line and never repeated") {
    const std::string flag = complaint({}, "http://me:hunter2@q:1");
    CHECK(flag.find("HTTPS_PROXY") != std::string::npos);
    CHECK(flag.find("hunter2") == std::string::npos);
    for (const char* bad : {"me:hunter2%@p", "me:hunter2%4@p", "me:hunter2%zz@p", "me%:hunter2@p"}) {
        CAPTURE(bad);
        const std::string why = complaint({{"HTTPS_PROXY", bad}});
        CHECK(why.starts_with("HTTPS_PROXY (not shown): "));
        CHECK(why.find("%25") != std::string::npos);
        CHECK(why.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("P17: what was found becomes options that the library accepts") {
    client_options options;
    options.credentials("k", secret("s"));
    use_proxy(options, from({{"HTTPS_PROXY", "http://me:pw@p:3128"}, {"NO_PROXY", "localhost"}}));
    CHECK(options.settings().proxy == "http://p:3128");
    CHECK(options.settings().proxy_user == "me");
    CHECK(options.settings().proxy_password.expose() == "pw");
    CHECK(options.settings().no_proxy == "localhost");
    CHECK(options.validate().has_value());
}

TEST_CASE("P17: a proxy that is not reached is named, with where it was set") {
    const error refused(errc::connect_failed, stage::connect, "Connection refused");
    const std::string mend = "; NO_PROXY names hosts to reach without it";
    CHECK(proxy_trouble(from({{"HTTPS_PROXY", "http://me:hunter2@p:3128"}}), refused) ==
          "the proxy http://p:3128, which HTTPS_PROXY sets, was not reached: Connection refused; check "
          "HTTPS_PROXY" +
              mend);
    CHECK(proxy_trouble(from({{"https_proxy", "p:3128"}}), refused) ==
          "the proxy http://p:3128, which https_proxy sets, was not reached: Connection refused; check "
          "https_proxy" +
              mend);
    CHECK(proxy_trouble(from({}, "http://q:1"), error(errc::resolve_failed, stage::resolve)) ==
          "the proxy http://q:1, which --proxy sets, was not reached: the host name does not resolve; check "
          "--proxy" +
              mend);
    CHECK(proxy_trouble(from({}, "http://q:1"), error(errc::connect_timeout, stage::connect)).has_value());
    // Whether NO_PROXY leaves it out is not known here, so both are named.
    CHECK(proxy_trouble(from({{"HTTPS_PROXY", "p:3128"}, {"NO_PROXY", "x"}}), refused) ==
          "the service was not reached: Connection refused; unless NO_PROXY names it, it is asked through "
          "the proxy http://p:3128, which HTTPS_PROXY sets; check both and the network");
}

TEST_CASE("P17: a failure that is not the proxy's is not put down to it") {
    const proxy_setting p = from({{"HTTPS_PROXY", "p:3128"}});
    CHECK_FALSE(proxy_trouble(from({}), error(errc::connect_failed, stage::connect)).has_value());
    CHECK_FALSE(
        proxy_trouble(from({{"HTTPS_PROXY", "p"}}, "none"), error(errc::connect_failed, stage::connect))
            .has_value());
    for (const error& other :
         {error(errc::tls_failed, stage::tls), error(errc::certificate_rejected, stage::tls),
          error(errc::proxy_refused, stage::connect, "the proxy p:3128 answered 403"),
          error(errc::connect_failed, stage::connect, "the proxy p:3128 answered 503"),
          error(errc::credentials_rejected, stage::auth), error(errc::deadline_exceeded, stage::read)}) {
        CHECK_FALSE(proxy_trouble(p, other).has_value());
    }
}
