// The command line: words first, then `--name value` pairs and `--name` alone.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class arguments {
public:
    /// Throws `std::invalid_argument` for a name that is in neither list or lacks its value.
    arguments(const std::vector<std::string>& words, std::initializer_list<std::string_view> with_value,
              std::initializer_list<std::string_view> alone = {});

    [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }
    [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
    [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise = {}) const;
    /// Throws `std::invalid_argument` for anything but a number of at least `least`.
    [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise,
                                       std::uint64_t least = 1) const;

private:
    std::vector<std::string> words_;
    std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace bench
