#include "core/redact.hpp"

#include "core/base64.hpp"
#include "core/html_escape.hpp"
#include "core/percent_encoding.hpp"
#include "core/wipe.hpp"

#include <array>

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
        form = percent;
        for (std::size_t at = form.find("%20"); at != std::string::npos; at = form.find("%20", at + 1)) {
            form.replace(at, 3, "+");
        }
        for (const char c : secret) {
            const bool escaped = c == '"' || c == '\\';
            if (escaped) json_plain += '\\';
            if (escaped || c == '/') json += '\\';
            json += c;
            json_plain += c;
            append_html(html, c, "&#39;");
            append_html(html_hex, c, "&#x27;");
        }
        append_base64(base64, secret);
        // Within a longer text the last digits depend on what follows.
        base64_begin = base64.substr(0, secret.size() / 3 * 4);
    }
    ~spellings() {
        for (std::string* one : all()) wipe(*one);
    }
    spellings(const spellings&) = delete;
    spellings& operator=(const spellings&) = delete;

    [[nodiscard]] std::array<std::string*, 9> all() noexcept {
        return {&percent, &percent_lower, &form,   &json,        &json_plain,
                &html,    &html_hex,      &base64, &base64_begin};
    }

    std::string percent, percent_lower, form, json, json_plain, html, html_hex, base64, base64_begin;
};

}  // namespace

std::string redact(std::string text, std::span<const std::string_view> secrets) {
    constexpr std::size_t shortest = 4;
    for (const std::string_view one : secrets) {
        if (one.size() < shortest) continue;
        spellings forms(one);
        replace_all(text, one);
        for (const std::string* form : forms.all()) {
            if (form->size() >= shortest) replace_all(text, *form);
        }
    }
    return text;
}

}  // namespace getty::connect::core
