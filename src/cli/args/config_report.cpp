#include "cli/args/config_report.hpp"

#include "cli/args/flags.hpp"
#include "cli/args/help_lines.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>

namespace getty::connect::cli {
namespace {

constexpr std::string_view by_default = "default";

std::string line_of(const std::string& what, const std::string& from) {
    constexpr std::size_t column = 34;
    std::string line = "  " + what;
    line.append(line.size() < column ? column - line.size() : 1, ' ');
    return line + " " + from + "\n";
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

std::string default_words(std::string_view help) {
    std::size_t at = std::string_view::npos;
    for (const std::string_view mark : {"default: ", "default ", "leave it out for "}) {
        at = help.rfind(mark);
        if (at == std::string_view::npos) continue;
        at += mark.size();
        break;
    }
    if (at == std::string_view::npos) return {};
    std::string words;
    while (at < help.size()) {
        const std::size_t end = std::min(help.find('\n', at), help.size());
        const std::string_view line = help.substr(at, end - at);
        const bool begins_sentence = !line.empty() && line.front() >= 'A' && line.front() <= 'Z';
        if (!words.empty() && (begins_item(line) || begins_sentence)) break;
        words += (words.empty() ? "" : " ") + std::string(line);
        at = end + 1;
    }
    if (words.ends_with('.')) words.pop_back();
    return words;
}

held_value held_from(const flag& one, const std::vector<given_value>& given) {
    held_value held;
    held.name = one.setting;
    held.from = by_default;
    for (const given_value& each : given) {
        held.values.push_back(one.kind == "URL" ? shown_address(each.value) : each.value);
        held.from = each.at.name.substr(0, each.at.name.rfind(": "));
    }
    if (given.empty()) {
        if (!one.fallback.empty()) {
            held.values.push_back(one.fallback);
        } else {
            held.fallback = default_words(one.help);
        }
    }
    return held;
}

std::string config_text(const config_arguments& found, const held_credentials& credentials) {
    std::string text;
    if (found.leaves_files_out) text += "the files of user and system are left out (--no-config)\n";
    for (const std::string& path : found.files_read) text += path + " is read\n";
    for (const std::string& path : found.files_absent) text += path + " is not there\n";
    for (const held_values& one : found.held) {
        text += "\n" + one.command + "\n";
        if (one.flags.empty()) text += "  nothing is set\n";
        for (const held_value& each : one.flags) {
            if (each.values.empty()) {
                text += line_of(each.name, each.from + (each.fallback.empty() ? "" : ": " + each.fallback));
            }
            for (const std::string& value : each.values) {
                text += line_of(each.name + "=" + value, each.from);
            }
        }
    }
    text += "\ncredentials\n  ";
    text += credentials.names.empty() ? "none" : joined(credentials.names);
    return text + ", from " + credentials.from + "\n";
}

std::string config_json(const config_arguments& found, const held_credentials& credentials) {
    namespace json = boost::json;
    const auto list = [](const std::vector<std::string>& texts) {
        return json::array(texts.begin(), texts.end());
    };
    json::object commands;
    for (const held_values& one : found.held) {
        json::object flags;
        for (const held_value& each : one.flags) {
            json::value value;
            if (each.values.size() == 1) value = each.values.front();
            if (each.values.size() > 1) value = list(each.values);
            flags[each.name] = json::object{{"value", value}, {"from", each.from}};
        }
        commands[one.command] = flags;
    }
    const json::object whole{
        {"files", list(found.files_read)},
        {"commands", commands},
        {"credentials", json::object{{"from", credentials.from}, {"names", list(credentials.names)}}}};
    return json::serialize(whole) + "\n";
}

}  // namespace getty::connect::cli
