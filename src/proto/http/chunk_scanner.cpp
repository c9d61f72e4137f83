#include "proto/http/chunk_scanner.hpp"

#include "core/ascii.hpp"
#include "proto/http/field_rules.hpp"

#include <algorithm>
#include <limits>

namespace getty::connect::proto {
namespace {

constexpr std::string_view no_size = "a chunk size that is not a hexadecimal number";
constexpr std::string_view bad_extension = "a chunk extension that is neither a name nor name=value";
constexpr std::string_view open_quote = "a chunk extension whose quote does not end";
constexpr std::string_view no_line_end = "a chunk's line that does not end in CR LF";
constexpr std::string_view longer_chunk = "a chunk whose data does not end where its size says";
constexpr std::string_view no_name = "no field name in front of a colon";
constexpr std::string_view bad_value = "a control character in the value";
constexpr std::string_view no_field_end = "a line that does not end in CR LF";
constexpr std::string_view folded = "a field folded over several lines";

/// What decides where the body ends, or what it means, cannot come after it (RFC 9110 6.5.1).
struct header_only {
    std::string_view name;
    std::string_view violation;
};
constexpr header_only header_only_fields[] = {
    {"Content-Length", "a Content-Length, which belongs in the header"},
    {"Transfer-Encoding", "a Transfer-Encoding, which belongs in the header"},
    {"Content-Encoding", "a Content-Encoding, which belongs in the header"},
};

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool is_token_byte(char c) noexcept { return detail::has_class(c, detail::token_byte); }
bool is_field_byte(char c) noexcept { return detail::has_class(c, detail::field_byte); }

}  // namespace

chunk_scanner::piece chunk_scanner::next(std::string_view bytes) noexcept {
    piece found;
    while (state_ == state::going_on && expected_ != part::data && found.framing < bytes.size()) {
        if (++framing_ > limits_.max_framing_bytes) {
            state_ = state::framing_too_long;
            break;
        }
        take(bytes[found.framing++]);
    }
    if (state_ != state::going_on || expected_ != part::data) return found;
    found.data = static_cast<std::size_t>(std::min<std::uint64_t>(size_, bytes.size() - found.framing));
    size_ -= found.data;
    body_ += found.data;
    if (size_ == 0) {
        expected_ = part::data_end;
        framing_ = 0;
    }
    return found;
}

void chunk_scanner::take(char c) noexcept {
    switch (expected_) {
        case part::size_begin:
        case part::size:
            return take_size(c);
        case part::line_feed:
            if (c != '\n') return fail(no_line_end);
            return end_line();
        case part::data_end:
            return expect('\r', c, part::data_line_feed, longer_chunk);
        case part::data_line_feed:
            size_ = 0;
            return expect('\n', c, part::size_begin, longer_chunk);
        case part::trailer_begin:
        case part::trailer_name:
        case part::trailer_value:
        case part::trailer_line_feed:
            return take_trailer(c);
        case part::last_line_feed:
            if (c != '\n') return fail(no_field_end);
            state_ = state::done;
            return;
        default:
            return take_extension(c);
    }
}

void chunk_scanner::take_size(char c) noexcept {
    const int digit = core::hex_value(c);
    if (digit >= 0) {
        if (size_ > std::numeric_limits<std::uint64_t>::max() / 16)
            return fail("a chunk size of 2^64 or more");
        size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
        expected_ = part::size;
        return;
    }
    if (expected_ == part::size_begin) return fail(no_size);
    if (c == '\n') return fail(no_line_end);
    if (c != '\r' && c != ';' && !is_blank(c)) return fail(no_size);
    after_element(c);
}

/// RFC 9112 7.1.1, with the blanks of its erratum 4667.
void chunk_scanner::take_extension(char c) noexcept {
    switch (expected_) {
        case part::blank_after_size:
            if (is_blank(c)) return;
            return expect(';', c, part::extension_begin, bad_extension);
        case part::extension_begin:
            if (is_blank(c)) return;
            if (!is_token_byte(c)) return fail(bad_extension);
            expected_ = part::extension_name;
            return;
        case part::extension_name:
            if (is_token_byte(c)) return;
            if (c == '=') {
                expected_ = part::value_begin;
                return;
            }
            after_element(c);
            if (expected_ == part::blank_after_size) expected_ = part::blank_after_name;
            return;
        case part::blank_after_name:
            if (is_blank(c)) return;
            if (c == ';') {
                expected_ = part::extension_begin;
                return;
            }
            return expect('=', c, part::value_begin, bad_extension);
        case part::value_begin:
            if (is_blank(c)) return;
            if (c != '"' && !is_token_byte(c)) return fail(bad_extension);
            expected_ = c == '"' ? part::quoted : part::value;
            return;
        case part::value:
            if (!is_token_byte(c)) after_element(c);
            return;
        case part::quoted:
            if (c == '\r' || c == '\n') return fail(open_quote);
            if (!is_field_byte(c)) return fail(bad_extension);
            if (c == '"') expected_ = part::after_quoted;
            if (c == '\\') expected_ = part::escaped;
            return;
        case part::escaped:
            if (c == '\r' || c == '\n') return fail(open_quote);
            if (!is_field_byte(c)) return fail(bad_extension);
            expected_ = part::quoted;
            return;
        default:
            return after_element(c);
    }
}

/// After a size, a name or a value: the line ends, or another extension follows.
void chunk_scanner::after_element(char c) noexcept {
    if (c == '\r') {
        expected_ = part::line_feed;
    } else if (c == ';') {
        expected_ = part::extension_begin;
    } else if (is_blank(c)) {
        expected_ = part::blank_after_size;
    } else {
        fail(c == '\n' ? no_line_end : bad_extension);
    }
}

/// The beginning of a field that no trailer may have is told as such, whatever its value.
void chunk_scanner::take_trailer(char c) noexcept {
    switch (expected_) {
        case part::trailer_begin:
            if (c == '\r') {
                expected_ = part::last_line_feed;
                return;
            }
            if (is_blank(c)) return fail(folded);
            if (++fields_ > limits_.max_trailer_fields) {
                state_ = state::too_many_fields;
                return;
            }
            name_size_ = 0;
            [[fallthrough]];
        case part::trailer_name:
            expected_ = part::trailer_name;
            if (c == ':' && name_size_ > 0) return end_name();
            if (!is_token_byte(c)) return fail(no_name);
            if (name_size_ < name_.size()) name_[name_size_] = c;
            name_size_ = std::min(name_size_ + 1, name_.size() + 1);
            return;
        case part::trailer_value:
            if (c == '\r') {
                expected_ = part::trailer_line_feed;
                return;
            }
            if (c == '\n') return fail(no_field_end);
            if (!is_field_byte(c)) fail(bad_value);
            return;
        default:
            return expect('\n', c, part::trailer_begin, no_field_end);
    }
}

void chunk_scanner::end_name() noexcept {
    const std::string_view name(name_.data(), std::min(name_size_, name_.size()));
    for (const header_only& field : header_only_fields) {
        const bool whole = name_size_ == field.name.size();
        if (whole && core::equals_ignoring_case(name, field.name)) return fail(field.violation);
    }
    expected_ = part::trailer_value;
}

void chunk_scanner::expect(char wanted, char c, part then, std::string_view otherwise) noexcept {
    if (c != wanted) return fail(otherwise);
    expected_ = then;
}

void chunk_scanner::end_line() noexcept {
    if (size_ > limits_.max_body_bytes - body_) {
        state_ = state::body_too_large;
        return;
    }
    expected_ = size_ == 0 ? part::trailer_begin : part::data;
}

void chunk_scanner::fail(std::string_view violation) noexcept {
    state_ = state::malformed;
    violation_ = violation;
}

}  // namespace getty::connect::proto
