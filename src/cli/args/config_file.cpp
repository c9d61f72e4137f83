#include "cli/args/config_file.hpp"

#include "cli/args/named_lines.hpp"
#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "core/ascii.hpp"
#include "core/descriptor.hpp"
#include "core/sanitize.hpp"
#include "core/spelling.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

std::string_view without_comment(std::string_view text) {
    for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
        if (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t') return trimmed(text.substr(0, at));
    }
    return text;
}

std::string_view value_in(std::string_view text, const std::string& where) {
    text = trimmed(text);
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        const std::size_t end = text.find(text.front(), 1);
        if (end == std::string_view::npos) {
            throw usage_error(where +
                              ": the closing quote is missing; a value needs no quotes, except around " +
                              "blanks at its ends and ' #'");
        }
        const std::string_view rest = trimmed(text.substr(end + 1));
        if (!rest.empty() && rest.front() != '#') {
            throw usage_error(
                where +
                ": there is something behind the closing quote; a value that has quotes in it is "
                "put into the other kind of quotes");
        }
        text = text.substr(1, end - 1);
    } else {
        text = without_comment(text);
    }
    if (text.empty()) {
        throw usage_error(where + ": the value is empty; write it after the '=' or remove the line");
    }
    return text;
}

// The lines are not repeated in messages: they may hold what was pasted by mistake.
void read_line(config_file& to, std::string& section, std::string_view line, unsigned number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    const std::string where = to.path + ":" + std::to_string(number);
    if (std::ranges::any_of(line, [](char c) { return c != '\t' && core::has_control({&c, 1}); })) {
        throw usage_error(where + ": holds a control character; write one NAME = VALUE a line, in UTF-8");
    }
    if (line.front() == '[') {
        line = without_comment(line);
        if (line.back() != ']') {
            throw usage_error(where + ": the ']' is missing; a section is written [fetch]");
        }
        section = trimmed(line.substr(1, line.size() - 2));
        if (section.empty())
            throw usage_error(where + ": the section has no name; write one such as [fetch]");
        to.sections.push_back({section, number});
        return;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
        throw usage_error(where +
                          ": there is no '=' in it; write NAME = VALUE, and NAME = true for a switch");
    }
    const std::string_view name = trimmed(line.substr(0, equals));
    to.lines.push_back(
        {section, std::string(name), std::string(value_in(line.substr(equals + 1), where)), number});
}

// "GETTY_CONNECT_SECRET", "Secret" and "secret" are one.
std::string plain_name(std::string_view name) {
    std::string plain;
    for (const char c : name) plain += c == '_' ? '-' : core::ascii_lower(c);
    constexpr std::string_view prefix = "getty-connect-";
    return plain.starts_with(prefix) ? plain.substr(prefix.size()) : plain;
}

bool names_credentials(std::string_view plain) {
    constexpr std::string_view names[] = {
        "key",        "secret",  "user",      "password",      "token",     "private-key-password",
        "pass",       "api-key", "client-id", "client-secret", "passwd",    "cert-key-password",
        "passphrase", "login",   "username",  "access-token",  "api-token", "refresh-token"};
    return std::ranges::find(names, plain) != std::end(names);
}

[[noreturn]] void refuse_credentials(const std::string& where, std::string_view plain,
                                     const std::vector<std::string>& settings) {
    std::string text = where +
                       ": credentials do not stand in a configuration file; put them into a file of their "
                       "own, readable by its owner alone, and name it here: credentials = FILE";
    if (plain == "key" && std::ranges::find(settings, "cert-key") != settings.end()) {
        text += " (the private key of a client certificate is cert-key = FILE)";
    }
    throw usage_error(text);
}

[[nodiscard]] std::string perhaps(std::string_view word, const std::vector<std::string>& names) {
    const std::string meant(core::nearest(word, names));
    return meant.empty() ? "" : "; did you mean " + meant + "?";
}

struct known_settings {
    std::vector<std::string> here;       // of this section
    std::vector<std::string> elsewhere;  // of commands whose settings stand in their own section alone
    std::string home;                    // the section of `elsewhere` that has the name that was looked for
};

/// Whether a line of this section may set the flag.
bool is_within(const std::string& section, const sub_command& command, const flag& one) {
    return section.empty() ? command.shares_settings && !one.is_own : section == command.name;
}

