#include "ingest/resume/written_line.hpp"

#include "core/ascii.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

namespace getty::connect::ingest {
namespace {

using what = written_line::what;

constexpr std::string_view connect_member = "ImageId";
constexpr std::string_view v3_member = "id";

written_line foreign(std::string_view why) { return {what::foreign, {}, why}; }

bool take(std::string_view& rest, std::string_view text) noexcept {
    if (!rest.starts_with(text)) return false;
    rest.remove_prefix(text.size());
    return true;
}

void skip_blanks(std::string_view& rest) noexcept {
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t' || rest.front() == '\r')) {
        rest.remove_prefix(1);
    }
}

// Behind the opening quote: the distance to the closing one, npos when there is none.
std::size_t closing_quote(std::string_view text) noexcept {
    std::size_t from = 0;
    for (;;) {
        const auto* const found =
            from < text.size()
                ? static_cast<const char*>(std::memchr(text.data() + from, '"', text.size() - from))
                : nullptr;
        if (found == nullptr) return std::string_view::npos;
        const auto at = static_cast<std::size_t>(found - text.data());
        std::size_t backslashes = 0;
        while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
        if (backslashes % 2 == 0) return at;
        from = at + 1;
    }
}

void append_utf8(std::string& to, std::uint32_t c) {
    if (c < 0x80) {
        to += static_cast<char>(c);
    } else if (c < 0x800) {
        to += static_cast<char>(0xC0 | (c >> 6));
        to += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        to += static_cast<char>(0xE0 | (c >> 12));
        to += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        to += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        to += static_cast<char>(0xF0 | (c >> 18));
        to += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        to += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        to += static_cast<char>(0x80 | (c & 0x3F));
    }
}

// Of `XXXX`; takes it off.
std::optional<std::uint32_t> take_hex(std::string_view& rest) noexcept {
    if (rest.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const int digit = core::hex_value(rest[i]);
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    rest.remove_prefix(4);
    return value;
}

bool unescape(std::string_view text, std::string& to) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    to.clear();
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '\\') {
            to += c;
            continue;
        }
        if (text.empty()) return false;
        const char letter = text.front();
        text.remove_prefix(1);
        if (letter != 'u') {
            const std::size_t at = letters.find(letter);
            if (at == std::string_view::npos) return false;
            to += meanings[at];
            continue;
        }
        auto unit = take_hex(text);
        if (!unit) return false;
        if (*unit >= 0xD800 && *unit < 0xDC00 && take(text, "\\u")) {
            const auto low = take_hex(text);
            if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
            unit = 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
        }
        append_utf8(to, *unit);
    }
    return true;
}

// Takes a JSON value off `rest`, whatever it is; false when the text ends before it does.
bool skip_value(std::string_view& rest) noexcept {
    std::size_t depth = 0;
    std::size_t at = 0;
    while (at < rest.size()) {
        const char c = rest[at];
        if (c == '"') {
            const std::size_t length = closing_quote(rest.substr(at + 1));
            if (length == std::string_view::npos) return false;
            at += length + 2;
            if (depth == 0) break;
        } else if (c == '{' || c == '[') {
            ++depth;
            ++at;
        } else if (c == '}' || c == ']') {
            if (depth == 0) break;  // that of the object around a number or a word
            ++at;
            if (--depth == 0) break;
        } else if (c == ',' && depth == 0) {
            break;
        } else {
            ++at;
        }
    }
    if (at == 0 || at >= rest.size()) return false;
    rest.remove_prefix(at);
    return true;
}

// Takes a JSON string off `rest`, as it is written; nothing when there is none.
std::optional<std::string_view> take_raw_string(std::string_view& rest) noexcept {
    if (!take(rest, "\"")) return std::nullopt;
    const std::size_t length = closing_quote(rest);
    if (length == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest.substr(0, length);
    rest.remove_prefix(length + 1);
    return text;
}

bool is_final(std::string_view kind) noexcept { return kind == "not_found" || kind == "invalid_input"; }

}  // namespace

std::optional<dialect> dialect_of_image(std::string_view rest) noexcept {
    bool has_id = false;
    if (!take(rest, "{")) return std::nullopt;
    for (;;) {
        skip_blanks(rest);
        const auto name = take_raw_string(rest);
        if (!name) break;
        if (*name == connect_member) return dialect::connect;
        has_id = has_id || *name == v3_member;
        skip_blanks(rest);
        if (!take(rest, ":")) break;
        skip_blanks(rest);
        if (!skip_value(rest)) break;
        skip_blanks(rest);
        if (!take(rest, ",")) break;
    }
    if (!has_id) return std::nullopt;
    return dialect::v3;
}

std::string_view why_other_dialect(std::optional<dialect> found, std::optional<dialect> wanted) noexcept {
    if (!found || !wanted || *found == *wanted) return {};
    return *found == dialect::v3 ? "is an image of the v3 interface, and this run asks Connect"
                                 : "is an image of Connect, and this run asks the v3 interface";
}

/// Asked for the first image that tells.
std::string_view line_reader::why_foreign(std::optional<dialect> whose) noexcept {
    asks_whose_ = !whose;
    return why_other_dialect(whose, images_of_);
}

