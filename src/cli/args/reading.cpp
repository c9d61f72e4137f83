// From words, variables and files to what is asked for.
#include "cli/args/arguments.hpp"
#include "cli/args/config_report.hpp"
#include "cli/args/flags.hpp"
#include "cli/args/known_commands.hpp"
#include "cli/trouble.hpp"
#include "core/spelling.hpp"

#include <algorithm>
#include <optional>

namespace getty::connect::cli {
namespace {

const flag* flag_named(const sub_command& of, std::string_view name) {
    const auto at = std::ranges::find(of.flags, name, &flag::name);
    return at == of.flags.end() ? nullptr : &*at;
}

/// Reads --config and --no-config, which tell where the others are read from, and then the files.
class configuration {
public:
    configuration(const sub_command& of, const surroundings& around, const std::deque<sub_command>& known,
                  arguments& read)
        : known_(known), read_(read), found_(around.variables) {
        const flag* file = flag_named(of, "--config");
        const flag* none = flag_named(of, "--no-config");
        if (file == nullptr || none == nullptr) return;
        // No file was read yet, so what is found is on the command line or in a variable.
        const bool names_file_itself = take_first(of, *file);
        const bool forbids_itself = take_first(of, *none);
        // `--no-config` goes before a file that only the environment names.
        const bool is_kept = !read.sources.none_else || names_file_itself || !forbids_itself;
        if (!read.sources.file.empty() && is_kept) add(read.sources.file, true);
        read.config.leaves_files_out = read.sources.none_else;
        if (read.sources.none_else) return;
        add(user_config_file(around.variables), false);
        add(around.system_file, false);
    }

    [[nodiscard]] const settings& found() const noexcept { return found_; }

private:
    /// Whether it is on the command line.
    bool take_first(const sub_command& of, const flag& one) const {
        std::vector<given_value> given = command_set::given(one);
        const bool is_on_command_line = !given.empty();
        if (given.empty()) given = found_.find(of, one);
        for (const given_value& value : given) one.take(value);
        return is_on_command_line;
    }

    void add(const std::string& path, bool must_exist) {
        if (path.empty()) return;
        std::optional<config_file> file = read_config_file(path);
        if (!file) {
            if (must_exist) throw local_failure(path + ": there is no such configuration file");
            read_.config.files_absent.push_back(path);
            return;
        }
        check_names(*file, known_);
        if (!file->warning.empty()) read_.warnings.push_back(file->warning);
        read_.config.files_read.push_back(path);
        found_.add(std::move(*file));
    }

