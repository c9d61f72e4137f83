// Ids out of files, pipes and terminals: lines, CSV, TSV and NDJSON, packed or not.
#pragma once

#include <getty/connect/ingest/source.hpp>
#include <getty/connect/ingest/trouble.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

/// What an input looks like.
enum class input_format {
    /// By the name, less `.gz` and `.zst`: `.csv`, `.tsv` and `.tab`, `.ndjson` and `.jsonl`; else `csv` when
    /// there is an `id_column`, and `lines` when not.
    automatic,
    /// An id a line; a line that begins with `{` is a JSON object that has it. Blank lines and those that
    /// begin with `#` are skipped.
    lines,
    /// RFC 4180, with a header unless `id_column` is a number.
    csv,
    /// The same with tabs.
    tsv,
    /// A JSON object a line, or a JSON string or whole number that is the id.
    ndjson,
};

/// Whether an id that stands in the input several times is looked up as often.
enum class repeats { kept, dropped };

/// How inputs are read.
class input_options {
public:
    input_options();

    /// What the inputs look like. Default: automatic.
    input_options& format(input_format wanted);
    /// Of `csv` and `tsv`: the name in the header, or the number from 1 of a file without one. Default: the
    /// column that the header calls id, image_id or ImageId, or the only one.
    input_options& id_column(std::string_view name_or_number);
    /// Of JSON objects: the names of members parted by dots, from the outside in, as in `asset.id`. Default:
    /// `id`, or else `ImageId`.
    input_options& id_field(std::string_view path);
    /// Whether repeated ids stay. Default: kept; to drop them costs at most 40 bytes of memory for each id.
    input_options& repeated(repeats wanted);

    [[nodiscard]] input_format format() const noexcept { return format_; }
    [[nodiscard]] const std::string& id_column() const noexcept { return id_column_; }
    [[nodiscard]] const std::string& id_field() const noexcept { return id_field_; }
    [[nodiscard]] repeats repeated() const noexcept { return repeated_; }

private:
    input_format format_ = input_format::automatic;
    repeats repeated_ = repeats::kept;
    std::string id_column_;
    std::string id_field_;
};

/// A source over files, one after the other; "-" is standard input.
///
/// - Packed input (gzip and zstd, several members or frames too) is told by its first bytes and unpacked.
/// - A line that cannot be an id (see docs/tool.md) is an occurrence with a `trouble` that names file and
///   line. A line or record of more than 64 KiB is one, too.
/// - Throws `unusable` for what is wrong as a whole: options that do not fit each other, a directory, a disk
///   file that is UTF-16, packed otherwise, binary, or lacks the column; `local_failure` where a file cannot
///   be opened. All files are opened and disk files looked into at once, before an id is asked for. What
///   shows later, in a pipe or behind the beginning, is thrown by `next()` as the same types.
/// - A pipe is read before it is waited for, so one whose writer has gone has its bytes and its end.
/// - Memory: 200 KiB for each file that is being read, one at a time, besides what `repeats::dropped` needs
///   and what zstd asks for (8 MiB up to its level 19).
[[nodiscard]] std::unique_ptr<source> open_input(const boost::asio::any_io_executor& executor,
                                                 const std::vector<std::string>& paths,
                                                 input_options options = input_options());

/// What a source holds.
struct input_count {
    std::uint64_t valid = 0;                  ///< occurrences that are ids, the repeated ones included
    std::uint64_t doubled = 0;                ///< of these, those whose id had been there before
    std::uint64_t bad = 0;                    ///< occurrences with a trouble
    std::vector<std::string> first_troubles;  ///< at most 100
};

/// Reads a source to its end and asks nothing of anybody: what a job would have to do. Costs at most 40 bytes
/// of memory for each id.
[[nodiscard]] boost::asio::awaitable<input_count> count_ids(source& from);

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
