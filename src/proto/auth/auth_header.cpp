#include "proto/auth/auth_header.hpp"

#include "core/ascii.hpp"
#include "proto/http/field_rules.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::proto {
namespace {

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = core::ascii_lower(c);
    return out;
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Reads one field value from left to right. Each `read_` function either consumes what it names or leaves
/// the position where it was.
class reader {
public:
    explicit reader(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] bool at_element_end() const noexcept { return rest_.empty() || rest_.front() == ','; }

    bool skip_blanks() noexcept {
        const std::size_t before = rest_.size();
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
        return rest_.size() != before;
    }

    /// Blanks and the commas of empty list elements.
    void skip_separators() noexcept {
        while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
    }

    std::string_view read_token() noexcept {
        std::size_t length = 0;
        while (length < rest_.size() && detail::has_class(rest_[length], detail::token_byte)) ++length;
        return take(length);
    }

    /// A token68 that fills its list element.
    std::string_view read_token68() noexcept {
        const reader start = *this;
        std::size_t length = 0;
        while (length < rest_.size() && detail::has_class(rest_[length], detail::token68_byte)) ++length;
        if (length == 0) return {};
        while (length < rest_.size() && rest_[length] == '=') ++length;
        const std::string_view found = take(length);
        skip_blanks();
        if (at_element_end()) return found;
        *this = start;
        return {};
    }

    /// `token BWS "=" BWS ( token / quoted-string )` that fills its list element. `ok` with an empty name in
    /// `out` when what stands here is not a parameter.
    auth_syntax read_param(auth_param& out) {
        const reader start = *this;
        out = {};
        const std::string_view name = read_token();
        skip_blanks();
        if (name.empty() || !consume('=')) return not_a_param(start);
        skip_blanks();
        if (consume('"')) {
            out.quoted = true;
            if (!read_quoted(out.value)) return auth_syntax::unterminated_quote;
        } else {
            out.value = read_token();
            if (out.value.empty()) return not_a_param(start);
        }
        skip_blanks();
        if (!at_element_end()) {
            return out.quoted ? auth_syntax::malformed_parameter : not_a_param(start);
        }
        out.name = lowered(name);
        return auth_syntax::ok;
    }

private:
    std::string_view take(std::size_t length) noexcept {
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    bool consume(char c) noexcept {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    auth_syntax not_a_param(const reader& start) noexcept {
        *this = start;
        return auth_syntax::ok;
    }

    /// After the opening quote; control characters were refused before.
    bool read_quoted(std::string& value) {
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return true;
            if (c == '\\') {
                if (rest_.empty()) return false;
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            value += c;
        }
        return false;
    }

    std::string_view rest_;
};

auth_syntax check_text(std::string_view field_value) noexcept {
    if (field_value.size() > max_auth_field_bytes) return auth_syntax::too_long;
    return is_quotable(field_value) ? auth_syntax::ok : auth_syntax::bad_character;
}

auth_syntax add_param(std::vector<auth_param>& params, auth_param&& param) {
    for (const auth_param& known : params) {
        if (known.name == param.name) return auth_syntax::duplicate_parameter;
    }
    if (params.size() == max_auth_params) return auth_syntax::too_many_parameters;
    params.push_back(std::move(param));
    return auth_syntax::ok;
}

/// A scheme and what follows it up to the next comma: nothing, a token68 or the first parameter.
auth_syntax read_scheme(reader& in, std::vector<challenge>& out) {
    const std::string_view scheme = in.read_token();
    if (scheme.empty()) return auth_syntax::expected_scheme;
    if (out.size() == max_challenges) return auth_syntax::too_many_challenges;
    challenge& current = out.emplace_back();
    current.scheme = lowered(scheme);
    const bool separated = in.skip_blanks();
    if (in.at_element_end()) return auth_syntax::ok;
    if (!separated) return auth_syntax::expected_scheme;
    auth_param param;
    if (const auth_syntax verdict = in.read_param(param); verdict != auth_syntax::ok) return verdict;
    if (!param.name.empty()) return add_param(current.params, std::move(param));
    current.token68 = in.read_token68();
    return current.token68.empty() ? auth_syntax::malformed_parameter : auth_syntax::ok;
}

auth_syntax read_challenges(reader in, std::vector<challenge>& out) {
    const std::size_t first = out.size();
    for (in.skip_separators(); !in.at_end(); in.skip_separators()) {
        auth_param param;
        auth_syntax verdict = in.read_param(param);
        if (verdict != auth_syntax::ok) return verdict;
        if (param.name.empty()) {
            verdict = read_scheme(in, out);
        } else if (out.size() == first) {
            return auth_syntax::expected_scheme;
        } else if (!out.back().token68.empty()) {
            return auth_syntax::malformed_parameter;
        } else {
            verdict = add_param(out.back().params, std::move(param));
        }
        if (verdict != auth_syntax::ok) return verdict;
    }
    return out.size() == first ? auth_syntax::expected_scheme : auth_syntax::ok;
}

}  // namespace

const std::string* challenge::find(std::string_view name) const noexcept {
    for (const auth_param& param : params) {
        if (param.name == name) return &param.value;
    }
    return nullptr;
}

std::string_view to_string(auth_syntax verdict) noexcept {
    switch (verdict) {
        case auth_syntax::ok:
            return "well-formed";
        case auth_syntax::too_long:
            return "the field value is longer than 8 KiB";
        case auth_syntax::bad_character:
            return "the field value holds a control character";
        case auth_syntax::expected_scheme:
            return "an authentication scheme is missing";
        case auth_syntax::malformed_parameter:
            return "a parameter is malformed";
        case auth_syntax::unterminated_quote:
            return "a quoted string does not end";
        case auth_syntax::duplicate_parameter:
            return "a parameter is given twice";
        case auth_syntax::too_many_challenges:
            return "there are more than 16 challenges";
        case auth_syntax::too_many_parameters:
            return "a challenge has more than 32 parameters";
    }
    return "unknown";
}

auth_syntax parse_challenges(std::string_view field_value, std::vector<challenge>& out) {
    const std::size_t before = out.size();
    auth_syntax verdict = check_text(field_value);
    if (verdict == auth_syntax::ok) verdict = read_challenges(reader(field_value), out);
    if (verdict != auth_syntax::ok) out.resize(before);
    return verdict;
}

std::optional<challenge> parse_credentials(std::string_view field_value) {
    std::vector<challenge> found;
    if (parse_challenges(field_value, found) != auth_syntax::ok || found.size() != 1) return std::nullopt;
    return std::move(found.front());
}

std::optional<std::vector<auth_param>> parse_auth_info(std::string_view field_value) {
    if (check_text(field_value) != auth_syntax::ok) return std::nullopt;
    std::vector<auth_param> params;
    reader in(field_value);
    for (in.skip_separators(); !in.at_end(); in.skip_separators()) {
        auth_param param;
        if (in.read_param(param) != auth_syntax::ok || param.name.empty()) return std::nullopt;
        if (add_param(params, std::move(param)) != auth_syntax::ok) return std::nullopt;
    }
    return params;
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, text);
    out += '"';
}

void append_escaped(std::string& out, std::string_view text) {
    while (true) {
        const auto special = std::ranges::find_if(text, [](char c) { return c == '"' || c == '\\'; });
        const auto plain = static_cast<std::size_t>(special - text.begin());
        out.append(text.substr(0, plain));
        if (plain == text.size()) return;
        out += '\\';
        out += text[plain];
        text.remove_prefix(plain + 1);
    }
}

}  // namespace getty::connect::proto
