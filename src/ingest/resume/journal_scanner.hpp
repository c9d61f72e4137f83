// What an earlier run has written, read again: which lines are whole, and where the file is to be cut.
#pragma once

#include "ingest/files/unpacker.hpp"
#include "ingest/input/csv_splitter.hpp"
#include "ingest/resume/written_line.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::ingest {

/// What the lines of a journal look like.
struct journal_layout {
    enum class form { typed, raw, csv };
    form is = form::typed;
    std::vector<std::string> columns;  ///< of csv, one of which is "id"
    std::optional<dialect> images_of;  ///< lines of the other one are foreign

    [[nodiscard]] line_reader reader() const noexcept {
        return line_reader(is == form::raw ? line_layout::raw : line_layout::typed, images_of, &columns);
    }
};

/// Reads one file of lines from its first byte to its last, in pieces of any size.
///
/// Vocabulary: a line (record of CSV) is *whole* when its line end is there; a member (of gzip, a frame of
/// zstd) when its last byte is. A whole line of a plain file *stands*; one of a packed file stands when it
/// ends in a whole member, so that cutting the file there loses nothing of it. What comes behind the last
/// place where a file can be cut is *torn*.
///
/// Invariants: a line is told when it stands, in order, and once. A file that was cut at any byte has the
/// lines that stood before that byte, and no other. No I/O. Memory: one line and, of packed files, what
/// stands for the lines of one member.
class journal_scanner {
public:
    /// Told of each line that stands. `text` is the line without its end; empty for csv.
    using visitor = std::function<void(const written_line& line, std::string_view text)>;

    /// `name` is what messages call the file. The reader is the caller's, who may use it for several files.
    journal_scanner(std::string name, coding how, const journal_layout& layout, line_reader& reader,
                    visitor visit);

    /// Throws `unusable` for a line that is none of the layout, naming it, and for a file that is packed
    /// otherwise.
    void feed(std::string_view bytes);

    struct end {
        std::uint64_t keep_bytes = 0;  ///< the file is to be cut behind these
        std::uint64_t lines = 0;       ///< that stand, a header not counted
        bool torn = false;             ///< something was behind them
        bool has_header = false;       ///< of csv
    };
    /// No more bytes. Throws `unusable` when so much is torn that it is no tail of a run that ended, but
    /// damage.
    [[nodiscard]] end finish();

private:
    /// A line that does not stand yet.
    struct waiting_line {
        written_line::what is;
        std::size_t key_size;
        std::size_t text_size;
    };

    void feed_packed(std::string_view bytes);
    void lines_in(std::string_view text);
    void one_line(std::string_view line);
    void csv_in(std::string_view text);
    void one_record(const csv_record& record);
    void line_is_whole(const written_line& line, std::string_view text);
    void let_stand();
    [[noreturn]] void refuse(std::string_view why) const;
    [[nodiscard]] bool nothing_begun() const noexcept;

    std::string name_;
    coding coding_;
    const journal_layout& layout_;
    line_reader& reader_;
    visitor visit_;

    std::optional<unpacker> unpacker_;
    std::string unpacked_;
    std::string head_;  // of a packed file, until its magic is known
    bool head_seen_ = false;
    std::uint64_t seen_bytes_ = 0;      // of the file
    std::uint64_t consumed_bytes_ = 0;  // of the file, by the unpacker

    std::string begun_;  // of a line whose end has not come
    bool nuls_ = false;  // it is NULs, as a file system may leave behind a crash: not kept
    std::optional<csv_splitter> csv_;
    std::size_t id_column_ = 0;
    bool header_seen_ = false;
    bool header_stands_ = false;

    std::uint64_t line_number_ = 0;
    std::uint64_t whole_bytes_ = 0;  // of a plain file, behind the last whole line
    std::vector<waiting_line> waiting_;
    std::string waiting_text_;  // keys and lines, one behind the other
    end end_;
};

}  // namespace getty::connect::ingest
