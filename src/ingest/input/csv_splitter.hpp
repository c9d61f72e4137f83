// Records of CSV or TSV, cut out of bytes that come in pieces of any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::ingest {

/// One record. The views hold until the next call of the splitter.
struct csv_record {
    std::uint64_t line = 0;      ///< it begins on, from 1
    std::uint64_t end_byte = 0;  ///< behind its line end, counted from the first byte of all
    std::span<const std::string_view> fields;
    std::string_view trouble;  ///< why it is none, as "it holds …"; there are no fields then
};

/// Splits by RFC 4180: fields parted by `separator`, in quotes where they hold one, a quote (doubled) or a
/// line end; records end with LF or CR LF.
///
/// What the RFC leaves open: a byte order mark at the start is dropped; blank lines are no records; a quote
/// inside a field that does not begin with one is a character like any other, as is CR that no LF follows.
/// What cannot be read, text behind a closing quote or a record of more than `max_record_bytes`, is a trouble
/// of its record, and the next one begins on the next line: for a quote that nothing closes, the line behind
/// the one that has it. So no later record is swallowed.
///
/// No look-ahead beyond one byte: pieces do not matter. Memory: twice `max_record_bytes`, grown to what is
/// needed. Not safe for concurrent use.
class csv_splitter {
public:
    csv_splitter(char separator, std::size_t max_record_bytes);

    /// Room for more bytes. Never empty after `next()` gave `more`. Invalidated by any other call.
    [[nodiscard]] std::span<char> room();
    void filled(std::size_t count) noexcept { end_ += count; }
    /// No more bytes will come: what is left counts as the last record.
    void finish() noexcept { finished_ = true; }

    enum class state {
        record,  ///< `current()` is the next one
        more,    ///< more bytes are needed
        end,     ///< finished, and none is left
    };
    [[nodiscard]] state next();
    [[nodiscard]] const csv_record& current() const noexcept { return record_; }

    /// Bytes that were put in and not handed out yet.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return end_ - begin_; }
    /// Nothing is left of a record that has begun: the bytes end where a record does.
    [[nodiscard]] bool at_boundary() const noexcept { return begin_ == end_ && !skipping_; }

private:
    enum class place { field_start, plain, quoted, quote_in_quoted, cr_behind_quote, bad };
    /// Where the scan is, in the record that begins at `begin_`.
    struct scan {
        std::size_t at = 0;  // next byte to look at, from `begin_`
        place where = place::field_start;
        std::uint64_t lines = 0;     // line ends seen
        std::size_t first_line = 0;  // bytes of the first line with its end; 0: not seen yet
    };
    struct field {
        std::size_t begin = 0;  // in `text_`
        std::size_t size = 0;
    };

    [[nodiscard]] state skip_line();
    void start_record() noexcept;
    void end_field();
    void step(char c);
    [[nodiscard]] state give_record(std::size_t length);
    [[nodiscard]] state give_trouble(std::string_view why, std::size_t length);

    char separator_;
    std::size_t max_record_bytes_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  // of the record under way
    std::size_t end_ = 0;
    std::uint64_t begin_byte_ = 0;  // of `begin_`, counted from the first byte of all
    std::uint64_t line_ = 1;        // of `begin_`
    bool finished_ = false;
    bool skipping_ = false;  // what is left of a line that is no record
    bool mark_seen_ = false;

    scan scan_;
    std::string text_;  // of the fields, unquoted, one behind the other
    std::vector<field> fields_;
    std::size_t field_begin_ = 0;
    std::vector<std::string_view> views_;
    csv_record record_;
};

}  // namespace getty::connect::ingest
