// A second, plain reader of HTTP/1.1 responses, to hold the real one against. It knows whole responses only.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::fuzz {

struct strict_response {
    int status = 0;
    std::string body;
};

namespace detail {

inline std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return out;
}

inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The line up to CR LF, which is dropped; nothing without one.
inline std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

template <class Number>
std::optional<Number> number(std::string_view digits, int base) {
    Number value{};
    const auto [stop, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (failure != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
    return value;
}

/// The number that all elements of the list are.
inline std::optional<std::uint64_t> one_number(std::string_view list) {
    const std::string_view first = trimmed(list.substr(0, list.find(',')));
    const auto value = number<std::uint64_t>(first, 10);
    if (list.find(',') == std::string_view::npos) return value;
    const auto rest = one_number(list.substr(list.find(',') + 1));
    return rest == value ? value : std::nullopt;
}

inline bool is_token(std::string_view text) {
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos))
            return false;
    }
    return !text.empty();
}

/// No control character but HTAB.
inline bool is_visible(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

/// Where the quoted-string that `text` begins with ends, its quotes included; npos for none.
inline std::size_t quoted_end(std::string_view text) {
    for (std::size_t at = 1; at < text.size(); at += text[at] == '\\' ? 2 : 1) {
        if (text[at] == '"') return at + 1;
    }
    return std::string_view::npos;
}

inline std::string_view after_blanks(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// `*( BWS ";" BWS name [ BWS "=" BWS value ] )`, all of `text`.
inline bool are_extensions(std::string_view text) {
    if (!is_visible(text)) return false;
    while (!text.empty()) {
        text = after_blanks(text);
        if (!text.starts_with(';')) return false;
        text = after_blanks(text.substr(1));
        const std::size_t name_end = std::min(text.find_first_of(" \t;="), text.size());
        if (!is_token(text.substr(0, name_end))) return false;
        text.remove_prefix(name_end);
        const std::string_view behind = after_blanks(text);
        if (!behind.starts_with('=')) continue;
        text = after_blanks(behind.substr(1));
        const bool quoted = text.starts_with('"');
        const std::size_t end = quoted ? quoted_end(text) : std::min(text.find_first_of(" \t;"), text.size());
        if (end == std::string_view::npos || (!quoted && !is_token(text.substr(0, end)))) return false;
        text.remove_prefix(end);
    }
    return true;
}

inline bool is_trailer(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
    const std::string name = lowered(line.substr(0, colon));
    return is_visible(line.substr(colon)) && name != "content-length" && name != "transfer-encoding" &&
           name != "content-encoding";
}

/// RFC 9112 7.1: all of `text`, trailers included, or nothing.
inline std::optional<std::string> without_chunks(std::string_view text) {
    std::string body;
    for (;;) {
        const auto line = take_line(text);
        if (!line) return std::nullopt;
        const std::size_t digits = std::min(line->find_first_not_of("0123456789abcdefABCDEF"), line->size());
        const auto size = number<std::size_t>(line->substr(0, digits), 16);
        if (!size || !are_extensions(line->substr(digits))) return std::nullopt;
        if (*size == 0) break;
        if (text.size() < 2 || text.size() - 2 < *size || text.substr(*size, 2) != "\r\n")
            return std::nullopt;
        body += text.substr(0, *size);
        text.remove_prefix(*size + 2);
    }
    for (;;) {
        const auto trailer = take_line(text);
        if (!trailer) return std::nullopt;
        if (trailer->empty()) break;
        if (!is_trailer(*trailer)) return std::nullopt;
    }
    if (!text.empty()) return std::nullopt;
    return body;
}

}  // namespace detail

/// `bytes` as exactly one response, with interim ones before it, after which an HTTP/1.1 connection goes on;
/// nothing when they are less, more or in doubt.
inline std::optional<strict_response> read_strictly(std::string_view bytes, int interim_left = 16) {
    using namespace detail;
    strict_response out;
    const auto status_line = take_line(bytes);
    if (!status_line || !status_line->starts_with("HTTP/1.1 ") || status_line->size() < 12)
        return std::nullopt;
    const auto status = number<int>(status_line->substr(9, 3), 10);
    if (!status) return std::nullopt;
    out.status = *status;
    std::optional<std::uint64_t> length;
    bool chunked = false;
    for (;;) {
        const auto line = take_line(bytes);
        if (!line) return std::nullopt;
        if (line->empty()) break;
        const std::string text = lowered(*line);
        const std::size_t colon = text.find(':');
        if (colon == std::string::npos) return std::nullopt;
        const std::string_view name = std::string_view(text).substr(0, colon);
        const std::string value(trimmed(std::string_view(text).substr(colon + 1)));
        if (name.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
        if (name == "content-length") {
            const auto said = one_number(value);
            if (!said || length.value_or(*said) != *said) return std::nullopt;
            length = said;
        } else if (name == "transfer-encoding") {
            if (chunked || value != "chunked") return std::nullopt;
            chunked = true;
        } else if (name == "connection" && value == "close") {
            return std::nullopt;
        }
    }
    if (chunked && length) return std::nullopt;
    if (out.status < 200) {
        if (out.status < 100 || out.status == 101 || chunked || length.value_or(0) != 0) return std::nullopt;
        if (interim_left == 0) return std::nullopt;
        return read_strictly(bytes, interim_left - 1);
    }
    if (out.status == 204 || out.status == 304) {
        if (!bytes.empty()) return std::nullopt;
        return out;
    }
    if (chunked) {
        auto body = without_chunks(bytes);
        if (!body) return std::nullopt;
        out.body = *std::move(body);
        return out;
    }
    if (!length || *length != bytes.size()) return std::nullopt;
    out.body = bytes;
    return out;
}

}  // namespace getty::connect::fuzz
