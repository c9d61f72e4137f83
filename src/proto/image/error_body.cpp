#include "proto/image/error_body.hpp"

#include "core/ascii.hpp"
#include "core/sanitize.hpp"
#include "core/utf8.hpp"

#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace getty::connect::proto {
namespace {

namespace json = boost::json;

constexpr std::size_t max_read_bytes = std::size_t{64} * 1024;
constexpr std::size_t max_depth = 16;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Position of the lower-case `needle` in `text` in any case, from `from` on.
std::size_t find_in_any_case(std::string_view text, std::string_view needle, std::size_t from = 0) noexcept {
    if (from > text.size()) return std::string_view::npos;
    const auto it = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), needle.begin(),
                                needle.end(), [](char a, char b) { return lower(a) == b; });
    return it == text.end() ? std::string_view::npos : static_cast<std::size_t>(it - text.begin());
}

/// The member of this name, in any case where none has it as it is.
const json::value* member(const json::object& from, std::string_view key) noexcept {
    if (const json::value* const value = from.if_contains(key)) return value;
    for (const json::key_value_pair& other : from) {
        if (core::equals_ignoring_case(std::string_view(other.key()), key)) return &other.value();
    }
    return nullptr;
}

/// A text, or a number as text; empty for all else.
std::string scalar_text(const json::object& from, std::string_view key) {
    const json::value* const value = member(from, key);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(std::string_view(value->get_string()));
    if (value->is_int64()) return std::to_string(value->get_int64());
    if (value->is_uint64()) return std::to_string(value->get_uint64());
    return {};
}

/// "code: words", or the one of them that is there.
std::string joined(const std::string& code, const std::string& words) {
    if (!code.empty() && !words.empty() && code != words) return code + ": " + words;
    return code.empty() ? words : code;
}

std::string describe_object(const json::object& from) {
    struct pair {
        std::string_view code;
        std::string_view words;
    };
    // the more specific first: an OAuth error also has the `error` of the documented form
    constexpr std::array<pair, 4> forms = {{{"error", "error_description"},
                                            {"ErrorCode", "ErrorMessage"},
                                            {"code", "message"},
                                            {"status", "error"}}};
    for (const pair& form : forms) {
        const std::string words = scalar_text(from, form.words);
        if (!words.empty()) return joined(scalar_text(from, form.code), words);
    }
    for (const std::string_view key : {"error", "ErrorCode", "code", "status"}) {
        const std::string text = scalar_text(from, key);
        if (!text.empty()) return text;
    }
    // {"error": {"code": ..., "message": ...}}
    if (const json::value* const inner = member(from, "error"); inner && inner->is_object()) {
        return describe_object(inner->get_object());
    }
    return {};
}

enum class texts { members_alone, any };

/// The document, or, of an array, its first element; null when it is no JSON.
json::value first_value(std::string_view body) {
    json::parse_options options;
    options.max_depth = max_depth;
    boost::system::error_code code;
    json::value root = json::parse(body, code, {}, options);
    if (code) return nullptr;
    const json::array* const list = root.if_array();
    if (list == nullptr) return root;
    return list->empty() ? json::value() : list->front();
}

/// What JSON of a known form says; nothing when it is another form or no JSON.
std::string describe_json(std::string_view body, texts taken) {
    const json::value value = first_value(body);
    if (const json::object* const fields = value.if_object()) return describe_object(*fields);
    if (taken == texts::members_alone) return {};
    if (const json::string* const text = value.if_string()) return std::string(std::string_view(*text));
    return {};
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0U | (c >> 6));
        tail(0);
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0U | (c >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | (c >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

/// The character that `entity` (without '&' and ';') stands for; 0 when it is none of the common ones.
std::uint32_t entity_value(std::string_view entity) noexcept {
    struct named {
        std::string_view name;
        std::uint32_t value;
    };
    constexpr std::array<named, 6> names = {
        {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}}};
    for (const named& n : names) {
        if (n.name == entity) return n.value;
    }
    if (!entity.starts_with('#')) return 0;
    entity.remove_prefix(1);
    int base = 10;
    if (entity.starts_with('x') || entity.starts_with('X')) {
        entity.remove_prefix(1);
        base = 16;
    }
    std::uint32_t value = 0;
    const char* const end = entity.data() + entity.size();
    const auto [stop, problem] = std::from_chars(entity.data(), end, value, base);
    if (problem != std::errc() || stop != end || value > 0x10FFFF) return 0;
    return value;
}

void append_unescaped_html(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t start = text.find('&');
        out += text.substr(0, start);
        if (start == std::string_view::npos) return;
        text.remove_prefix(start);
        const std::size_t end = text.substr(0, 10).find(';');
        const std::uint32_t value = end == std::string_view::npos ? 0 : entity_value(text.substr(1, end - 1));
        if (value == 0) {
            out += '&';
            text.remove_prefix(1);
        } else {
            append_utf8(out, value);
            text.remove_prefix(end + 1);
        }
    }
}

