#include "cli/id_lines.hpp"

#include "cli/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstring>

namespace getty::connect::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view unmarked(std::string_view line, std::uint64_t number) noexcept {
    if (number == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    return line;
}

id_line bad_line(std::uint64_t number, std::string_view why) {
    id_line bad;
    bad.number = number;
    bad.trouble = "line " + std::to_string(number) + ": " + std::string(why);
    return bad;
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
    if (text->empty()) return bad_line(number, name + " is empty");
    id_line good;
    good.number = number;
    good.id = std::string_view(text->data(), text->size());
    return good;
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

}  // namespace

std::optional<id_line> read_id_line(std::string_view line, std::uint64_t number) {
    line = trimmed(unmarked(line, number));
    if (line.empty() || line.front() == '#') return std::nullopt;
    if (!is_utf8(line)) {
        const bool wide = number == 1 && (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF"));
        return bad_line(number, wide ? "it is UTF-16; convert the file with: iconv -f UTF-16 -t UTF-8"
                                     : "it is not valid UTF-8");
    }
    if (line.front() == '{') return read_object(line, number);
    id_line good;
    good.number = number;
    good.id = line;
    return good;
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
    begin_ = dropping_ ? end_ : static_cast<std::size_t>(line_end - buffer_.begin()) + 1;
    scanned_ = begin_;
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
    begin_ = scanned_ = std::min(stop + 1, end_);
    ++number_;
    return line;
}

std::optional<id_line> id_lines::next() {
    for (;;) {
        const std::optional<std::string_view> line = next_line();
        if (!line) return std::nullopt;
        const bool too_long = line->size() > max_line_bytes;
        std::optional<id_line> read;
        if (!too_long) {
            read = read_id_line(*line, number_);
        } else if (!trimmed(unmarked(*line, number_)).starts_with('#')) {
            read = bad_line(number_, "it is longer than 65536 bytes");
        }
        if (read) return read;
    }
}

}  // namespace getty::connect::cli