/// Asked for the first image. One with chosen columns has each of them, also where the image lacks it.
std::string_view line_reader::why_other_columns(std::string_view rest) {
    const std::vector<std::string>& wanted = *std::exchange(columns_, nullptr);
    if (wanted.empty()) {
        // Its own id is no column: "id" is the one that was asked for.
        return dialect_of_image(rest) ? "" : "has chosen columns of an image, and this run writes whole ones";
    }
    constexpr std::string_view other = "has other columns than this run";
    rest.remove_prefix(1);
    bool first = true;
    for (const std::string& column : wanted) {
        if (column == "id") continue;
        if (!std::exchange(first, false) && !take(rest, ",")) return other;
        const auto name = take_string(rest, word_);
        if (!name || *name != column || !take(rest, ":") || !skip_value(rest)) return other;
    }
    return rest.starts_with('}') ? "" : other;
}

std::optional<std::string_view> line_reader::take_string(std::string_view& rest, std::string& scratch) {
    const auto text = take_raw_string(rest);
    if (!text || text->find('\\') == std::string_view::npos) return text;
    if (!unescape(*text, scratch)) return std::nullopt;
    return std::string_view(scratch);
}

written_line line_reader::read(std::string_view line) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() < 2 || line.front() != '{' || line.back() != '}') return foreign("is no JSON object");
    return layout_ == line_layout::typed ? read_typed(line) : read_raw(line);
}

written_line line_reader::read_typed(std::string_view rest) {
    constexpr std::string_view no_layout =
        "is no line of the form {\"id\":…,\"image\":…} or {\"id\":…,\"error\":…}";
    written_line line;
    if (!take(rest, "{\"id\":")) return foreign(no_layout);
    const bool absent = take(rest, "null");
    if (!absent) {
        const auto id = take_string(rest, key_);
        if (!id || id->empty()) return foreign(no_layout);
        line.key = *id;
    }
    constexpr std::string_view image_begins = ",\"image\":{";
    if (!absent && rest.starts_with(image_begins)) {
        if (!rest.ends_with("}}")) return foreign("has no end: a brace is missing");
        if (asks_whose_) {
            const std::string_view why = why_foreign(dialect_of_image(rest.substr(image_begins.size() - 1)));
            if (!why.empty()) return foreign(why);
        }
        if (columns_ != nullptr) {
            const std::string_view why = why_other_columns(rest.substr(image_begins.size() - 1));
            if (!why.empty()) return foreign(why);
        }
        line.is = what::image;
        return line;
    }
    if (!take(rest, ",\"error\":{\"code\":")) return foreign(no_layout);
    if (!take_string(rest, word_) || !take(rest, ",\"kind\":")) return foreign(no_layout);
    const auto kind = take_string(rest, word_);
    if (!kind) return foreign(no_layout);
    line.is = is_final(*kind) ? what::final_failure : what::other_failure;
    if (!absent) return line;
    const std::size_t at = rest.find(",\"message\":");
    if (at == std::string_view::npos) return foreign(no_layout);
    rest.remove_prefix(at + std::string_view(",\"message\":").size());
    const auto message = take_string(rest, word_);
    if (!message) return foreign(no_layout);
    key_ = '\n' + std::string(*message);
    line.key = key_;
    return line;
}

written_line line_reader::raw_image(std::string_view id) noexcept {
    if (asks_whose_) {
        const std::string_view why = why_foreign(raw_member_ == v3_member ? dialect::v3 : dialect::connect);
        if (!why.empty()) return foreign(why);
    }
    return {what::image, id, {}};
}

written_line line_reader::read_raw(std::string_view rest) {
    rest.remove_prefix(1);
    bool first_is_id = false;
    std::optional<std::string_view> v3_id;
    for (std::size_t count = 0;; ++count) {
        skip_blanks(rest);
        const auto name = take_string(rest, word_);
        if (!name) break;
        const bool wraps = first_is_id && count == 1 && (*name == "image" || *name == "error");
        if (wraps)
            return foreign("is a line with an id of its own, as the format ndjson has, not the image alone");
        const bool is_connect = *name == connect_member;
        const bool is_v3 = *name == v3_member;
        first_is_id = first_is_id || (count == 0 && is_v3);
        skip_blanks(rest);
        if (!take(rest, ":")) return foreign("is no JSON object");
        skip_blanks(rest);
        const bool wanted = raw_member_.empty() ? is_connect || is_v3 : *name == raw_member_;
        if (wanted && rest.starts_with('"')) {
            const auto id = take_string(rest, key_);
            if (!id || id->empty()) return foreign("has an id that cannot be read");
            // Known from the first line that has it: the other member is somebody else's then.
            if (is_connect || !raw_member_.empty()) {
                raw_member_ = is_connect ? connect_member : v3_member;
                return raw_image(*id);
            }
            v3_id = id;
        } else if (!skip_value(rest)) {
            return foreign("is no JSON object");
        }
        skip_blanks(rest);
        if (!take(rest, ",")) break;
    }
    if (v3_id) {
        // Behind it, `key_` has not changed: no other member was wanted.
        raw_member_ = v3_member;
        return raw_image(*v3_id);
    }
    return foreign(raw_member_ == v3_member ? "has no id, where the lines before have one"
                   : raw_member_.empty()    ? "has neither ImageId nor id, so nobody knows whose image it is"
                                            : "has no ImageId, where the lines before have one");
}

}  // namespace getty::connect::ingest
