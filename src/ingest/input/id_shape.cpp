#include "ingest/input/id_shape.hpp"

#include "core/utf8.hpp"
#include "ingest/text/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <iterator>

namespace getty::connect::ingest {
namespace {

using namespace std::string_view_literals;

struct range {
    char32_t first;
    char32_t last;
};

// Unicode 14: categories Cc, Cf, Zs, Zl and Zp, what is ignored by default, the blank Braille pattern and
// U+FFFE and U+FFFF, which are no characters.
constexpr range invisible[] = {
    {0x0, 0x20},        {0x7F, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x600, 0x605},
    {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},
    {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},
    {0x2028, 0x202F},   {0x205F, 0x206F},   {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
    {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
};

struct named {
    char32_t character;
    std::string_view name;
};

constexpr named names[] = {
    {0x0, "NUL"},
    {0x9, "a tab"},
    {0xD, "a carriage return"},
    {0x1B, "an escape"},
    {0xA0, "a no-break space"},
    {0xAD, "a soft hyphen"},
    {0x200B, "a zero-width space"},
    {0x200C, "a zero-width non-joiner"},
    {0x200D, "a zero-width joiner"},
    {0x200E, "a left-to-right mark"},
    {0x200F, "a right-to-left mark"},
    {0x2028, "a line separator"},
    {0x202F, "a narrow no-break space"},
    {0x2060, "a word joiner"},
    {0x3000, "a wide blank"},
    {0xFEFF, "a byte order mark"},
};

struct signature {
    std::string_view bytes;
    std::string_view trouble;
};

// UTF-32 before UTF-16, whose mark it begins with.
constexpr signature signatures[] = {
    {"\xFF\xFE\0\0"sv, "is UTF-32; convert it with: iconv -f UTF-32 -t UTF-8"},
    {"\0\0\xFE\xFF"sv, "is UTF-32; convert it with: iconv -f UTF-32 -t UTF-8"},
    {"\xFF\xFE"sv, "is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"},
    {"\xFE\xFF"sv, "is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"},
    {"\x1F\x8B"sv, "is packed with gzip; unpack it with: gzip -dc"},
    {"\x1F\x9D"sv, "is packed with compress; unpack it with: gzip -dc"},
    {"\x28\xB5\x2F\xFD"sv, "is packed with zstd; unpack it with: zstd -dc"},
    {"\xFD\x37zXZ\0"sv, "is packed with xz; unpack it with: xz -dc"},
    {"BZh91AY&SY"sv, "is packed with bzip2; unpack it with: bzip2 -dc"},
    {"\x04\x22\x4D\x18"sv, "is packed with lz4; unpack it with: lz4 -dc"},
    {"7z\xBC\xAF\x27\x1C"sv, "is a 7z archive; unpack it, and give the text file in it"},
    {"PK\3\4"sv,
     "is a zip archive, as spreadsheets are too; unpack it, or export the ids as text, one a line"},
};

constexpr std::string_view one_a_line = "write one id a line and nothing else";

// Of well-formed UTF-8; takes the character off the text.
char32_t take_character(std::string_view& text) noexcept {
    const std::size_t length = core::utf8_sequence(text);
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    char32_t character = length == 1 ? byte(0) : byte(0) & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) character = character << 6 | (byte(i) & 0x3FU);
    text.remove_prefix(length);
    return character;
}

std::string code_point(char32_t character) {
    char text[16];
    std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(character));
    return text;
}

std::string bad_byte(std::string_view text) {
    std::string_view rest = text;
    while (const std::size_t length = rest.empty() ? 0 : core::utf8_sequence(rest))
        rest.remove_prefix(length);
    char shown[64];
    std::snprintf(shown, sizeof shown, "from byte %zu on, 0x%02X", text.size() - rest.size() + 1,
                  static_cast<unsigned char>(rest.front()));
    return std::string("is not valid UTF-8 ") + shown +
           "; if the file is Latin-1, convert it with: iconv -f LATIN1 -t UTF-8";
}

bool is_quote(char32_t character) noexcept {
    return character == '"' || character == '\'' || character == 0xAB || character == 0xBB ||
           (character >= 0x2018 && character <= 0x201F) || character == 0x2039 || character == 0x203A;
}

std::string shown_quote(char32_t quote) {
    if (quote < 0x80) return {'(', static_cast<char>(quote), ')'};
    return "(" + code_point(quote) + ")";
}

std::optional<std::string> hidden_character(std::string_view text) {
    for (std::size_t at = 1; !text.empty(); ++at) {
        const char32_t character = take_character(text);
        if (character == ' ' || character == '\t' || !is_invisible(character)) continue;
        std::string trouble = "holds " + code_point(character);
        for (const named& one : names) {
            if (one.character == character) trouble += ", " + std::string(one.name) + ",";
        }
        return trouble + " as character " + std::to_string(at) + "; remove what is not part of the id";
    }
    return std::nullopt;
}

std::optional<std::string> quote_trouble(std::string_view text) {
    while (!text.empty()) {
        const char32_t character = take_character(text);
        if (is_quote(character)) return "holds a quote " + shown_quote(character) + "; write the id without";
    }
    return std::nullopt;
}

// What nearly every id is made of: printable ASCII without quotes, commas and brackets.
constexpr auto plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x21; c < 0x7F; ++c) table[c] = true;
    for (const char c : {'"', '\'', ',', '[', ']', '{', '}'}) table[static_cast<std::size_t>(c)] = false;
    return table;
}();

