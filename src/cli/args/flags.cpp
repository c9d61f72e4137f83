#include "cli/args/flags.hpp"

#include "cli/trouble.hpp"
#include "core/ascii.hpp"
#include "core/decimal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace getty::connect::cli {

using std::chrono::milliseconds;

void refuse(const given_value& given, const std::string& rule) {
    throw usage_error(given.at.name + given.at.between + (given.value.empty() ? "\"\"" : given.value) + ": " +
                      rule);
}

std::string shown_address(const std::string& address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string::npos) return address;
    const std::size_t scheme = address.find("://");
    const std::size_t begin = scheme == std::string::npos || scheme > at ? 0 : scheme + 3;
    return address.substr(0, begin) + "(not shown)" + address.substr(at);
}

std::uint64_t whole_number(const given_value& given, std::uint64_t min, std::uint64_t max,
                           const std::string& mend) {
    std::string rule =
        "must be a whole number between " + core::grouped(min) + " and " + core::grouped(max) + "; " + mend;
    std::replace(rule.begin(), rule.end(), '\n', ' ');  // a help's lines
    const std::string& text = given.value;
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) refuse(given, rule);
    if (number < min || number > max) refuse(given, rule);
    return number;
}

double rate_number(const given_value& given, const std::string& of_what) {
    const std::optional<double> number = core::read_decimal(given.value);
    if (!number || *number < 0.001 || *number > 1'000'000) {
        refuse(given, "must be a number of " + of_what +
                          " per second between 0.001 and 1,000,000; leave it out for no limit");
    }
    return *number;
}

std::vector<std::string> split_list(const given_value& given) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= given.value.size();) {
        const std::size_t comma = std::min(given.value.find(',', at), given.value.size());
        if (comma == at) refuse(given, "has an empty place; write one comma between two");
        parts.push_back(given.value.substr(at, comma - at));
        at = comma + 1;
    }
    return parts;
}

bool switch_value(const given_value& given) {
    for (const std::string_view word : {"true", "yes", "1"}) {
        if (core::equals_ignoring_case(given.value, word)) return true;
    }
    for (const std::string_view word : {"false", "no", "0"}) {
        if (core::equals_ignoring_case(given.value, word)) return false;
    }
    refuse(given, "is none of true|false|yes|no|1|0");
}

flag& flags::text(const std::string& name, std::string& to, const char* kind, const std::string& help) {
    flag& added = read(name, kind, help, [&to](const given_value& given) {
        if (given.value.empty()) refuse(given, "may not be empty; leave the flag out for its default");
        to = given.value;
    });
    added.fallback = to;
    return added;
}

flag& flags::texts(const std::string& name, std::vector<std::string>& to, const char* kind,
                   const std::string& help) {
    const auto take = [&to](const given_value& given) { to.push_back(given.value); };
    flag& added = add(name, kind, help, take, flag_form::many_values);
    added.option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return added;
}

flag& flags::duration_or_off(const std::string& name, bool& on, milliseconds& to, milliseconds min,
                             milliseconds max, const std::string& help) {
    flag& added = read(name, "DURATION|off",
                       help + "\n" + to_text(min) + " to " + to_text(max) + ", default " + to_text(to),
                       [&on, &to, min, max](const given_value& given) {
                           on = given.value != "off";
                           if (on) to = duration_in(given, min, max);
                       });
    added.fallback = to_text(to);
    return added;
}

flag& flags::rate(const std::string& name, double& to, const std::string& of_what, const std::string& help) {
    return read(name, "R", help,
                [of_what, &to](const given_value& given) { to = rate_number(given, of_what); });
}

flag& flags::list(const std::string& name, std::vector<std::string>& to, const std::string& help) {
    return read(name, "LIST", help, [&to](const given_value& given) { to = split_list(given); });
}

flag& flags::on(const std::string& name, std::function<void()> set, const std::string& help) {
    const auto take = [set = std::move(set)](const given_value& given) {
        if (switch_value(given)) set();
    };
    flag& added = add(name, "", help, take, flag_form::on);
    added.fallback = "false";
    return added;
}

milliseconds flags::duration_in(const given_value& given, milliseconds min, milliseconds max) {
    try {
        return parse_duration(given.value, min, max);
    } catch (const usage_error& why) {
        refuse(given, why.what());
    }
}

// The parser only tells words apart: what they mean is read afterwards, from whatever place holds.
flag& flags::add(const std::string& names, const std::string& kind, const std::string& help,
                 std::function<void(const given_value&)> take, flag_form form) {
    flag added;
    const std::size_t comma = names.find(',');
    added.name = comma == std::string::npos ? names : names.substr(comma + 1);
    if (comma != std::string::npos) added.letter = names.substr(0, comma);
    added.form = form;
    added.kind = kind;
    added.help = help;
    added.take = std::move(take);
    added.setting = added.name.substr(2);
    added.is_own = set_ == elsewhere::own;
    const auto upper = [](std::string_view name) {
        std::string text;
        for (const char c : name) text += c == '-' ? '_' : core::ascii_upper(c);
        return text;
    };
    added.variable = "GETTY_CONNECT_" + command_.prefix + (added.is_own ? upper(command_.name) + "_" : "") +
                     upper(added.setting);
    // A text that is not constant would be taken for the variable to write the value to.
    const std::string& description = added.help;
    if (form == flag_form::on) {
        added.option = command_.parser->add_flag(names, description);
    } else {
        added.option = command_.parser->add_option(names, description);
        added.option->type_name(kind)
            ->type_size(1)
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    command_.flags.push_back(std::move(added));
    return command_.flags.back();
}

}  // namespace getty::connect::cli
