#include "sandbox/http/parameters.hpp"

#include "core/percent_encoding.hpp"
#include "core/utf8.hpp"

#include <algorithm>

namespace getty::connect::sandbox {
std::optional<std::string> percent_decoded(std::string_view text, plus meaning) {
    std::string blanks(text);
    if (meaning == plus::blank) std::replace(blanks.begin(), blanks.end(), '+', ' ');
    auto out = core::percent_decoded(blanks);
    if (!out || !core::is_utf8(*out)) return std::nullopt;
    return out;
}

std::optional<std::vector<parameter>> parse_parameters(std::string_view text) {
    std::vector<parameter> all;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        if (one.empty()) continue;
        const std::size_t equals = std::min(one.find('='), one.size());
        auto name = percent_decoded(one.substr(0, equals), plus::blank);
        auto value = percent_decoded(one.substr(std::min(one.size(), equals + 1)), plus::blank);
        if (!name || !value || find(all, *name) || all.size() == max_parameters) return std::nullopt;
        all.push_back({*std::move(name), *std::move(value)});
    }
    return all;
}

const std::string* find(const std::vector<parameter>& in, std::string_view name) noexcept {
    for (const parameter& p : in) {
        if (p.name == name) return &p.value;
    }
    return nullptr;
}

}  // namespace getty::connect::sandbox