bool is_plain(char c) noexcept { return plain[static_cast<unsigned char>(c)]; }

// 8.35E+07: with the sign, which no id was seen to have.
bool is_shortened_number(std::string_view text) noexcept {
    const auto digits = [&] {
        const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(count);
        return count > 0;
    };
    if (!digits()) return false;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (!digits()) return false;
    }
    if (!text.starts_with("E+") && !text.starts_with("e+")) return false;
    text.remove_prefix(2);
    return digits() && text.empty();
}

}  // namespace

bool is_invisible(char32_t character) noexcept {
    if (character < 0x7F) return character <= 0x20;
    const auto* const after = std::ranges::upper_bound(invisible, character, {}, &range::first);
    return character <= std::prev(after)->last;
}

std::optional<std::string> id_trouble(std::string_view text) {
    if (text.empty()) return "is empty";
    if (std::ranges::all_of(text, is_plain)) {
        if (!is_shortened_number(text)) return std::nullopt;
        return "is a number that a spreadsheet has shortened, its last digits are lost; "
               "export that column as text";
    }
    if (!core::is_utf8(text)) return bad_byte(text);
    if (text.front() == '[') {
        return "begins with '[', as a JSON array does; " + std::string(one_a_line) +
               ", such as with: jq -r '.[]'";
    }
    if (auto hidden = hidden_character(text)) return hidden;
    if (text.back() == ',') return "ends with a comma; " + std::string(one_a_line);
    if (text.find(',') != std::string_view::npos) {
        return "holds a comma; " + std::string(one_a_line) + " (of CSV, the column of the ids alone)";
    }
    if (auto quoted = quote_trouble(text)) return quoted;
    if (const std::size_t at = text.find_first_of("[]{}"); at != std::string_view::npos) {
        return "holds the bracket '" + std::string(1, text[at]) + "'; " + std::string(one_a_line);
    }
    if (text.find('\t') != std::string_view::npos) {
        return "holds a tab, U+0009; " + std::string(one_a_line) +
               " (of a table, the column of the ids alone)";
    }
    if (text.find(' ') != std::string_view::npos) return "holds a blank; " + std::string(one_a_line);
    return std::nullopt;
}

std::optional<std::string> packed_trouble(std::string_view beginning) {
    for (const signature& one : signatures) {
        if (beginning.starts_with(one.bytes)) return std::string(one.trouble);
    }
    return std::nullopt;
}

}  // namespace getty::connect::ingest
