#include "cli/args/flags.hpp"

#include "cli/trouble.hpp"
#include "core/decimal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace getty::connect::cli {

using std::chrono::milliseconds;

void refuse(std::string_view flag, std::string_view value, const std::string& rule) {
    throw usage_error(std::string(flag) + " " + (value.empty() ? "\"\"" : std::string(value)) + ": " + rule);
}

std::string group_digits(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::uint64_t whole_number(std::string_view flag, std::string_view text, std::uint64_t min, std::uint64_t max,
                           const std::string& mend) {
    const std::string rule =
        "must be a whole number between " + group_digits(min) + " and " + group_digits(max) + "; " + mend;
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) refuse(flag, text, rule);
    if (number < min || number > max) refuse(flag, text, rule);
    return number;
}

double rate_number(std::string_view flag, std::string_view text, const std::string& of_what) {
    const std::optional<double> number = core::read_decimal(text);
    if (!number || *number < 0.001 || *number > 1'000'000) {
        refuse(flag, text,
               "must be a number of " + of_what +
                   " per second between 0.001 and 1,000,000; leave it out for no limit");
    }
    return *number;
}

std::vector<std::string> split_list(const std::string& flag, const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        if (comma == at) refuse(flag, text, "has an empty name; write names with one comma between two");
        parts.push_back(text.substr(at, comma - at));
        at = comma + 1;
    }
    return parts;
}

void flags::text(const std::string& name, std::string& to, const char* kind, const std::string& help) {
    read(name, kind, help, [name, &to](const std::string& value) {
        if (value.empty()) refuse(name, value, "may not be empty; leave the flag out for its default");
        to = value;
    });
}

void flags::texts(const std::string& name, std::vector<std::string>& to, const char* kind,
                  const std::string& help) {
    command_.add_option(name, to, help)
        ->type_name(kind)
        ->type_size(1)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void flags::duration_or_off(const std::string& name, bool& on, milliseconds& to, milliseconds min,
                            milliseconds max, const std::string& help) {
    read(name, "DURATION|off",
         help + "\n" + to_text(min) + " to " + to_text(max) + ", default " + to_text(to),
         [name, &on, &to, min, max](const std::string& value) {
             on = value != "off";
             if (on) to = flag_duration(name, value, min, max);
         });
}

void flags::rate(const std::string& name, double& to, const std::string& of_what, const std::string& help) {
    read(name, "R", help,
         [name, of_what, &to](const std::string& value) { to = rate_number(name, value, of_what); });
}

void flags::list(const std::string& name, std::vector<std::string>& to, const std::string& help) {
    read(name, "LIST", help, [name, &to](const std::string& value) { to = split_list(name, value); });
}

void flags::on(const std::string& name, std::function<void()> set, const std::string& help) {
    command_.add_flag_function(name, [set = std::move(set)](std::int64_t) { set(); }, help);
}

milliseconds flags::flag_duration(const std::string& name, const std::string& value, milliseconds min,
                                  milliseconds max) {
    try {
        return parse_duration(value, min, max);
    } catch (const usage_error& why) {
        refuse(name, value, why.what());
    }
}

void flags::read(const std::string& name, const std::string& kind, const std::string& help,
                 std::function<void(const std::string&)> take) {
    command_.add_option_function<std::string>(name, std::move(take), help)
        ->type_name(kind)
        ->type_size(1)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace getty::connect::cli
