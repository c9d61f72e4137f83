#include "cli/args/command_set.hpp"

#include "cli/trouble.hpp"
#include "core/spelling.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace getty::connect::cli {
namespace {

// The value may be a secret.
std::string without_value(const std::string& word) { return word.substr(0, word.find('=')); }

constexpr std::pair<std::string_view, std::string_view> credential_flags[] = {
    {"--secret", "GETTY_CONNECT_SECRET"},          {"--user", "GETTY_CONNECT_USER"},
    {"--password", "GETTY_CONNECT_PASSWORD"},      {"--token", "GETTY_CONNECT_TOKEN"},
    {"--pass", "GETTY_CONNECT_CERT_KEY_PASSWORD"},
};

// Throws for what no flag or argument of the command takes.
void refuse_surplus(const sub_command& of) {
    std::vector<std::string> surplus = of.parser->remaining();
    std::erase(surplus, "--");  // which only tells that no flags follow
    if (surplus.empty()) return;
    const std::string flag = without_value(surplus.front());
    const std::string help = "; see: getty-connect " + of.name + " --help";
    for (const auto& [name, variable] : credential_flags) {
        if (flag != name) continue;
        throw usage_error(flag +
                          ": credentials are not taken from the command line, which every user of this "
                          "machine can read; set " +
                          std::string(variable) + " or use --credentials FILE");
    }
    if (!flag.starts_with('-')) throw usage_error(flag + ": one argument too many" + help);
    std::vector<std::string> names{"--help"};
    for (const auto& one : of.flags) names.push_back(one.name);
    const std::string meant(core::nearest(flag, names));
    throw usage_error(flag + ": no such flag" + (meant.empty() ? "" : "; did you mean " + meant + "?") +
                      help);
}

constexpr char no_break = '\1';  // a blank where no line ends

// The parser would take the next word for the value.
void refuse_empty(const sub_command& of, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (word == "--") return;
        if (!word.starts_with("--") || word.find('=') != word.size() - 1) continue;
        const std::string name = without_value(word);
        if (std::ranges::find(of.flags, name, &flag::name) == of.flags.end()) continue;
        throw usage_error(word + ": the value is missing; write it behind the '=' or leave the flag out");
    }
}

// Appends words with blanks and line ends between them, in lines of less than 80 columns.
void append_wrapped(std::string& to, std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = std::min(text.find(' '), text.size());
        const std::size_t line = to.rfind('\n');
        const std::size_t column = to.size() - (line == std::string::npos ? 0 : line + 1);
        if (column + 1 + length > 79) {
            to += "\n ";
        }
        if (!to.empty()) to += ' ';
        for (const char c : text.substr(0, length)) to += c == no_break ? ' ' : c;
        text.remove_prefix(std::min(length + 1, text.size()));
    }
}

}  // namespace

command_set::command_set(const char* about, const std::string& footer)
    : parser_(std::make_unique<CLI::App>(about, "getty-connect")) {
    parser_->get_formatter()->column_width(29);
    parser_->footer(footer);
    parser_->require_subcommand(1);
    parser_->allow_extras();
    const std::string version = "Print the version";
    parser_->add_flag("--version", version);
}

command_set::~command_set() = default;

sub_command& command_set::add(const char* name, command_words words) {
    sub_command added;
    added.name = name;
    added.parser = parser_->add_subcommand(name, words.about);
    added.parser->footer(help_footer(words));
    added.parser->allow_extras();
    added.words = std::move(words);
    commands_.push_back(std::move(added));
    return commands_.back();
}

void command_set::add_argument(sub_command& to, const char* name, const char* help, std::string& value) {
    to.argument = name;
    to.argument_help = help;
    to.parser->add_option(name, value, help)->type_name("");
}

void command_set::add_arguments(sub_command& to, const char* name, const char* help,
                                std::vector<std::string>& values, argument_need need) {
    to.argument = std::string(name) + "...";
    to.argument_help = help;
    to.argument_is_needed = need == argument_need::required;
    to.parser->add_option(name, values, help)->type_name("")->required(to.argument_is_needed);
}

sub_command* command_set::named(const std::string& name) noexcept {
    const auto at = std::ranges::find(commands_, name, &sub_command::name);
    return at == commands_.end() ? nullptr : &*at;
}

command_set::parsed command_set::parse(const std::vector<std::string>& words) {
    const auto chosen = [&]() -> sub_command* {
        for (const CLI::App* one : parser_->get_subcommands()) return named(one->get_name());
        return nullptr;
    };
    if (const sub_command* one = words.size() > 1 ? named(words[1]) : nullptr; one != nullptr) {
        refuse_empty(*one, words);
    }
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    try {
        parser_->parse(static_cast<int>(argv.size()), argv.data());
    } catch (const CLI::CallForHelp&) {
        sub_command* const one = chosen();
        return {one, one != nullptr ? one->parser->help("getty-connect") : parser_->help()};
    } catch (const CLI::ParseError& why) {
        if (parser_->count("--version") > 0) return {};
        if (const sub_command* one = chosen(); one != nullptr) {
            refuse_surplus(*one);
            throw usage_error(std::string(why.what()) + "; see: getty-connect " + one->name + " --help");
        }
        const std::vector<std::string> surplus = parser_->remaining();
        if (surplus.empty()) throw usage_error("what to do is missing; see: getty-connect --help");
        std::vector<std::string> names;
        for (const sub_command& one : commands_) names.push_back(one.name);
        const std::string meant(core::nearest(surplus.front(), names));
        throw usage_error(without_value(surplus.front()) + ": no such command" +
                          (meant.empty() ? "" : "; did you mean " + meant + "?") +
                          "; see: getty-connect --help");
    }
    if (parser_->count("--version") > 0) return {};
    refuse_surplus(*chosen());
    return {chosen(), {}};
}

std::vector<given_value> command_set::given(const flag& one) {
    std::vector<given_value> found;
    for (const std::string& value : one.option->results()) found.push_back({value, {one.name, " "}});
    if (one.form != flag_form::many_values && found.size() > 1) found.erase(found.begin(), found.end() - 1);
    return found;
}

std::string exit_text(const command_words& words) {
    std::string list = "Exit codes:";
    for (std::size_t i = 0; i < words.exits.size(); ++i) {
        list += std::string(i == 0 ? " " : ", ") + words.exits[i].code + no_break + words.exits[i].meaning;
    }
    if (*words.after_exits != '\0') list += std::string(". ") + words.after_exits;
    std::string text;
    append_wrapped(text, list);
    return text;
}

std::string help_footer(const command_words& words) {
    std::string text = words.details;
    const auto paragraph = [&text] { text += text.empty() ? "" : "\n\n"; };
    const std::string_view examples = words.examples;
    if (!examples.empty()) {
        paragraph();
        text += examples.find('\n') == std::string_view::npos ? "Example:\n" : "Examples:\n";
        text += examples;
    }
    if (!words.exits.empty()) {
        paragraph();
        text += exit_text(words);
    }
    return text;
}

}  // namespace getty::connect::cli
