// What `getty-connect config` prints.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/args/flag.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::cli {

/// `given`: what holds, from one place; empty where nothing is given. Credentials in an address are masked.
[[nodiscard]] held_value held_from(const flag& one, const std::vector<given_value>& given);

/// The words behind "default" in the help of a flag, on one line; empty where it says nothing.
[[nodiscard]] std::string default_words(std::string_view help);

/// Which credentials there are, by name, and from where.
struct held_credentials {
    std::string from;  ///< "the environment", or the file's name and what names it
    std::vector<std::string> names;
};

[[nodiscard]] std::string config_text(const config_arguments& found, const held_credentials& credentials);
[[nodiscard]] std::string config_json(const config_arguments& found, const held_credentials& credentials);

}  // namespace getty::connect::cli
