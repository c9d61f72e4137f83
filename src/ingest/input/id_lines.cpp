#include "ingest/input/id_lines.hpp"

#include "core/utf8.hpp"
#include "ingest/input/id_shape.hpp"
#include "ingest/text/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstring>

namespace getty::connect::ingest {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view unmarked(std::string_view line, std::uint64_t number) noexcept {
    if (number == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    return line;
}

id_line bad_line(std::uint64_t number, std::string_view why) {
    id_line bad;
    bad.number = number;
    bad.trouble = why;
    return bad;
}

// `subject` is what the reader calls the text: "it".
id_line checked_line(std::uint64_t number, std::string_view text, std::string_view subject) {
    if (const auto trouble = id_trouble(text)) {
        return bad_line(number, std::string(subject) + " " + *trouble);
    }
    id_line good;
    good.number = number;
    good.id = text;
    return good;
}

bool hides_a_line_end(std::string_view trimmed_line) noexcept {
    return trimmed_line.find('\r') != std::string_view::npos;
}

std::string trouble_of_endless_line(std::string_view beginning) {
    std::string trouble = "it begins with a line of more than 65,536 bytes; write one id a line";
    if (beginning.front() == '[') {
        trouble += "; it looks like a JSON array, which this turns into lines: jq -r '.[]'";
    } else if (beginning.find(',') != std::string_view::npos) {
        trouble += "; it looks like a list with commas, which this turns into lines: tr ',' '\\n'";
    }
    return trouble;
}

std::string trouble_of_nuls(std::string_view line) {
    const bool little = line.size() > 1 && line[0] != '\0' && line[1] == '\0';
    const bool big = line.size() > 1 && line[0] == '\0' && line[1] != '\0';
    if (!little && !big) return "it holds NUL (U+0000): binary data, not text with one id a line";
    return std::string(
               "it holds NUL (U+0000) and looks like UTF-16 without a byte order mark; convert it with: "
               "iconv -f UTF-16") +
           (little ? "LE" : "BE") + " -t UTF-8";
}

// `name`: what the reader calls the value.
id_line read_value(const boost::json::value& value, const std::string& name, std::uint64_t number) {
    if (const boost::json::string* text = value.if_string()) {
        return checked_line(number, {text->data(), text->size()}, name);
    }
    if (value.is_uint64()) return checked_line(number, std::to_string(value.get_uint64()), name);
    if (value.is_int64() && value.get_int64() >= 0) {
        return checked_line(number, std::to_string(value.get_int64()), name);
    }
    if (value.is_number()) {
        return bad_line(number,
                        name + " is a number that is not whole, or beyond 64 bits; write the id in quotes");
    }
    return bad_line(number, name + " is neither a string nor a whole number; write the id in quotes");
}

// The value at the end of a path `a.b`; nothing where a name is not there.
const boost::json::value* member_at(const boost::json::object& object, std::string_view path) {
    const boost::json::object* inside = &object;
    for (;;) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        const boost::json::value* member = inside->if_contains(path.substr(0, dot));
        if (member == nullptr || dot == path.size()) return member;
        inside = member->if_object();
        if (inside == nullptr) return nullptr;
        path.remove_prefix(dot + 1);
    }
}

id_line read_object(const boost::json::object& object, std::uint64_t number, const std::string& field) {
    const std::vector<std::string_view> names =
        field.empty() ? std::vector<std::string_view>{"id", "ImageId"} : std::vector<std::string_view>{field};
    for (const std::string_view name : names) {
        const boost::json::value* found = member_at(object, name);
        if (found != nullptr) return read_value(*found, "its \"" + std::string(name) + "\"", number);
    }
    if (!field.empty()) return bad_line(number, "its JSON object has no \"" + field + "\"");
    return bad_line(number, "its JSON object has neither \"id\" nor \"ImageId\"");
}

id_line read_json(std::string_view line, std::uint64_t number, const line_rules& rules) {
    boost::system::error_code failed;
    const boost::json::value parsed = boost::json::parse(line, failed);
    if (failed && rules.form == line_form::ndjson) {
        return bad_line(number, "it is no JSON: " + failed.message());
    }
    if (failed) return bad_line(number, "it begins with '{' but is no JSON object: " + failed.message());
    if (const boost::json::object* object = parsed.if_object())
        return read_object(*object, number, rules.field);
    if (!rules.field.empty())
        return bad_line(number, "it is no JSON object, so it has no \"" + rules.field + "\"");
    return read_value(parsed, "it", number);
}

// `line` is trimmed.
std::optional<id_line> read_trimmed(std::string_view line, std::uint64_t number, const line_rules& rules) {
    if (line.empty()) return std::nullopt;
    if (rules.form == line_form::ndjson) return read_json(line, number, rules);
    if (line.front() == '#') {
        // What stands behind the CR may have been meant as a line of its own.
        if (!hides_a_line_end(line)) return std::nullopt;
        return bad_line(number, "it is a comment that holds U+000D, a carriage return; end it with LF");
    }
    if (line.front() == '{' && core::is_utf8(line)) return read_json(line, number, rules);
    return checked_line(number, line, "it");
}

}  // namespace

