// Pages of the manual in the macros man(7).
#include "cli/args/help.hpp"
#include "cli/args/help_lines.hpp"
#include "cli/args/pages.hpp"
#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>

namespace getty::connect::cli {
namespace {

std::string code_point(std::string_view sequence) {
    auto point = static_cast<unsigned>(static_cast<unsigned char>(sequence[0]));
    point &= 0xFFU >> (sequence.size() + 1);
    for (const char c : sequence.substr(1)) point = (point << 6) | (static_cast<unsigned char>(c) & 0x3FU);
    char text[16];
    std::snprintf(text, sizeof text, "\\[u%04X]", point);
    return text;
}

/// Text as it is: no character of it means anything to roff, and a dash stays one that can be copied.
std::string roff(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = std::max<std::size_t>(core::utf8_sequence(text), 1);
        const std::string_view one = text.substr(0, length);
        if (one == "\\") {
            out += "\\e";
        } else if (one == "-") {
            out += "\\-";
        } else if (one == "'") {
            out += "\\(aq";
        } else if (one == "\"") {
            out += "\\(dq";
        } else if (one == "`") {
            out += "\\(ga";
        } else if (one == "^") {
            out += "\\(ha";
        } else if (one == "~") {
            out += "\\(ti";
        } else if (one == "…") {
            out += "...";
        } else {
            out += length > 1 ? code_point(one) : std::string(one);
        }
        text.remove_prefix(length);
    }
    return out.starts_with('.') ? "\\&" + out : out;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

/// Indented as text is, or less where a line would leave the page.
void append_lines_as_they_are(std::string& page, std::string_view lines) {
    constexpr std::size_t columns = 80;
    std::string body;
    std::size_t indent = 7;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        indent = std::min(indent, columns - std::min(end, columns));
        body += (end == 0 ? ".sp" : roff(lines.substr(0, end))) + "\n";
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    page += ".PP\n.in " + std::to_string(indent) + "n\n.nf\n" + body + ".fi\n.in\n";
}

/// Paragraphs; one with an indented line keeps its lines.
void append_paragraphs(std::string& page, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find("\n\n"), text.size());
        const std::string_view paragraph = text.substr(0, end);
        if (paragraph.find("\n ") != std::string_view::npos || paragraph.starts_with(' ')) {
            append_lines_as_they_are(page, paragraph);
        } else {
            page += ".PP\n" + roff(paragraph) + "\n";
        }
        text.remove_prefix(std::min(end + 2, text.size()));
    }
}

std::string heading(const std::string& name, std::string_view version, std::string_view about) {
    std::string upper;
    for (const char c : name) upper += core::ascii_upper(c);
    // Left-aligned and without hyphens, so that names stay whole. No date: a build is the same tomorrow.
    return ".TH " + roff(upper) + " 1 \"\" \"getty\\-connect " + std::string(version) +
           "\" \"User Commands\"\n.ad l\n.nh\n.SH NAME\n" + roff(name) + " \\- " + roff(about) + "\n";
}

void append_flag(std::string& page, const flag& one) {
    page += ".TP\n";
    if (!one.letter.empty()) page += bold(one.letter) + ", ";
    page += bold(one.name);
    if (!one.kind.empty()) page += " " + italic(one.kind);
    page += "\n";
    std::string_view help = one.help;
    for (bool is_first = true; !help.empty(); is_first = false) {
        const std::size_t end = std::min(help.find('\n'), help.size());
        const std::string_view line = help.substr(0, end);
        if (!is_first && (begins_item(line) || (line.front() >= '0' && line.front() <= '9'))) page += ".br\n";
        page += roff(line) + "\n";
        help.remove_prefix(std::min(end + 1, help.size()));
    }
}

void append_exits(std::string& page, const command_words& words) {
    if (words.exits.empty()) return;
    page += ".SH EXIT STATUS\n";
    for (const exit_words& one : words.exits) {
        page += ".TP\n" + bold(one.code) + "\n" + roff(one.meaning) + "\n";
    }
    if (*words.after_exits != '\0') page += ".PP\n" + roff(words.after_exits) + "\n";
}

constexpr const char* files =
    ".SH FILES\n.TP\n.I /etc/getty\\-connect.conf\nFlags, for all users.\n.TP\n"
    ".I \\(ti/.config/getty\\-connect/config\n"
    "Flags, for one; with XDG_CONFIG_HOME below that folder.\n"
    ".PP\nSee\n.BR getty\\-connect\\-config (1).\n";

}  // namespace

std::string manual_of_tool(const command_set& all, std::string_view version) {
    const command_words words = help::main();
    std::string page = heading("getty-connect", version, "look up image metadata by id");
    page += ".SH SYNOPSIS\n" + bold("getty-connect") + " " + italic("COMMAND") + " [" + italic("FLAGS") +
            "]\n.SH DESCRIPTION\n" + roff(words.about) + "\n.SH COMMANDS\n";
    for (const sub_command& one : all.commands()) {
        page += ".TP\n" + bold(one.name) + "\n" + roff(one.words.about) + "\n";
    }
    page += ".SH SETTINGS\n";
    append_paragraphs(page, words.details);
    page += files;
    append_exits(page, words);
    page += ".SH SEE ALSO\n";
    std::string list;
    for (const sub_command& one : all.commands()) {
        if (!one.flags.empty())
            list += (list.empty() ? "" : ",\n") + bold("getty-connect-" + one.name) + "(1)";
    }
    return page + list + "\n";
}

std::string manual_of(const sub_command& one, std::string_view version) {
    std::string page = heading("getty-connect-" + one.name, version, one.words.about);
    page += ".SH SYNOPSIS\n" + bold("getty-connect " + one.name) + " [" + italic("FLAGS") + "]";
    if (!one.argument.empty()) {
        page += one.argument_is_needed ? " " + italic(one.argument) : " [" + italic(one.argument) + "]";
    }
    page += "\n.SH DESCRIPTION\n" + roff(one.words.about) + ".\n";
    if (!one.argument.empty()) page += ".TP\n" + italic(one.argument) + "\n" + roff(one.argument_help) + "\n";
    page += ".SH FLAGS\n";
    for (const flag& f : one.flags) append_flag(page, f);
    if (*one.words.details != '\0') {
        page += ".SH NOTES\n";
        append_paragraphs(page, one.words.details);
    }
    page += ".SH ENVIRONMENT\nA flag that is not on the command line is taken from its variable:\n";
    std::string names;
    for (const flag& f : one.flags) {
        if (!f.variable.empty()) names += (names.empty() ? "" : ",\n") + roff(f.variable);
    }
    page += names + ".\n.PP\nFor credentials see\n.BR getty\\-connect (1).\n";
    page += files;
    append_exits(page, one.words);
    if (*one.words.examples != '\0') {
        page += ".SH EXAMPLES\n";
        append_lines_as_they_are(page, one.words.examples);
    }
    return page + ".SH SEE ALSO\n.BR getty\\-connect (1)\n";
}

}  // namespace getty::connect::cli
