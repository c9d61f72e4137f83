// What holds for every flag there is, and so for those to come.
#include "cli/args/known_commands.hpp"

#include "cli/args/config_report.hpp"
#include "cli/args/pages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace getty::connect::cli;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// As roff(7) wants a dash that is one.
std::string with_roff_dashes(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '-' ? "\\-" : std::string(1, c);
    return out;
}

std::string upper(std::string_view name) {
    std::string out;
    for (const char c : name) out += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return out;
}

// Flags whose names outside of the command line are other ones, and why.
// The private key of --cert: KEY is the application's, in variables and files.
// The stand-in service's application key, which GETTY_CONNECT_KEY sets.
// Which files there are is not said in files.
const std::map<std::string, std::pair<std::string, std::string>> exceptions = {
    {"get --key", {"GETTY_CONNECT_CERT_KEY", "cert-key"}},
    {"fetch --key", {"GETTY_CONNECT_CERT_KEY", "cert-key"}},
    {"token --key", {"GETTY_CONNECT_CERT_KEY", "cert-key"}},
    {"bench --key", {"GETTY_CONNECT_CERT_KEY", "cert-key"}},
    {"serve --key", {"", ""}},
};

}  // namespace

TEST_CASE("U6: every flag has its variable, its name in a file, an entry in the manual, and a completion") {
    arguments unused;
    const auto all = known_commands(unused);
    const std::string completion = bash_completion(*all);
    std::size_t flags = 0;
    for (const sub_command& command : all->commands()) {
        const std::string manual = manual_of(command, "1.2.3");
        for (const flag& one : command.flags) {
            ++flags;
            CAPTURE(command.name);
            CAPTURE(one.name);
            REQUIRE(one.name.starts_with("--"));
            const std::string bare = one.name.substr(2);
            std::string prefix = command.name == "serve" ? "GETTY_CONNECT_SERVE_" : "GETTY_CONNECT_";
            if (one.is_own) prefix += upper(command.name) + "_";
            std::string variable = prefix + upper(bare);
            std::string setting = bare;
            if (bare == "config" || bare == "no-config") {
                variable = "GETTY_CONNECT_" + upper(bare);
                setting = "";
            } else if (command.name == "config") {
                setting = "";
            }
            if (const auto at = exceptions.find(command.name + " " + one.name); at != exceptions.end()) {
                std::tie(variable, setting) = at->second;
            }
            CHECK(one.variable == variable);
            CHECK(one.setting == setting);
            CHECK(has(manual, "\\fB" + with_roff_dashes(one.name) + "\\fR"));
            if (!variable.empty()) CHECK(has(manual, variable));
            CHECK(has(completion, " " + one.name));
            if (one.form != flag_form::on) CHECK(has(completion, "'" + command.name + " " + one.name + "'"));
            CHECK_FALSE(one.help.empty());
            // `get` has --overwrite and no --resume.
            const auto other = std::ranges::find(command.flags, one.rival, &flag::name);
            if (other != command.flags.end()) CHECK(other->rival == one.name);
            CHECK_FALSE((one.form == flag_form::on) != one.kind.empty());
        }
    }
    CHECK(flags > 60);
}

TEST_CASE("U6: a variable never means two things, nor is it one of the credentials'") {
    arguments unused;
    const auto all = known_commands(unused);
    std::map<std::string, std::string> meanings;
    std::set<std::string> credentials(std::begin(credential_variables), std::end(credential_variables));
    for (const sub_command& command : all->commands()) {
        for (const flag& one : command.flags) {
            if (one.variable.empty()) continue;
            CAPTURE(command.name);
            CAPTURE(one.name);
            CHECK_FALSE(credentials.contains(one.variable));
            // --json of `config` says less: it prints its answer so.
            if (one.variable == "GETTY_CONNECT_JSON") continue;
            const auto [at, is_new] = meanings.emplace(one.variable, one.kind + one.help);
            CHECK(at->second == one.kind + one.help);
        }
    }
}

TEST_CASE("U6: every command has a page, all pages are named by the first, and each says how it may end") {
    arguments unused;
    const auto all = known_commands(unused);
    const std::string first = manual_of_tool(*all, "1.2.3");
    CHECK(has(first, "getty\\-connect 1.2.3"));
    for (const sub_command& command : all->commands()) {
        CAPTURE(command.name);
        CHECK(has(first, "\\fB" + command.name + "\\fR"));
        if (command.flags.empty()) continue;
        CHECK(has(first, "\\fBgetty\\-connect\\-" + command.name + "\\fR(1)"));
        const std::string page = manual_of(command, "1.2.3");
        for (const exit_words& one : command.words.exits) {
            CHECK(has(page, ".TP\n\\fB" + std::string(one.code) + "\\fR\n"));
        }
        CHECK(has(page, ".SH EXIT STATUS"));
        for (const char* section :
             {"NAME", "SYNOPSIS", "DESCRIPTION", "FLAGS", "ENVIRONMENT", "FILES", "SEE ALSO"}) {
            CHECK(has(page, std::string(".SH ") + section + "\n"));
        }
        // No line of text is taken for a request, and none loses what begins with a backslash.
        std::size_t at = 0;
        while ((at = page.find("\n.", at)) != std::string::npos) {
            ++at;
            const std::string request =
                page.substr(at, std::min(page.find_first_of(" \n", at), page.size()) - at);
            const std::set<std::string> known{".TH", ".SH", ".TP", ".PP", ".BR", ".I", ".br",
                                              ".ad", ".nh", ".nf", ".fi", ".in", ".sp"};
            CHECK_MESSAGE(known.contains(request), request);
        }
    }
}

TEST_CASE("U6: the exit codes are the same words wherever lookups are spoken of") {
    arguments unused;
    const auto all = known_commands(unused);
    const std::string get = exit_text(all->named("get")->words);
    CHECK(exit_text(all->named("fetch")->words) == get);
    const auto help = std::get<help_text>(read_arguments({"getty-connect", "--help"})).text;
    CHECK(has(help, get));
}
