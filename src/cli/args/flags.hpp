// The flags of a sub-command, each with its rule.
#pragma once

#include "cli/args/duration.hpp"
#include "cli/args/flag.hpp"
#include "core/numerals.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace getty::connect::cli {

/// Throws `usage_error`: "--flag value: rule", or with the variable or line in place of the flag.
[[noreturn]] void refuse(const given_value& given, const std::string& rule);

/// The same for a flag as it stands on the command line.
[[noreturn]] inline void refuse(const std::string& flag, const std::string& value, const std::string& rule) {
    refuse(given_value{value, {flag, " "}}, rule);
}

/// An address as it may be shown: what stands before an '@' may be a password.
[[nodiscard]] std::string shown_address(const std::string& address);

/// Reads a whole number from `min` to `max`, else throws `usage_error` that ends with `mend`.
[[nodiscard]] std::uint64_t whole_number(const given_value& given, std::uint64_t min, std::uint64_t max,
                                         const std::string& mend);

/// Reads so many `of_what` per second, else throws `usage_error`.
[[nodiscard]] double rate_number(const given_value& given, const std::string& of_what);

/// Names with commas between them, else throws `usage_error`.
[[nodiscard]] std::vector<std::string> split_list(const given_value& given);

/// Reads true, false, yes, no, 1 or 0, else throws `usage_error`.
[[nodiscard]] bool switch_value(const given_value& given);

/// Adds flags to one sub-command. Every value is read as text by ourselves, for messages that say what to do.
class flags {
public:
    /// Whether what a variable or a file sets for other commands holds here too: see `flag::is_own`.
    enum class elsewhere { shared, own };

    explicit flags(sub_command& to, elsewhere set = elsewhere::shared) : command_(to), set_(set) {}

    flag& text(const std::string& name, std::string& to, const char* kind, const std::string& help);

    /// May be given several times.
    flag& texts(const std::string& name, std::vector<std::string>& to, const char* kind,
                const std::string& help);

    flag& duration(const std::string& name, std::chrono::milliseconds& to, std::chrono::milliseconds min,
                   std::chrono::milliseconds max, const std::string& help) {
        return duration(name, to, min, max, to_text(to), help);
    }

    /// `fallback` tells what holds where the flag is not given.
    template <class Target>
    flag& duration(const std::string& name, Target& to, std::chrono::milliseconds min,
                   std::chrono::milliseconds max, const std::string& fallback, const std::string& help) {
        const auto take = [&to, min, max](const given_value& given) { to = duration_in(given, min, max); };
        flag& added =
            read(name, "DURATION",
                 help + "\n" + to_text(min) + " to " + to_text(max) + ", default " + fallback, take);
        // What is out of range stands for "not set".
        if constexpr (std::is_same_v<Target, std::chrono::milliseconds>) {
            if (to >= min) added.fallback = to_text(to);
        }
        return added;
    }

    /// "off" as well, which clears `on`; any length sets it.
    flag& duration_or_off(const std::string& name, bool& on, std::chrono::milliseconds& to,
                          std::chrono::milliseconds min, std::chrono::milliseconds max,
                          const std::string& help);

    template <class Number, class Target>
    flag& number(const std::string& name, Target& to, Number min, Number max, const std::string& help,
                 const std::string& mend) {
        const auto take = [&to, min, max, mend](const given_value& given) {
            to = static_cast<Number>(whole_number(given, min, max, mend));
        };
        flag& added = read(
            name, "N", help + "\n" + core::grouped(min) + " to " + core::grouped(max) + "; " + mend, take);
        if constexpr (std::is_same_v<Target, Number>) {
            if (to >= min) added.fallback = std::to_string(to);
        }
        return added;
    }

    flag& rate(const std::string& name, double& to, const std::string& of_what, const std::string& help);

    /// Names with commas between them.
    flag& list(const std::string& name, std::vector<std::string>& to, const std::string& help);

    /// A choice that is handed to `take`.
    template <class Enum>
    flag& choice_of(const std::string& name, std::vector<std::pair<std::string, Enum>> values,
                    std::function<void(Enum)> take, const std::string& help) {
        std::string names;
        std::vector<std::string> choices;
        for (const auto& one : values) {
            names += (names.empty() ? "" : "|") + one.first;
            choices.push_back(one.first);
        }
        flag& added =
            read(name, names, help,
                 [names, values = std::move(values), take = std::move(take)](const given_value& given) {
                     for (const auto& one : values) {
                         if (one.first == given.value) return take(one.second);
                     }
                     refuse(given, "is none of " + names);
                 });
        added.choices = std::move(choices);
        return added;
    }

    /// `Target`: the enumeration, or an optional one.
    template <class Enum, class Target>
    flag& choice(const std::string& name, Target& to, std::vector<std::pair<std::string, Enum>> values,
                 const std::string& help) {
        std::string fallback;
        for (const auto& one : values) {
            if (to == one.second) fallback = one.first;
        }
        flag& added = choice_of<Enum>(name, std::move(values), [&to](Enum wanted) { to = wanted; }, help);
        added.fallback = std::move(fallback);
        return added;
    }

    /// A value with a rule of its own; `take` throws `usage_error` for what is none, by `refuse`.
    flag& read(const std::string& name, const std::string& kind, const std::string& help,
               std::function<void(const given_value&)> take) {
        return add(name, kind, help, std::move(take), flag_form::one_value);
    }

    /// A switch; `set` is called where it is on, in the end.
    flag& on(const std::string& name, std::function<void()> set, const std::string& help);

private:
    [[nodiscard]] static std::chrono::milliseconds duration_in(const given_value& given,
                                                               std::chrono::milliseconds min,
                                                               std::chrono::milliseconds max);
    flag& add(const std::string& names, const std::string& kind, const std::string& help,
              std::function<void(const given_value&)> take, flag_form form);

    sub_command& command_;
    elsewhere set_;
};

}  // namespace getty::connect::cli
