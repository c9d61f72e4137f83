#include "ingest/resume/journal_scanner.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace getty::connect::ingest {
namespace {

/// Beyond, it is no line.
constexpr std::size_t most_line_bytes = 256U << 20U;
/// Of a packed file, what a run that was killed can leave behind its last whole member.
constexpr std::uint64_t most_torn_bytes = 64U << 20U;
constexpr std::size_t unpacked_bytes = 256 * 1024;

std::string joined(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
    return list;
}

std::string printable(std::string_view text) {
    std::string safe(text.substr(0, 200));
    std::ranges::replace_if(
        safe, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return safe;
}

}  // namespace

journal_scanner::journal_scanner(std::string name, coding how, const journal_layout& layout,
                                 line_reader& reader, visitor visit)
    : name_(std::move(name)), coding_(how), layout_(layout), reader_(reader), visit_(std::move(visit)) {
    if (layout_.is == journal_layout::form::csv) csv_.emplace(',', most_line_bytes);
    if (coding_ == coding::plain) {
        head_seen_ = true;
        return;
    }
    unpacker_.emplace(coding_);
    unpacked_.resize(unpacked_bytes);
}

void journal_scanner::refuse(std::string_view why) const {
    throw unusable(
        name_ + ": its line " + std::to_string(line_number_) + " " + std::string(why) +
        "; to go on with a file it must be of the same format, so name another, or let this one be "
        "overwritten");
}

bool journal_scanner::nothing_begun() const noexcept {
    return begun_.empty() && !nuls_ && (!csv_ || csv_->at_boundary());
}

// All lines that are whole now can no longer be lost by a cut.
void journal_scanner::let_stand() {
    std::string_view text = waiting_text_;
    for (const waiting_line& one : waiting_) {
        written_line line;
        line.is = one.is;
        line.key = text.substr(0, one.key_size);
        visit_(line, text.substr(one.key_size, one.text_size));
        text.remove_prefix(one.key_size + one.text_size);
        ++end_.lines;
    }
    waiting_.clear();
    waiting_text_.clear();
    header_stands_ = header_seen_;
}

void journal_scanner::line_is_whole(const written_line& line, std::string_view text) {
    if (coding_ == coding::plain) {
        visit_(line, text);
        ++end_.lines;
        return;
    }
    waiting_.push_back({line.is, line.key.size(), text.size()});
    waiting_text_ += line.key;
    waiting_text_ += text;
}

void journal_scanner::one_line(std::string_view line) {
    ++line_number_;
    const written_line read = reader_.read(line);
    if (read.is == written_line::what::foreign) refuse(read.why);
    line_is_whole(read, line);
}

void journal_scanner::lines_in(std::string_view text) {
    while (!text.empty()) {
        const auto* const found = static_cast<const char*>(std::memchr(text.data(), '\n', text.size()));
        if (found == nullptr) break;
        const auto length = static_cast<std::size_t>(found - text.data());
        if (nuls_) {
            ++line_number_;
            refuse("holds NUL, as a file has that was damaged");
        }
        if (begun_.empty()) {
            one_line(text.substr(0, length));
        } else {
            begun_ += text.substr(0, length);
            one_line(begun_);
            begun_.clear();
        }
        text.remove_prefix(length + 1);
    }
    if (begun_.empty() && text.starts_with('\0')) nuls_ = true;
    if (nuls_) return;
    begun_ += text;
    if (begun_.size() <= most_line_bytes) return;
    ++line_number_;
    refuse("is longer than 256 MiB");
}

void journal_scanner::one_record(const csv_record& record) {
    line_number_ = record.line;
    if (!record.trouble.empty()) refuse(std::string(record.trouble).substr(3));
    if (!header_seen_) {
        header_seen_ = true;
        if (std::ranges::equal(record.fields, layout_.columns)) {
            id_column_ =
                static_cast<std::size_t>(std::ranges::find(layout_.columns, "id") - layout_.columns.begin());
            return;
        }
        std::string names;
        for (const std::string_view one : record.fields)
            names += (names.empty() ? "" : ",") + std::string(one);
        throw unusable(name_ + ": its columns are " + printable(names) + ", and not " +
                       joined(layout_.columns) + "; name another file, or the same columns");
    }
    if (record.fields.size() != layout_.columns.size()) refuse("has another number of fields than the first");
    written_line line;
    line.is = written_line::what::image;
    line.key = record.fields[id_column_];
    if (line.key.empty()) refuse("has no id");
    line_is_whole(line, {});
}

void journal_scanner::csv_in(std::string_view text) {
    while (!text.empty()) {
        const auto room = csv_->room();
        const std::size_t count = std::min(room.size(), text.size());
        std::copy_n(text.data(), count, room.data());
        csv_->filled(count);
        text.remove_prefix(count);
        while (csv_->next() == csv_splitter::state::record) {
            one_record(csv_->current());
            if (coding_ != coding::plain) continue;
            whole_bytes_ = csv_->current().end_byte;
            let_stand();
        }
    }
}

void journal_scanner::feed_packed(std::string_view bytes) {
    while (unpacker_->broken().empty()) {
        const unpacker::step done = unpacker_->unpack(bytes, unpacked_);
        bytes.remove_prefix(done.consumed);
        consumed_bytes_ += done.consumed;
        const std::string_view text(unpacked_.data(), done.produced);
        if (!text.empty()) csv_ ? csv_in(text) : lines_in(text);
        if (done.member_ended && nothing_begun()) {
            let_stand();
            end_.keep_bytes = consumed_bytes_;
        }
        if (done.consumed == 0 && done.produced == 0) return;
        if (bytes.empty() && done.produced < unpacked_.size()) return;
    }
}

void journal_scanner::feed(std::string_view bytes) {
    seen_bytes_ += bytes.size();
    if (coding_ == coding::plain) {
        if (csv_) {
            csv_in(bytes);
            return;
        }
        const std::uint64_t before = seen_bytes_ - bytes.size();
        const std::size_t last = bytes.rfind('\n');
        lines_in(bytes);
        if (last != std::string_view::npos) whole_bytes_ = before + last + 1;
        return;
    }
    if (head_seen_) {
        feed_packed(bytes);
        return;
    }
    head_ += bytes;
    if (head_.size() < 4) return;
    head_seen_ = true;
    if (coding_of(head_) != coding_) {
        throw unusable(name_ + ": is not packed with " + std::string(name_of(coding_)) +
                       ", as its name says; name another file, or let this one be overwritten");
    }
    feed_packed(std::exchange(head_, std::string()));
}

journal_scanner::end journal_scanner::finish() {
    if (coding_ == coding::plain) {
        end_.keep_bytes = whole_bytes_;
    } else if (seen_bytes_ - end_.keep_bytes > most_torn_bytes) {
        throw unusable(name_ + ": is damaged behind its byte " + std::to_string(end_.keep_bytes) + ", " +
                       std::to_string(seen_bytes_ - end_.keep_bytes) +
                       " bytes before its end, which is more than a run that was killed leaves behind; look "
                       "at it with " +
                       (coding_ == coding::gzip ? "gzip -t" : "zstd -t") + ", and name another file");
    }
    end_.torn = seen_bytes_ > end_.keep_bytes;
    end_.has_header = coding_ == coding::plain ? header_seen_ : header_stands_;
    return end_;
}

}  // namespace getty::connect::ingest