/// The text of a page without its tags, comments, scripts and styles.
std::string text_of_html(std::string_view page) {
    std::string out;
    std::size_t at = 0;
    while (at < page.size()) {
        const std::size_t tag = page.find('<', at);
        append_unescaped_html(out, page.substr(at, tag == std::string_view::npos ? tag : tag - at));
        if (tag == std::string_view::npos) break;
        out += ' ';
        const std::string_view rest = page.substr(tag);
        std::string_view closing = ">";
        if (rest.starts_with("<!--")) closing = "-->";
        for (const auto& [opening, end] :
             {std::pair{"<script", "</script"}, std::pair{"<style", "</style"}}) {
            if (find_in_any_case(rest.substr(0, 8), opening) == 0) closing = end;
        }
        const std::size_t closed = find_in_any_case(page, closing, tag);
        if (closed == std::string_view::npos) break;
        // of an end tag, the '>' is left for the next round to find
        at = closing.starts_with("</") ? closed : closed + closing.size();
    }
    return out;
}

/// What stands in the title of a page; blank when there is none.
std::string title_of_html(std::string_view page) {
    std::string text;
    const std::size_t title = find_in_any_case(page, "<title");
    if (title == std::string_view::npos) return text;
    const std::size_t start = page.find('>', title);
    const std::size_t end = find_in_any_case(page, "</title", title);
    if (start != std::string_view::npos && end != std::string_view::npos && start < end) {
        append_unescaped_html(text, page.substr(start + 1, end - start - 1));
    }
    return text;
}

/// Secrets go before the text is cut to size, lest half of one stay at the cut, and after it was unescaped.
std::string shown(std::string text, const text_filter& clean) {
    return core::printable(clean ? clean(std::move(text)) : text, max_error_text_bytes);
}

/// What is looked at of a body: not all of one without end, and without what stands before its first
/// character.
std::string_view head_of(std::string_view body) {
    body = body.substr(0, max_read_bytes);
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
    return body;
}

bool starts_like_html(std::string_view text) noexcept {
    for (const std::string_view start :
         {"<!doctype", "<html", "<head", "<body", "<title", "<h1", "<center"}) {
        if (find_in_any_case(text.substr(0, start.size()), start) == 0) return true;
    }
    return false;
}

bool is_html(std::string_view content_type, std::string_view head) noexcept {
    const bool called_html = find_in_any_case(content_type, "html") != std::string_view::npos;
    return head.front() == '<' && (called_html || starts_like_html(head));
}

/// Binary: a NUL, or more than one byte in ten that no text would hold.
bool looks_binary(std::string_view body) noexcept {
    const std::size_t size = body.size();
    std::size_t odd = 0;
    while (!body.empty()) {
        const auto byte = static_cast<unsigned char>(body.front());
        if (byte == 0) return true;
        const std::size_t length = core::utf8_sequence(body);
        if (length == 0 || (byte < 0x20 && (byte < '\t' || byte > '\r'))) ++odd;
        body.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return odd * 10 > size;
}

}  // namespace

std::string describe_error_body(std::string_view content_type, std::string_view body,
                                const text_filter& clean) {
    const std::size_t whole_size = body.size();
    body = head_of(body);
    if (body.empty()) return {};
    if (body.front() == '{' || body.front() == '[' || body.front() == '"') {
        std::string text = shown(describe_json(body, texts::any), clean);
        if (!text.empty()) return text;
    }
    if (is_html(content_type, body)) {
        std::string text = shown(title_of_html(body), clean);
        return text.empty() ? shown(text_of_html(body), clean) : text;
    }
    if (looks_binary(body)) return "binary data of " + std::to_string(whole_size) + " bytes";
    return shown(std::string(body), clean);
}

std::string describe_token_body(std::string_view content_type, std::string_view body,
                                const text_filter& clean) {
    const std::size_t whole_size = body.size();
    body = head_of(body);
    if (body.empty()) return {};
    if (body.front() == '{' || body.front() == '[') {
        std::string text = shown(describe_json(body, texts::members_alone), clean);
        if (!text.empty()) return text;
    }
    if (is_html(content_type, body)) {
        const std::string title = shown(title_of_html(body), clean);
        return title.empty() ? "an HTML page without a title" : "an HTML page, \"" + title + "\"";
    }
    constexpr std::size_t max_type_bytes = 80;
    const std::string type = core::printable(clean(std::string(content_type)), max_type_bytes);
    return std::to_string(whole_size) + " bytes" + (type.empty() ? "" : " of " + type) +
           ", which are not quoted";
}

std::string error_name(std::string_view body) {
    const json::value value = first_value(head_of(body));
    const json::object* const fields = value.if_object();
    if (fields == nullptr) return {};
    for (const std::string_view key : {"ErrorCode", "error", "code"}) {
        std::string text = scalar_text(*fields, key);
        if (!text.empty()) return text;
    }
    return {};
}

}  // namespace getty::connect::proto
