#include "ingest/input/csv_splitter.hpp"

#include <algorithm>
#include <cstring>

namespace getty::connect::ingest {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t piece = 64 * 1024;

}  // namespace

csv_splitter::csv_splitter(char separator, std::size_t max_record_bytes)
    : separator_(separator), max_record_bytes_(max_record_bytes) {}

std::span<char> csv_splitter::room() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() - end_ < piece) buffer_.resize(end_ + piece);
    return {buffer_.data() + end_, buffer_.size() - end_};
}

void csv_splitter::start_record() noexcept {
    scan_ = scan();
    text_.clear();
    fields_.clear();
    field_begin_ = 0;
}

void csv_splitter::end_field() {
    fields_.push_back({field_begin_, text_.size() - field_begin_});
    field_begin_ = text_.size();
    scan_.where = place::field_start;
}

// Of a byte that ends no record.
void csv_splitter::step(char c) {
    switch (scan_.where) {
        case place::field_start:
            if (c == '"') {
                scan_.where = place::quoted;
                return;
            }
            scan_.where = place::plain;
            [[fallthrough]];
        case place::plain:
            if (c == separator_) {
                end_field();
            } else {
                text_ += c;
            }
            return;
        case place::quoted:
            if (c == '"') {
                scan_.where = place::quote_in_quoted;
            } else {
                text_ += c;
            }
            return;
        case place::quote_in_quoted:
            if (c == '"') {
                text_ += c;
                scan_.where = place::quoted;
            } else if (c == separator_) {
                end_field();
            } else {
                scan_.where = c == '\r' ? place::cr_behind_quote : place::bad;
            }
            return;
        case place::cr_behind_quote:  // and no line end behind it
        case place::bad:
            scan_.where = place::bad;
            return;
    }
}

csv_splitter::state csv_splitter::skip_line() {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto found = std::find(from, to, '\n');
    const std::size_t stop = found == to ? end_ : static_cast<std::size_t>(found - buffer_.begin()) + 1;
    begin_byte_ += stop - begin_;
    begin_ = stop;
    if (found == to) return finished_ ? state::end : state::more;
    skipping_ = false;
    ++line_;
    return state::record;
}

csv_splitter::state csv_splitter::give_trouble(std::string_view why, std::size_t length) {
    record_ = csv_record();
    record_.line = line_;
    record_.trouble = why;
    begin_ += length;
    begin_byte_ += length;
    record_.end_byte = begin_byte_;
    start_record();
    return state::record;
}

csv_splitter::state csv_splitter::give_record(std::size_t length) {
    const bool bad = scan_.where == place::bad;
    if (!bad) {
        // CR before the line end, unless a quote protects it.
        if (scan_.where == place::plain && !text_.empty() && text_.size() > field_begin_ &&
            text_.back() == '\r') {
            text_.pop_back();
        }
        end_field();
    }
    const std::uint64_t lines = scan_.lines;
    if (bad) {
        const state given =
            give_trouble("it has text behind a closing quote; double the quotes inside a field", length);
        line_ += lines;
        return given;
    }
    views_.clear();
    for (const field& one : fields_) views_.push_back(std::string_view(text_).substr(one.begin, one.size));
    record_ = csv_record();
    record_.line = line_;
    record_.fields = views_;
    begin_ += length;
    begin_byte_ += length;
    record_.end_byte = begin_byte_;
    line_ += lines;
    // The texts stay until the next call.
    scan_ = scan();
    fields_.clear();
    return state::record;
}

csv_splitter::state csv_splitter::next() {
    if (skipping_) {
        if (const state skipped = skip_line(); skipped != state::record) return skipped;
    }
    if (scan_.at == 0) start_record();
    for (;;) {
        if (!mark_seen_) {
            const std::string_view seen(buffer_.data() + begin_, end_ - begin_);
            // No longer than it may be one: a terminal's first line can be shorter.
            if (seen.size() < byte_order_mark.size() && byte_order_mark.starts_with(seen) && !finished_) {
                return state::more;
            }
            mark_seen_ = true;
            if (seen.starts_with(byte_order_mark)) {
                begin_ += byte_order_mark.size();
                begin_byte_ += byte_order_mark.size();
            }
        }
        const std::size_t size = end_ - begin_;
        while (scan_.at < size && scan_.at <= max_record_bytes_) {
            const char c = buffer_[begin_ + scan_.at++];
            if (c == '\n') {
                ++scan_.lines;
                if (scan_.first_line == 0) scan_.first_line = scan_.at;
                if (scan_.where == place::quoted) {
                    text_ += c;
                    continue;
                }
                const bool unquoted = scan_.where == place::field_start || scan_.where == place::plain;
                const bool blank = fields_.empty() && unquoted &&
                                   (text_.empty() || (text_.size() == 1 && text_.front() == '\r'));
                if (!blank) return give_record(scan_.at);
                begin_ += scan_.at;
                begin_byte_ += scan_.at;
                line_ += scan_.lines;
                start_record();
                break;
            }
            step(c);
        }
        if (scan_.at == 0 && begin_ < end_) continue;  // behind a blank line
        const bool too_long = scan_.at > max_record_bytes_;
        const bool torn_quote = finished_ && scan_.where == place::quoted;
        if (!too_long && !finished_) return state::more;
        if (!too_long && !torn_quote) {
            if (begin_ == end_) return state::end;
            const bool blank = fields_.empty() && scan_.where == place::plain && text_ == "\r";
            if (!blank) return give_record(scan_.at);
            begin_ = end_;
            return state::end;
        }
        // Begin again on the next line; where that has not been seen, what is left of this one is no record.
        const std::size_t line = scan_.first_line;
        const bool in_quotes = scan_.where == place::quoted;
        const std::size_t length = line != 0 ? line : scan_.at;
        skipping_ = line == 0;
        const state given = give_trouble(
            in_quotes ? "it opens a quote that nothing closes" : "it is longer than the limit of a record",
            length);
        if (line != 0) ++line_;
        return given;
    }
}

}  // namespace getty::connect::ingest
