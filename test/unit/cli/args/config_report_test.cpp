#include "cli/args/config_report.hpp"

#include "cli/trouble.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace getty::connect::cli;
namespace json = boost::json;

namespace {

using words = std::vector<std::string>;

config_arguments report(words line, std::map<std::string, std::string> variables) {
    surroundings around;
    around.variables = [&](const char* name) -> const char* {
        const auto at = variables.find(name);
        return at == variables.end() ? nullptr : at->second.c_str();
    };
    line.insert(line.begin(), {"getty-connect", "config"});
    return std::get<arguments>(read_arguments(line, around)).config;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("U5: what holds for a command is told flag by flag, with where it is from") {
    const std::map<std::string, std::string> set{{"GETTY_CONNECT_RATE", "50"},
                                                 {"GETTY_CONNECT_SERVE_FAULT", "drip html"}};
    const std::string text = config_text(report({"fetch"}, set), {"the environment", {"key", "secret"}});
    CHECK(has(text, "\nfetch\n"));
    CHECK_FALSE(has(text, "\nget\n"));
    CHECK(has(text, "  rate=50                          GETTY_CONNECT_RATE\n"));
    CHECK(has(text, "  timeout=30s                      default\n"));
    CHECK(has(text, "  format=ndjson                    default\n"));
    CHECK(has(text, "  ordered=false                    default\n"));
    CHECK(has(text, "  output                           default: standard output\n"));
    CHECK(has(text, "\ncredentials\n  key, secret, from the environment\n"));
    const std::string all = config_text(report({}, set), {"the environment", {}});
    CHECK(has(all, "\nfetch\n  rate=50                          GETTY_CONNECT_RATE\n"));
    CHECK(has(all, "\nget\n  rate=50                          GETTY_CONNECT_RATE\n"));
    CHECK(has(all, "\ntoken\n  nothing is set\n"));
    CHECK(has(all, "  fault=drip                       GETTY_CONNECT_SERVE_FAULT\n"));
    CHECK(has(all, "  fault=html                       GETTY_CONNECT_SERVE_FAULT\n"));
    CHECK(has(all, "\ncredentials\n  none, from the environment\n"));
    CHECK_FALSE(has(all, "timeout"));
}

TEST_CASE("U5: it is told when files are left out") {
    CHECK(
        has(config_text(report({}, {{"GETTY_CONNECT_NO_CONFIG", "1"}}), {}), "are left out (--no-config)\n"));
    CHECK_FALSE(has(config_text(report({}, {}), {}), "left out"));
}

TEST_CASE("U5: as JSON each flag has its value, null where it is only words, and where it is from") {
    const json::value read = json::parse(config_json(
        report({"serve"}, {{"GETTY_CONNECT_SERVE_FAULT", "drip html"}, {"GETTY_CONNECT_SERVE_PORT", "8443"}}),
        {"/c", {"key"}}));
    const json::value& serve = read.at("commands").at("serve");
    CHECK(serve.at("port").at("value") == "8443");
    CHECK(serve.at("port").at("from") == "GETTY_CONNECT_SERVE_PORT");
    CHECK(serve.at("fault").at("value") == json::array{"drip", "html"});
    CHECK(serve.at("latency").at("value") == "0ms");
    CHECK(serve.at("latency").at("from") == "default");
    CHECK(serve.at("catalogue").at("value").is_null());
    CHECK(read.at("commands").as_object().size() == 1);
    CHECK(read.at("credentials").at("from") == "/c");
    CHECK(read.at("credentials").at("names") == json::array{"key"});
}

TEST_CASE("U5: a value that cannot work is refused as the run would, a command that there is not as well") {
    const auto refusal = [](words line, std::map<std::string, std::string> set) -> std::string {
        try {
            (void)report(std::move(line), std::move(set));
        } catch (const usage_error& why) {
            return why.what();
        }
        return "accepted";
    };
    CHECK(refusal({"fetch"}, {{"GETTY_CONNECT_RATE", "x"}}).starts_with("GETTY_CONNECT_RATE=x: "));
    CHECK(refusal({}, {{"GETTY_CONNECT_RATE", "x"}}).starts_with("GETTY_CONNECT_RATE=x: "));
    CHECK(refusal({"fetch"}, {{"GETTY_CONNECT_CERT", "c"}}).starts_with("--cert: "));
    CHECK(refusal({"serve"}, {{"GETTY_CONNECT_RATE", "x"}}) == "accepted");
    CHECK(refusal({"fecth"}, {}).starts_with("fecth: no command with flags; did you mean fetch?"));
    CHECK(refusal({"version"}, {}).starts_with("version: no command with flags"));
}

TEST_CASE("U3: credentials in an address are not shown") {
    for (const char* address : {"http://user:hunter2@proxy:3128", "user:hunter2@proxy:3128",
                                "http://us@er:hunter2@proxy", "http://hunter2@proxy"}) {
        CAPTURE(address);
        const std::string text = config_text(report({"fetch"}, {{"GETTY_CONNECT_PROXY", address}}), {});
        CHECK_FALSE(has(text, "hunter2"));
        CHECK(has(text, "(not shown)@proxy"));
    }
    CHECK(has(config_text(report({"fetch"}, {{"GETTY_CONNECT_PROXY", "http://proxy:3128"}}), {}),
              "proxy=http://proxy:3128"));
}

TEST_CASE("U5: the words for a default are those of the help") {
    CHECK(default_words("Trust these\ndefault: those of the system") == "those of the system");
    CHECK(default_words("Where it is\ndefault https://a, v3:\nhttps://b") == "https://a, v3: https://b");
    CHECK(default_words("How, default digest; not v3\ndigest: POST\nbearer: POST") == "digest; not v3");
    CHECK(default_words("1 to 9; leave it out for 64, v3: 8") == "64, v3: 8");
    CHECK(default_words("default: the variable, if set.\nNO_PROXY names hosts") == "the variable, if set");
    CHECK(default_words("Says nothing").empty());
}
