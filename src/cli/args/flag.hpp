// A flag and a sub-command as data: what reading a command line, --help, variables, configuration files, the
// manual and completion are made of.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace getty::connect::cli {

/// Where a value stands, in the words of a message.
struct place {
    std::string name;     ///< "--rate", "GETTY_CONNECT_RATE", "/etc/getty-connect.conf:3: rate"
    std::string between;  ///< what is written between name and value there: " ", "=", " = "
    unsigned rank = 0;    ///< what is nearer goes before: 0 the command line, 1 a variable, then the files
};

/// A value that was given for a flag.
struct given_value {
    std::string value;
    place at;
};

enum class flag_form { one_value, many_values, on };

struct flag {
    std::string name;    ///< "--rate"
    std::string letter;  ///< "-o"; empty: none
    flag_form form = flag_form::one_value;
    std::string kind;  ///< of its value, as --help calls it: "FILE", "ndjson|raw"; empty: a switch
    std::vector<std::string> choices;  ///< all values there are; empty: any
    std::string help;
    std::string variable;  ///< "GETTY_CONNECT_RATE"; empty: has none
    std::string setting;   ///< its name in a configuration file; empty: may not stand there
    std::string fallback;  ///< the value that holds where none is given; empty: see `help`
    /// Reads one value; throws `usage_error` naming the place. With many values it is called for each.
    std::function<void(const given_value&)> take;
    CLI::Option* option = nullptr;
    /// It says something else than another command's of this name: it has a variable of its own, and stands
    /// in the command's own section of a file alone.
    bool is_own = false;
    std::string
        rival;  ///< the flag that says otherwise about the same; where that is nearer, this one is not read

    [[nodiscard]] bool names_a_file() const { return kind.starts_with("FILE"); }

    /// Gives it other names outside of the command line than those that follow from its own.
    flag& known_as(std::string of_variable, std::string of_setting) {
        variable = std::move(of_variable);
        setting = std::move(of_setting);
        return *this;
    }
    flag& contradicts(std::string other) {
        rival = std::move(other);
        return *this;
    }
};

/// What a run may end with.
struct exit_words {
    const char* code;
    const char* meaning;
};

/// The words of a sub-command's help.
struct command_words {
    const char* about = "";
    const char* details = "";   ///< paragraphs; one with indented lines keeps its lines
    const char* examples = "";  ///< indented lines
    std::vector<exit_words> exits;
    const char* after_exits = "";
};

struct sub_command {
    std::string name;
    command_words words;
    std::string prefix;    ///< of its variables, behind GETTY_CONNECT_: "SERVE_", or nothing
    std::string argument;  ///< what may stand beside the flags: "FILE"; empty: nothing
    std::string argument_help;
    bool argument_is_needed = false;
    bool shares_settings =
        true;  ///< whether what is outside of a section of a configuration file holds for it
    std::vector<flag> flags;
    CLI::App* parser = nullptr;

    /// Whether a configuration file can say anything about it.
    [[nodiscard]] bool has_settings() const {
        return std::ranges::any_of(flags, [](const flag& one) { return !one.setting.empty(); });
    }
};

}  // namespace getty::connect::cli
