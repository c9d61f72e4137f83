#include "sandbox/parameters.hpp"

#include "core/utf8.hpp"

#include <algorithm>

namespace getty::connect::sandbox {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = core::utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, plus meaning) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else if (text[i] == '+' && meaning == plus::blank) {
            out += ' ';
        } else {
            out += text[i];
        }
    }
    if (!is_utf8(out)) return std::nullopt;
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
