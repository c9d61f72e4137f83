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

// What the member `key` says, when it is there.
std::optional<id_line> read_member(const boost::json::object& object, std::string_view key,
                                   std::uint64_t number) {
    const boost::json::value* member = object.if_contains(key);
    if (member == nullptr) return std::nullopt;
    const std::string name = "its \"" + std::string(key) + "\"";
    const boost::json::string* text = member->if_string();
    if (text == nullptr) {
        return bad_line(number, name + " is no string; write the id in quotes");
    }
    return checked_line(number, {text->data(), text->size()}, name);
}

id_line read_object(std::string_view line, std::uint64_t number) {
    boost::system::error_code failed;
    const boost::json::value parsed = boost::json::parse(line, failed);
    if (failed) return bad_line(number, "it begins with '{' but is no JSON object: " + failed.message());
    const boost::json::object& object = parsed.get_object();
    for (const std::string_view key : {"id", "ImageId"}) {
        std::optional<id_line> found = read_member(object, key, number);
        if (found) return *std::move(found);
    }
    return bad_line(number, "its JSON object has neither \"id\" nor \"ImageId\"");
}

// `line` is trimmed.
std::optional<id_line> read_trimmed(std::string_view line, std::uint64_t number) {
    if (line.empty()) return std::nullopt;
    if (line.front() == '#') {
        // What stands behind the CR may have been meant as a line of its own.
        if (!hides_a_line_end(line)) return std::nullopt;
        return bad_line(number, "it is a comment that holds U+000D, a carriage return; end it with LF");
    }
    if (line.front() == '{' && core::is_utf8(line)) return read_object(line, number);
    return checked_line(number, line, "it");
}

}  // namespace

std::optional<id_line> read_id_line(std::string_view line, std::uint64_t number) {
    return read_trimmed(trimmed(unmarked(line, number)), number);
}

id_lines::id_lines() : buffer_(max_line_bytes + 1) {}

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
    const bool asks = !text.empty() && text.front() != '#' && text.front() != '{';
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
            read = read_trimmed(text, number_);
        } else if (!text.starts_with('#') || hides_a_line_end(text)) {
            read = bad_line(number_, "it is longer than 65,536 bytes");
        }
        seen_content_ = seen_content_ || !text.empty();
        seen_id_line_ = seen_id_line_ || read.has_value();
        if (read) return read;
    }
    return std::nullopt;
}

}  // namespace getty::connect::ingest