std::optional<id_line> read_id_line(std::string_view line, std::uint64_t number, const line_rules& rules) {
    return read_trimmed(trimmed(unmarked(line, number)), number, rules);
}

std::optional<std::string> field_trouble(std::string_view field) {
    if (field.empty()) return std::nullopt;
    if (field.starts_with('.') || field.ends_with('.') || field.find("..") != std::string_view::npos) {
        return "has an empty name; write the names of the members parted by single dots, as in asset.id";
    }
    return std::nullopt;
}

id_lines::id_lines(line_rules rules) : rules_(std::move(rules)), buffer_(max_line_bytes + 1) {}

std::span<char> id_lines::room() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        scanned_ -= begin_;
        begin_ = 0;
    }
    return {buffer_.data() + end_, buffer_.size() - end_};
}

void id_lines::filled(std::size_t count) noexcept { end_ += count; }

bool id_lines::drop_rest_of_line() noexcept {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto line_end = std::find(from, to, '\n');
    dropping_ = line_end == to;
    const std::size_t stop = dropping_ ? end_ : static_cast<std::size_t>(line_end - buffer_.begin()) + 1;
    next_start_ += stop - begin_;
    begin_ = scanned_ = stop;
    return !dropping_;
}

std::optional<std::string_view> id_lines::next_line() {
    if (dropping_ && !drop_rest_of_line()) return std::nullopt;
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto line_end = std::find(buffer_.begin() + static_cast<std::ptrdiff_t>(scanned_), to, '\n');
    const auto stop = static_cast<std::size_t>(line_end - buffer_.begin());
    scanned_ = stop;
    if (line_end == to) {
        const bool too_long = stop - begin_ > max_line_bytes;
        const bool last = finished_ && stop > begin_;
        if (!too_long && !last) return std::nullopt;
    }
    const std::string_view line(buffer_.data() + begin_, stop - begin_);
    dropping_ = line_end == to && !finished_;
    const std::size_t next = std::min(stop + 1, end_);
    line_start_ = next_start_;
    next_start_ += next - begin_;
    begin_ = scanned_ = next;
    ++number_;
    return line;
}

std::optional<std::string> id_lines::trouble_of_file(std::string_view line, std::string_view text) const {
    if (line_start_ >= head_bytes) return std::nullopt;
    if (number_ == 1) {
        if (const auto packed = packed_trouble(line)) return "it " + *packed;
    }
    const bool endless = line.size() > max_line_bytes;
    if (endless || line_start_ + line.size() <= head_bytes) {
        if (line.find('\0') != std::string_view::npos) return trouble_of_nuls(line);
        if (!seen_content_ && hides_a_line_end(text)) {
            return "its lines end with CR alone; convert it with: tr '\\r' '\\n'";
        }
    }
    if (rules_.form == line_form::ndjson && !seen_content_ && text.starts_with('[')) {
        return "it begins with '[', as a JSON array does, which this turns into lines: jq -c '.[]'";
    }
    const bool asks =
        rules_.form == line_form::plain && !text.empty() && text.front() != '#' && text.front() != '{';
    if (endless && !seen_id_line_ && asks) return trouble_of_endless_line(text);
    return std::nullopt;
}

std::optional<id_line> id_lines::next() {
    while (wrong_.empty()) {
        const std::optional<std::string_view> line = next_line();
        if (!line) return std::nullopt;
        const std::string_view text = trimmed(unmarked(*line, number_));
        if (auto trouble = trouble_of_file(*line, text)) {
            wrong_ = *std::move(trouble);
            break;
        }
        const bool too_long = line->size() > max_line_bytes;
        std::optional<id_line> read;
        if (!too_long) {
            read = read_trimmed(text, number_, rules_);
        } else if (rules_.form == line_form::ndjson || !text.starts_with('#') || hides_a_line_end(text)) {
            read = bad_line(number_, "it is longer than 65,536 bytes");
        }
        seen_content_ = seen_content_ || !text.empty();
        seen_id_line_ = seen_id_line_ || read.has_value();
        if (read) return read;
    }
    return std::nullopt;
}

}  // namespace getty::connect::ingest
