#include "bench/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace bench {

arguments::arguments(const std::vector<std::string>& words,
                     std::initializer_list<std::string_view> with_value,
                     std::initializer_list<std::string_view> alone) {
    const auto is_in = [](const auto& list, std::string_view name) {
        return std::find(list.begin(), list.end(), name) != list.end();
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!words[i].starts_with("--")) {
            words_.push_back(words[i]);
            continue;
        }
        const std::string name = words[i].substr(2);
        if (is_in(alone, name)) {
            values_[name];
        } else if (!is_in(with_value, name)) {
            throw std::invalid_argument("no option --" + name);
        } else if (++i == words.size()) {
            throw std::invalid_argument("--" + name + " needs a value");
        } else {
            values_[name] = words[i];
        }
    }
}

std::string arguments::text(std::string_view name, std::string_view otherwise) const {
    const auto found = values_.find(name);
    return std::string(found == values_.end() ? otherwise : found->second);
}

std::uint64_t arguments::number(std::string_view name, std::uint64_t otherwise, std::uint64_t least) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    const std::string& text = found->second;
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || value < least) {
        throw std::invalid_argument("--" + std::string(name) + " needs a number of at least " +
                                    std::to_string(least) + ", not '" + text + "'");
    }
    return value;
}

}  // namespace bench
