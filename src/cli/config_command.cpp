#include "cli/args/config_report.hpp"
#include "cli/args/credentials.hpp"
#include "cli/commands.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

namespace getty::connect::cli {
namespace {

held_credentials names_of(const credentials& found) {
    held_credentials held;
    const std::pair<const char*, bool> all[] = {
        {"key", found.key.has_value()},     {"secret", found.application_secret.has_value()},
        {"user", found.user.has_value()},   {"password", found.password.has_value()},
        {"token", found.token.has_value()}, {"private_key_password", found.private_key_password.has_value()}};
    for (const auto& [name, is_there] : all) {
        if (is_there) held.names.emplace_back(name);
    }
    return held;
}

}  // namespace

exit_code run_config(const arguments& wanted, console& tell) {
    const std::string& file = wanted.connection.credentials_file;
    held_credentials held;
    if (file.empty()) {
        held = names_of(credentials_from([](const char* name) { return std::getenv(name); }));
        held.from = "the environment";
    } else {
        const credentials_file read = read_credentials_file(file);
        if (!read.warning.empty()) tell.warning(read.warning);
        held = names_of(read.found);
        held.from = file;
    }
    const bool json = wanted.summary == summary_form::json;
    print_text(json ? config_json(wanted.config, held) : config_text(wanted.config, held));
    return exit_code::success;
}

}  // namespace getty::connect::cli
