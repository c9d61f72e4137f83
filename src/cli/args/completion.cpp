// Completion for bash.
#include "cli/args/pages.hpp"

namespace getty::connect::cli {
namespace {

std::string flag_words(const sub_command& one) {
    std::string words = "--help";
    for (const flag& f : one.flags) words += " " + f.name;
    return words;
}

/// "fetch --output | fetch -o", for a pattern of `case`.
std::string pattern(const sub_command& of, const flag& one) {
    std::string text = "'" + of.name + " " + one.name + "'";
    if (!one.letter.empty()) text += " | '" + of.name + " " + one.letter + "'";
    return text;
}

/// Patterns and lists of the flags that have a value: its choices, files, or nothing to offer.
std::string value_cases(const command_set& all) {
    std::string text;
    for (const sub_command& command : all.commands()) {
        for (const flag& f : command.flags) {
            if (f.form == flag_form::on) continue;
            text += "        " + pattern(command, f) + ") ";
            if (!f.choices.empty()) {
                std::string words;
                for (const std::string& choice : f.choices) words += (words.empty() ? "" : " ") + choice;
                text += "_getty_connect_words '" + words + "'";
            } else {
                text += f.names_a_file() ? "_getty_connect_files" : ":";
            }
            text += " ;;\n";
        }
    }
    return text;
}

std::string argument_cases(const command_set& all, const std::string& names) {
    std::string text;
    for (const sub_command& command : all.commands()) {
        const std::string& what = command.argument;
        if (!what.starts_with("FILE") && what != "COMMAND") continue;
        text += "        " + command.name + ") ";
        text += what == "COMMAND" ? "_getty_connect_words '" + names + "'" : "_getty_connect_files";
        text += " ;;\n";
    }
    return text;
}

std::string flag_cases(const command_set& all) {
    std::string text;
    for (const sub_command& command : all.commands()) {
        text += "        " + command.name + ") _getty_connect_words '" + flag_words(command) + "' ;;\n";
    }
    return text;
}

std::string configurable(const command_set& all) {
    std::string names;
    for (const sub_command& one : all.commands()) {
        if (one.has_settings()) names += (names.empty() ? "" : " ") + one.name;
    }
    return names;
}

}  // namespace

std::string bash_completion(const command_set& all) {
    std::string commands;
    for (const sub_command& one : all.commands()) commands += (commands.empty() ? "" : " ") + one.name;
    // Bash may part a word at '=': "--format=ra" comes as "--format", "=", "ra".
    return R"(# Completion of getty-connect for bash; made of what --help is made of.

_getty_connect_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }

# What is quoted or escaped finds no file by itself; readline, which is asked next then, knows how to read it.
_getty_connect_files() {
    compopt -o filenames -o default 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}

_getty_connect() {
    local current=${COMP_WORDS[COMP_CWORD]} before='' command=${COMP_WORDS[1]} word
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _getty_connect_words ')" +
           commands + R"( --help --version'
        return
    fi
    # Behind -- stand arguments alone.
    for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
        if [[ $word == -- ]]; then before=--; fi
    done
    if [[ $before != -- ]]; then
        before=${COMP_WORDS[COMP_CWORD-1]}
        if [[ $current == = ]]; then
            current=''
        elif [[ $before == = ]]; then
            before=${COMP_WORDS[COMP_CWORD-2]}
        fi
        case "$command $before" in
)" + value_cases(all) +
           R"(        *) before='' ;;
        esac
        if [[ -n $before ]]; then return; fi
        if [[ $current == -* ]]; then
            case $command in
)" + flag_cases(all) +
           R"(            esac
            return
        fi
    fi
    case $command in
)" + argument_cases(all, configurable(all)) +
           R"(    esac
}

complete -F _getty_connect getty-connect
)";
}

}  // namespace getty::connect::cli
