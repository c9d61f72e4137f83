#include "ingest/input/csv_ids.hpp"

#include "core/ascii.hpp"
#include "ingest/input/id_shape.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty::connect::ingest {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Without case, blanks, `_` and `-`.
std::string plain_name(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        if (c == ' ' || c == '_' || c == '-') continue;
        plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return plain;
}

std::optional<std::size_t> number_of(std::string_view text) noexcept {
    std::size_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
    return number;
}

// What a header looks like in a message: harmless and short.
std::string listed(std::span<const std::string_view> names) {
    std::string list;
    for (std::size_t i = 0; i < names.size() && i < 20; ++i) {
        std::string name(names[i].substr(0, 40));
        std::ranges::replace_if(
            name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
        list += (i == 0 ? "" : ", ") + name;
    }
    return names.size() > 20 ? list + ", …" : list;
}

std::size_t find_column(std::span<const std::string_view> header, std::string_view wanted) {
    std::size_t at = 0;
    while (at < header.size() && trimmed(header[at]) != wanted) ++at;
    return at;
}

std::size_t find_id_column(std::span<const std::string_view> header) {
    for (const std::string_view wanted : {"id", "imageid"}) {
        const auto found =
            std::ranges::find_if(header, [&](auto name) { return plain_name(name) == wanted; });
        if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
    }
    return header.size();
}

}  // namespace

csv_ids::csv_ids(csv_rules rules) : rules_(std::move(rules)), splitter_(rules_.separator, max_line_bytes) {}

bool csv_ids::first_is_data(const csv_record& first) {
    width_ = first.fields.size();
    if (const auto number = number_of(rules_.column)) {
        column_ = *number - 1;
        subject_ = "its column " + rules_.column;
        if (column_ >= width_) {
            wrong_ = "it has " + std::to_string(width_) + (width_ == 1 ? " column" : " columns") +
                     ", none with the number " + rules_.column + "; name the column of the ids";
        }
        return wrong_.empty();
    }
    column_ = rules_.column.empty() ? find_id_column(first.fields) : find_column(first.fields, rules_.column);
    if (column_ == width_ && rules_.column.empty() && width_ == 1) {
        column_ = 0;
        subject_ = "it";
        return true;
    }
    if (column_ == width_) {
        wrong_ = "its first line names no column " +
                 (rules_.column.empty() ? "\"id\"" : '"' + rules_.column + '"') +
                 " but: " + listed(first.fields) + "; name the column of the ids, or give its number";
        return false;
    }
    subject_ = "its column \"" + std::string(trimmed(first.fields[column_])) + '"';
    return false;
}

id_line csv_ids::read(const csv_record& record) const {
    id_line line;
    line.number = record.line;
    if (!record.trouble.empty()) {
        line.trouble = record.trouble;
        return line;
    }
    if (record.fields.size() != width_) {
        line.trouble = "it has " + std::to_string(record.fields.size()) +
                       " fields where the first line has " + std::to_string(width_) +
                       "; put a field that holds the separator in quotes";
        return line;
    }
    const std::string_view id = trimmed(record.fields[column_]);
    if (const auto trouble = id_trouble(id)) {
        line.trouble = subject_ + " " + *trouble;
    } else {
        line.id = id;
    }
    return line;
}

std::optional<id_line> csv_ids::next() {
    while (wrong_.empty() && splitter_.next() == csv_splitter::state::record) {
        const csv_record& record = splitter_.current();
        if (begun_) return read(record);
        begun_ = true;
        if (!record.trouble.empty()) {
            wrong_ = "its first line is none of such a table: " + std::string(record.trouble);
            break;
        }
        if (const auto packed = packed_trouble(record.fields.front())) {
            wrong_ = "it " + *packed;
            break;
        }
        const bool has_nul = std::ranges::any_of(
            record.fields, [](std::string_view one) { return one.find('\0') != std::string_view::npos; });
        const bool has_cr = std::ranges::any_of(
            record.fields, [](std::string_view one) { return one.find('\r') != std::string_view::npos; });
        if (has_nul) wrong_ = "it holds NUL (U+0000): UTF-16 without a byte order mark, or no text at all";
        if (has_cr && wrong_.empty()) wrong_ = "its lines end with CR alone; convert it with: tr '\\r' '\\n'";
        if (wrong_.empty() && first_is_data(record)) return read(record);
    }
    return std::nullopt;
}

}  // namespace getty::connect::ingest