    const std::deque<sub_command>& known_;
    arguments& read_;
    settings found_;
};

/// "/etc/getty-connect.conf:3", or the name of a variable.
std::string origin_of(const place& at) { return at.name.substr(0, at.name.rfind(": ")); }

std::vector<given_value> held_values_of(const sub_command& of, const flag& one, const settings& elsewhere) {
    std::vector<given_value> values = command_set::given(one);
    return values.empty() ? elsewhere.find(of, one) : values;
}

/// Whether a nearer place says otherwise: --overwrite on the command line goes before `resume = true` in a
/// file.
bool is_contradicted(const sub_command& of, const flag& one, unsigned rank, const settings& elsewhere) {
    const flag* rival = one.rival.empty() ? nullptr : flag_named(of, one.rival);
    if (rival == nullptr) return false;
    const std::vector<given_value> values = held_values_of(of, *rival, elsewhere);
    if (values.empty() || values.front().at.rank >= rank) return false;
    return rival->form != flag_form::on || switch_value(values.back());
}

/// The values that hold for a flag, read under its rule.
std::vector<given_value> take(const sub_command& of, const flag& one, const settings& elsewhere,
                              arguments& read) {
    const std::vector<given_value> values = held_values_of(of, one, elsewhere);
    if (values.empty() || is_contradicted(of, one, values.front().at.rank, elsewhere)) return {};
    if (values.front().at.rank > 0) read.origins.emplace_back(one.name, origin_of(values.front().at));
    for (const given_value& value : values) one.take(value);
    return values;
}

bool is_about_files(const flag& one) { return one.name == "--config" || one.name == "--no-config"; }

action action_of(const std::string& name) {
    if (name == "get") return action::get;
    if (name == "fetch") return action::fetch;
    if (name == "bench") return action::bench;
    if (name == "serve") return action::serve;
    if (name == "token") return action::token;
    return name == "config" ? action::config : action::version;
}

/// What `config` is to print: every flag of the command that was asked for, or what is set of all.
void look_up_held(command_set& all, const settings& elsewhere, arguments& read) {
    const std::string wanted = read.config.command;
    std::vector<std::string> names;
    for (const sub_command& one : all.commands()) {
        if (!one.has_settings()) continue;
        names.push_back(one.name);
        if (!wanted.empty() && wanted != one.name) continue;
        held_values held{one.name, {}};
        for (const flag& f : one.flags) {
            if (f.setting.empty()) continue;
            const std::vector<given_value> given = take(one, f, elsewhere, read);
            if (!wanted.empty() || !given.empty()) held.flags.push_back(held_from(f, given));
        }
        read.config.held.push_back(std::move(held));
    }
    if (!read.config.held.empty()) return;
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    const std::string meant(core::nearest(wanted, names));
    throw usage_error(wanted + ": no command with flags" +
                      (meant.empty() ? "" : "; did you mean " + meant + "?") + "; there are " + list);
}

}  // namespace

std::variant<arguments, help_text> read_arguments(const std::vector<std::string>& words,
                                                  const surroundings& around) {
    arguments read;
    read.words = words;
    const std::unique_ptr<command_set> all = known_commands(read);
    const command_set::parsed parsed = all->parse(words);
    if (!parsed.help.empty()) return help_text{parsed.help};
    if (parsed.chosen == nullptr || parsed.chosen->flags.empty()) return read;
    const sub_command& chosen = *parsed.chosen;
    read.action = action_of(chosen.name);
    read.warnings = misspelt_variables(around.variable_names, all->commands());
    for (const flag& one : chosen.flags) {
        if (!command_set::given(one).empty()) read.flags_given.push_back(one.name);
    }
    const configuration sources(chosen, around, all->commands(), read);
    for (const flag& one : chosen.flags) {
        if (!is_about_files(one)) (void)take(chosen, one, sources.found(), read);
    }
    if (read.action == action::config) look_up_held(*all, sources.found(), read);
    if (read.quiet && read.summary == summary_form::text) read.summary = summary_form::none;
    try {
        if (read.action != action::config || !read.config.command.empty()) check_together(read);
    } catch (const usage_error& why) {
        throw usage_error(with_origins(why.what(), read));
    }
    return read;
}

std::string with_origins(std::string message, const arguments& read) {
    // "--rate" is not named by "--rate-ids".
    const auto names = [&message](const std::string& flag) {
        for (std::size_t at = message.find(flag); at != std::string::npos; at = message.find(flag, at + 1)) {
            const std::size_t end = at + flag.size();
            const bool goes_on =
                end < message.size() && (message[end] == '-' || (message[end] >= 'a' && message[end] <= 'z'));
            if (!goes_on) return true;
        }
        return false;
    };
    std::string added;
    for (const auto& [flag, origin] : read.origins) {
        const std::string words = "; " + flag + " is set by " + origin;
        if (names(flag) && added.find(words) == std::string::npos) added += words;
    }
    return message + added;
}

bool asks_for_json(const std::vector<std::string>& words, const environment& variables) {
    arguments unused;
    const std::unique_ptr<command_set> all = known_commands(unused);
    const sub_command* meant = words.size() > 1 ? all->named(words[1]) : nullptr;
    const flag* json = meant == nullptr ? nullptr : flag_named(*meant, "--json");
    // That of `bench` names a file.
    if (json != nullptr && json->form != flag_form::on) return false;
    const auto end = std::find(words.begin(), words.end(), "--");
    for (auto word = end; word != words.begin();) {
        --word;
        if (*word == "--json") return true;
        if (word->starts_with("--json=")) return switch_value({word->substr(7), {"--json", "="}});
    }
    if (json == nullptr) return false;
    const auto variable = variable_of(*json, variables);
    return variable && switch_value(*variable);
}

bool asks_for_json_log(const std::vector<std::string>& words, const environment& variables) {
    const auto end = std::find(words.begin(), words.end(), "--");
    std::optional<bool> json;
    for (auto word = words.begin(); word != end; ++word) {  // the last one counts
        if (*word == "--log-format" && word + 1 != end) json = *(word + 1) == "json";
        if (word->starts_with("--log-format=")) json = *word == "--log-format=json";
    }
    if (json) return *json;
    const char* variable = variables("GETTY_CONNECT_LOG_FORMAT");
    return variable != nullptr && std::string_view(variable) == "json";
}

}  // namespace getty::connect::cli
