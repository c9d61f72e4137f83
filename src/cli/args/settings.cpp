#include "cli/args/settings.hpp"

#include "cli/args/flags.hpp"
#include "cli/trouble.hpp"
#include "core/spelling.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

constexpr std::string_view our_prefix = "GETTY_CONNECT_";

/// "443_TCP", "443_TCP_ADDR"
bool names_a_port(std::string_view rest) {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    rest.remove_prefix(digits);
    if (digits == 0) return false;
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"_TCP", "_UDP", "_SCTP"}, [&](std::string_view kind) {
            return rest == kind || (rest.starts_with(kind) && rest[kind.size()] == '_');
        });
}

/// Kubernetes tells containers of each service in variables named after it.
bool names_a_service(std::string_view name) {
    name.remove_prefix(our_prefix.size() - 1);
    if (name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT")) return true;
    if (name.find("_SERVICE_PORT") != std::string_view::npos) return true;
    for (std::size_t at = name.find("_PORT_"); at != std::string_view::npos;
         at = name.find("_PORT_", at + 1)) {
        if (names_a_port(name.substr(at + 6))) return true;
    }
    return false;
}

bool is_address_of_service(std::string_view name, std::string_view value) {
    return name.ends_with("_PORT") &&
           (value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://"));
}

}  // namespace

surroundings surroundings_of_process() {
    surroundings found;
    found.variables = [](const char* name) -> const char* { return std::getenv(name); };
    for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
        const std::string_view text(*one);
        found.variable_names.emplace_back(text.substr(0, text.find('=')));
    }
    found.system_file = "/etc/getty-connect.conf";
    return found;
}

std::string user_config_file(const environment& variables) {
    const std::string_view below = "/getty-connect/config";
    const char* folder = variables("XDG_CONFIG_HOME");
    // A relative one is to be ignored, says the XDG Base Directory Specification.
    if (folder != nullptr && *folder == '/') return std::string(folder) + std::string(below);
    const char* home = variables("HOME");
    if (home == nullptr || *home != '/') return {};
    return std::string(home) + "/.config" + std::string(below);
}

std::optional<given_value> variable_of(const flag& one, const environment& variables) {
    if (one.variable.empty()) return std::nullopt;
    const char* value = variables(one.variable.c_str());
    if (value == nullptr || *value == '\0' || is_address_of_service(one.variable, value)) return std::nullopt;
    return given_value{value, {one.variable, "=", 1}};
}

std::vector<std::string> misspelt_variables(const std::vector<std::string>& names,
                                            const std::deque<sub_command>& known) {
    // Without the beginning that all share, which would make any two of them neighbours.
    std::vector<std::string> candidates;
    for (const std::string_view name : credential_variables) {
        candidates.emplace_back(name.substr(our_prefix.size()));
    }
    for (const sub_command& one : known) {
        for (const flag& f : one.flags) {
            if (!f.variable.empty()) candidates.push_back(f.variable.substr(our_prefix.size()));
        }
    }
    std::vector<std::string> warnings;
    for (const std::string& name : names) {
        if (!name.starts_with(our_prefix) || names_a_service(name)) continue;
        const std::string own = name.substr(our_prefix.size());
        if (std::ranges::find(candidates, own) != candidates.end()) continue;
        const std::string meant(core::nearest(own, candidates));
        warnings.push_back(name + ": no flag has this variable" +
                           (meant.empty() ? "" : "; did you mean " + std::string(our_prefix) + meant + "?"));
    }
    std::ranges::sort(warnings);
    return warnings;
}

std::string settings::expanded(const flag& one, const place& at, const std::string& value) const {
    if (!one.names_a_file() || !value.starts_with("~/")) return value;
    const char* home = variables_("HOME");
    if (home == nullptr || *home == '\0') {
        refuse({value, at}, "there is no home folder, since HOME is not set; write the whole path");
    }
    return home + value.substr(1);
}

std::vector<given_value> settings::find_in(const config_file& file, const std::string& section,
                                           const flag& one) const {
    std::vector<given_value> found;
    for (const config_line& line : file.lines) {
        if (line.section != section || line.name != one.setting) continue;
        const place at{file.path + ":" + std::to_string(line.number) + ": " + one.setting, " = "};
        found.push_back({expanded(one, at, line.value), at});
    }
    return found;
}

std::vector<given_value> settings::find(const sub_command& of, const flag& one) const {
    if (const auto variable = variable_of(one, variables_)) {
        if (one.form != flag_form::many_values) {
            return {{expanded(one, variable->at, variable->value), variable->at}};
        }
        // No value of these has a blank in it.
        std::vector<given_value> parts;
        constexpr std::string_view blanks = " \t\n\r";
        for (std::size_t at = 0; at < variable->value.size();) {
            const std::size_t begin = variable->value.find_first_not_of(blanks, at);
            if (begin == std::string::npos) break;
            at = std::min(variable->value.find_first_of(blanks, begin), variable->value.size());
            parts.push_back({variable->value.substr(begin, at - begin), variable->at});
        }
        return parts;
    }
    if (one.setting.empty()) return {};
    unsigned rank = 1;
    for (const config_file& file : files_) {
        std::vector<given_value> found = find_in(file, of.name, one);
        if (found.empty() && of.shares_settings && !one.is_own) found = find_in(file, "", one);
        ++rank;
        for (given_value& each : found) each.at.rank = rank;
        if (!found.empty()) return found;
    }
    return {};
}

std::vector<std::string> settings::file_names() const {
    std::vector<std::string> names;
    for (const config_file& file : files_) names.push_back(file.path);
    return names;
}

}  // namespace getty::connect::cli