known_settings settings_of(const std::deque<sub_command>& known, const config_line& line) {
    known_settings found;
    for (const sub_command& one : known) {
        for (const flag& f : one.flags) {
            if (f.setting.empty()) continue;
            if (is_within(line.section, one, f)) {
                found.here.push_back(f.setting);
            } else if (f.setting == line.name && found.home.empty()) {
                found.home = one.name;
            }
        }
    }
    return found;
}

const flag* flag_meant(const std::deque<sub_command>& known, const config_line& line) {
    for (const sub_command& one : known) {
        for (const flag& f : one.flags) {
            if (!f.setting.empty() && f.setting == line.name && is_within(line.section, one, f)) return &f;
        }
    }
    return nullptr;
}

void check_section(const std::string& path, const config_section& section,
                   const std::deque<sub_command>& known) {
    std::vector<std::string> names;
    std::string list;
    for (const sub_command& one : known) {
        if (!one.has_settings()) continue;
        if (one.name == section.name) return;
        names.push_back(one.name);
        list += (list.empty() ? "" : ", ") + one.name;
    }
    throw usage_error(path + ":" + std::to_string(section.number) + ": there is no such section" +
                      perhaps(section.name, names) + "; sections are named as the commands: " + list);
}

[[noreturn]] void refuse_name(const std::string& where, const config_line& line,
                              const std::deque<sub_command>& known) {
    const known_settings settings = settings_of(known, line);
    const std::string plain = plain_name(line.name);
    if (names_credentials(plain)) refuse_credentials(where, plain, settings.here);
    if (plain == "config" || plain == "no-config") {
        throw usage_error(where + ": files name no further files; use --config FILE or remove the line");
    }
    if (!settings.home.empty()) {
        throw usage_error(where + ": is a flag of " + settings.home + "; put it below a line [" +
                          settings.home + "]");
    }
    throw usage_error(where + ": there is no such flag" + perhaps(line.name, settings.here) +
                      "; names are those of the flags without the dashes, see: getty-connect config" +
                      (line.section.empty() ? "" : " " + line.section));
}

}  // namespace

config_file parse_config(std::string_view text, const std::string& path) {
    config_file read;
    read.path = path;
    std::string section;
    each_line(text, [&](std::string_view line, unsigned number) { read_line(read, section, line, number); });
    return read;
}

void check_names(const config_file& file, const std::deque<sub_command>& known) {
    for (const config_section& section : file.sections) check_section(file.path, section, known);
    for (const config_line& line : file.lines) {
        const std::string where = file.path + ":" + std::to_string(line.number);
        const flag* meant = flag_meant(known, line);
        if (meant == nullptr) refuse_name(where, line, known);
        if (meant->form == flag_form::many_values) continue;
        for (const config_line& before : file.lines) {
            if (&before == &line) break;
            if (before.section != line.section || before.name != line.name) continue;
            throw usage_error(where + ": " + line.name + " is set in line " + std::to_string(before.number) +
                              " already; remove one of the two");
        }
    }
}

std::optional<config_file> read_config_file(const std::string& path) {
    struct stat about{};
    // Nor is there one below a home folder that may not be entered: that of another user, after su or sudo.
    const bool is_there = ::stat(path.c_str(), &about) == 0;
    if (!is_there && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return std::nullopt;
    const core::descriptor opened = open_file(path, O_RDONLY);
    // Asked of the open file, so that it cannot be exchanged between the check and the reading.
    if (::fstat(opened.get(), &about) != 0) throw local_failure(path + ": " + system_words(errno));
    if (S_ISDIR(about.st_mode)) throw usage_error(path + ": is a directory, not a configuration file");
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(about.st_mode & 07777));
    const std::string mend = std::string(" may write to this file (mode ") + mode +
                             "), which says where credentials are sent; run: chmod go-w " +
                             shell_quoted(path);
    // Pipes and devices are what the caller's shell made of them.
    const bool is_file = S_ISREG(about.st_mode);
    if (is_file && (about.st_mode & S_IWOTH) != 0) throw usage_error(path + ": everybody" + mend);
    const auto bytes = std::make_unique<char[]>(max_named_lines_bytes + 1);
    const std::size_t size = read_named_lines(opened.get(), bytes.get(), path, "configuration file");
    config_file read = parse_config({bytes.get(), size}, path);
    if (is_file && (about.st_mode & S_IWGRP) != 0) read.warning = path + ": its group" + mend;
    return read;
}

}  // namespace getty::connect::cli
