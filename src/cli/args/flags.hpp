// The flags of a sub-command, each with its rule.
#pragma once

#include "cli/args/duration.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace getty::connect::cli {

/// Throws `usage_error`: "--flag value: rule".
[[noreturn]] void refuse(std::string_view flag, std::string_view value, const std::string& rule);

/// 65535 is "65,535".
[[nodiscard]] std::string group_digits(std::uint64_t number);

/// Reads a whole number from `min` to `max`, else throws `usage_error` that ends with `mend`.
[[nodiscard]] std::uint64_t whole_number(std::string_view flag, std::string_view text, std::uint64_t min,
                                         std::uint64_t max, const std::string& mend);

/// Reads so many `of_what` per second, else throws `usage_error`.
[[nodiscard]] double rate_number(std::string_view flag, std::string_view text, const std::string& of_what);

/// Names with commas between them, else throws `usage_error`.
[[nodiscard]] std::vector<std::string> split_list(const std::string& flag, const std::string& text);

/// Adds flags to one sub-command. Every value is read as text by ourselves, for messages that say what to do.
class flags {
public:
    explicit flags(CLI::App& command) : command_(command) {}

    void text(const std::string& name, std::string& to, const char* kind, const std::string& help);

    /// May be given several times.
    void texts(const std::string& name, std::vector<std::string>& to, const char* kind,
               const std::string& help);

    void duration(const std::string& name, std::chrono::milliseconds& to, std::chrono::milliseconds min,
                  std::chrono::milliseconds max, const std::string& help) {
        duration(name, to, min, max, to_text(to), help);
    }

    /// `fallback` tells what holds where the flag is not given.
    template <class Target>
    void duration(const std::string& name, Target& to, std::chrono::milliseconds min,
                  std::chrono::milliseconds max, const std::string& fallback, const std::string& help) {
        read(name, "DURATION", help + "\n" + to_text(min) + " to " + to_text(max) + ", default " + fallback,
             [name, &to, min, max](const std::string& value) { to = flag_duration(name, value, min, max); });
    }

    /// "off" as well, which clears `on`; any length sets it.
    void duration_or_off(const std::string& name, bool& on, std::chrono::milliseconds& to,
                         std::chrono::milliseconds min, std::chrono::milliseconds max,
                         const std::string& help);

    template <class Number, class Target>
    void number(const std::string& name, Target& to, Number min, Number max, const std::string& help,
                const std::string& mend) {
        read(name, "N", help + "\n" + group_digits(min) + " to " + group_digits(max) + "; " + mend,
             [name, &to, min, max, mend](const std::string& value) {
                 to = static_cast<Number>(whole_number(name, value, min, max, mend));
             });
    }

    void rate(const std::string& name, double& to, const std::string& of_what, const std::string& help);

    /// A choice that is handed to `take`.
    template <class Enum>
    void choice_of(const std::string& name, std::vector<std::pair<std::string, Enum>> values,
                   std::function<void(Enum)> take, const std::string& help) {
        std::string names;
        for (const auto& one : values) names += (names.empty() ? "" : "|") + one.first;
        read(name, names, help,
             [name, names, values = std::move(values), take = std::move(take)](const std::string& value) {
                 for (const auto& one : values) {
                     if (one.first == value) return take(one.second);
                 }
                 refuse(name, value, "is none of " + names);
             });
    }

    /// Names with commas between them.
    void list(const std::string& name, std::vector<std::string>& to, const std::string& help);

    /// `Target`: the enumeration, or an optional one.
    template <class Enum, class Target>
    void choice(const std::string& name, Target& to, std::vector<std::pair<std::string, Enum>> values,
                const std::string& help) {
        choice_of<Enum>(name, std::move(values), [&to](Enum wanted) { to = wanted; }, help);
    }

    void on(const std::string& name, std::function<void()> set, const std::string& help);

    /// A value with a rule of its own; `take` gets it as text and throws `usage_error`.
    void read(const std::string& name, const std::string& kind, const std::string& help,
              std::function<void(const std::string&)> take);

private:
    static std::chrono::milliseconds flag_duration(const std::string& name, const std::string& value,
                                                   std::chrono::milliseconds min,
                                                   std::chrono::milliseconds max);

    CLI::App& command_;
};

}  // namespace getty::connect::cli
