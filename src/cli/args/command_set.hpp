// The sub-commands of the tool, and the parser that tells the words of a command line apart.
#pragma once

#include "cli/args/flag.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace getty::connect::cli {

enum class argument_need { optional, required };

class command_set {
public:
    command_set(const char* about, const std::string& footer);
    ~command_set();
    command_set(const command_set&) = delete;
    command_set& operator=(const command_set&) = delete;

    sub_command& add(const char* name, command_words words);
    /// What may stand beside the flags: one word, or several.
    void add_argument(sub_command& to, const char* name, const char* help, std::string& value);
    void add_arguments(sub_command& to, const char* name, const char* help, std::vector<std::string>& values,
                       argument_need need);

    [[nodiscard]] std::deque<sub_command>& commands() noexcept { return commands_; }
    [[nodiscard]] const std::deque<sub_command>& commands() const noexcept { return commands_; }
    /// Null when there is none of that name.
    [[nodiscard]] sub_command* named(const std::string& name) noexcept;

    struct parsed {
        sub_command* chosen = nullptr;  ///< null: `--version`
        std::string help;               ///< what was asked for instead of an action
    };
    /// Tells the words apart; `words[0]` is the program's name. Throws `usage_error`.
    [[nodiscard]] parsed parse(const std::vector<std::string>& words);

    /// The values of a flag on the command line, as they stand there.
    [[nodiscard]] static std::vector<given_value> given(const flag& one);

private:
    std::unique_ptr<CLI::App> parser_;
    std::deque<sub_command> commands_;
};

/// What `--help` ends with: details, examples and exit codes.
[[nodiscard]] std::string help_footer(const command_words& words);

/// "Exit codes: 0 all is well, 2 usage", in lines of less than 80 columns.
[[nodiscard]] std::string exit_text(const command_words& words);

}  // namespace getty::connect::cli
