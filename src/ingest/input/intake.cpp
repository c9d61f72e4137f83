#include "ingest/input/intake.hpp"

#include "core/ascii.hpp"
#include "ingest/input/csv_ids.hpp"
#include "ingest/input/id_lines.hpp"

#include <algorithm>
#include <cstring>

namespace getty::connect::ingest {
namespace {

constexpr std::size_t packed_bytes = 64 * 1024;

bool ends_with(std::string_view name, std::string_view ending) noexcept {
    return name.size() >= ending.size() &&
           core::equals_ignoring_case(name.substr(name.size() - ending.size()), ending);
}

input_format format_of(std::string_view name, const input_options& options) {
    if (options.format() != input_format::automatic) return options.format();
    for (const std::string_view packed : {".gz", ".zst"}) {
        if (ends_with(name, packed)) name.remove_suffix(packed.size());
    }
    if (ends_with(name, ".csv")) return input_format::csv;
    if (ends_with(name, ".tsv") || ends_with(name, ".tab")) return input_format::tsv;
    if (ends_with(name, ".ndjson") || ends_with(name, ".jsonl")) return input_format::ndjson;
    return options.id_column().empty() ? input_format::lines : input_format::csv;
}

}  // namespace

std::unique_ptr<id_cutter> cutter_for(std::string_view name, const input_options& options) {
    const input_format format = format_of(name, options);
    const bool table = format == input_format::csv || format == input_format::tsv;
    if (table && !options.id_field().empty()) {
        throw unusable(std::string(name) +
                       ": is read as a table, and a field was named, which is for JSON; name a column");
    }
    if (!table && !options.id_column().empty()) {
        throw unusable(std::string(name) +
                       ": is not read as a table, and a column was named; say that its format is csv or tsv");
    }
    if (const auto trouble = field_trouble(options.id_field())) {
        throw unusable("the field '" + options.id_field() + "' " + *trouble);
    }
    if (table) {
        return std::make_unique<csv_ids>(
            csv_rules{format == input_format::csv ? ',' : '\t', options.id_column()});
    }
    const line_form form = format == input_format::ndjson ? line_form::ndjson : line_form::plain;
    return std::make_unique<id_lines>(line_rules{form, options.id_field()});
}

intake::intake(std::unique_ptr<id_cutter> cutter) : cutter_(std::move(cutter)) {}

std::span<char> intake::room() {
    if (coding_ == coding::plain) return cutter_->room();
    if (packed_.empty()) packed_.resize(packed_bytes);
    if (begin_ > 0) {
        std::memmove(packed_.data(), packed_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    return std::span(packed_).subspan(end_);
}

void intake::filled(std::size_t count) {
    if (coding_ == coding::plain) {
        cutter_->filled(count);
        return;
    }
    end_ += count;
    if (!coding_) decide();
}

void intake::finish() {
    finished_ = true;
    if (!coding_) decide();
}

void intake::decide() {
    const std::string_view beginning(packed_.data(), end_);
    coding_ = coding_of(beginning);
    if (coding_ == coding::plain && !finished_ && may_be_packed(beginning)) {
        coding_.reset();
        return;
    }
    if (coding_ != coding::plain) {
        unpacker_.emplace(*coding_);
        return;
    }
    // What was read so far fits into the first room.
    const std::span<char> room = cutter_->room();
    std::copy_n(packed_.data(), end_, room.data());
    cutter_->filled(end_);
    packed_ = std::vector<char>();
    end_ = 0;
}

// False when there is nothing to unpack.
bool intake::unpack_some() {
    if (!unpacker_ || (begin_ == end_ && !more_inside_)) return false;
    const std::span<char> room = cutter_->room();
    const unpacker::step done = unpacker_->unpack({packed_.data() + begin_, end_ - begin_}, room);
    begin_ += done.consumed;
    packed_taken_ += done.consumed;
    unpacked_given_ += done.produced;
    more_inside_ = done.produced == room.size();
    cutter_->filled(done.produced);
    if (!unpacker_->broken().empty()) {
        wrong_ = "it is packed with " + std::string(name_of(*coding_)) + " and " + unpacker_->broken();
    }
    return wrong_.empty() && (done.consumed > 0 || done.produced > 0);
}

std::size_t intake::held_bytes() const noexcept {
    const std::size_t inside = cutter_->held_bytes();
    if (unpacked_given_ == 0) return end_ - begin_ + inside;
    const double ratio = static_cast<double>(packed_taken_) / static_cast<double>(unpacked_given_);
    return end_ - begin_ + static_cast<std::size_t>(static_cast<double>(inside) * ratio);
}

std::optional<id_line> intake::next() {
    while (wrong_.empty()) {
        if (coding_) {
            if (auto line = cutter_->next()) return line;
            if (!cutter_->wrong().empty()) {
                wrong_ = cutter_->wrong();
                break;
            }
        }
        if (unpack_some()) continue;
        if (!finished_ || passed_on_ || !wrong_.empty()) break;
        if (unpacker_ && !unpacker_->between_members()) {
            wrong_ = "it is packed with " + std::string(name_of(*coding_)) +
                     " and ends in the middle: the file is not whole";
            break;
        }
        cutter_->finish();
        passed_on_ = true;
    }
    return std::nullopt;
}

}  // namespace getty::connect::ingest
