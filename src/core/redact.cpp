#include "core/redact.hpp"

#include "core/base64.hpp"
#include "core/percent_encoding.hpp"
#include "core/wipe.hpp"

#include <algorithm>

namespace getty::connect::core {
namespace {

void replace_all(std::string& text, std::string_view what) {
    constexpr std::string_view shown = "[hidden]";
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + shown.size())) {
        text.replace(at, what.size(), shown);
    }
}

/// Forms in which a text may quote `secret`; wiped when they go.
struct spellings {
    explicit spellings(std::string_view secret) {
        append_percent_encoded(percent, secret);
        percent_lower = percent;
        for (std::size_t i = 0; i + 2 < percent_lower.size(); ++i) {
            if (percent_lower[i] != '%') continue;
            for (char* c : {&percent_lower[i + 1], &percent_lower[i + 2]}) {
                if (*c >= 'A' && *c <= 'F') *c = static_cast<char>(*c | 0x20);
            }
        }
        for (const char c : secret) {
            if (c == '/' || c == '"' || c == '\\') json += '\\';
            json += c;
        }
        append_base64(base64, secret);
        // The last digits depend on what follows in a longer text.
        base64.resize(secret.size() / 3 * 4);
    }
    ~spellings() {
        for (std::string* one : {&percent, &percent_lower, &json, &base64}) wipe(*one);
    }
    spellings(const spellings&) = delete;
    spellings& operator=(const spellings&) = delete;

    std::string percent, percent_lower, json, base64;
};

}  // namespace

std::string redact(std::string text, std::span<const std::string_view> secrets) {
    constexpr std::size_t shortest = 4;
    for (const std::string_view one : secrets) {
        if (one.size() < shortest) continue;
        const spellings forms(one);
        replace_all(text, one);
        for (const std::string* form : {&forms.percent, &forms.percent_lower, &forms.json, &forms.base64}) {
            if (form->size() >= shortest) replace_all(text, *form);
        }
    }
    return text;
}

}  // namespace getty::connect::core
