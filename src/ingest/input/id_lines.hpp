// Bytes of an id file, cut into ids. No I/O: whoever reads puts the bytes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::ingest {

/// One line that asks for something: an id, or the reason why it is none.
struct id_line {
    std::uint64_t number = 0;  ///< from 1
    std::string id;            ///< empty when `trouble` is not
    std::string trouble;       ///< why the line names no id, as "it holds a comma; …"; repeats nothing of it
};

/// Cuts ids out of the bytes of a file, a pipe or a terminal.
///
/// One id per line; blank lines and lines that begin with '#' are skipped; blanks around an id, CR before LF
/// and a byte order mark at the start are dropped. A line that begins with '{' is a JSON object, as the tool
/// itself writes them, whose member "id" or else "ImageId" is the id. Every other line yields exactly one
/// `id_line`, however broken it is: no id is lost silently. What cannot be an id (see `id_trouble`) is a
/// trouble.
///
/// A file that is wrong as a whole, and not in a line here and there, ends the lines, and `wrong()` tells
/// why: one that is packed or UTF-16, that has NULs, whose lines end with CR alone, or that is one enormous
/// line. That shows in the first `head_bytes`; beyond them such a line is a trouble as any other.
///
/// Memory: one buffer of `max_line_bytes`, whatever the input. Not safe for concurrent use.
class id_lines {
public:
    /// A longer line is reported and skipped up to its end.
    static constexpr std::size_t max_line_bytes = 64 * 1024;
    static constexpr std::size_t head_bytes = 64 * 1024;

    id_lines();

    /// Room for more bytes. Never empty after `next()` returned nothing, unless `wrong()`. Invalidated by any
    /// other call.
    [[nodiscard]] std::span<char> room();
    /// The first `count` bytes of the last `room()` were filled.
    void filled(std::size_t count) noexcept;
    /// No more bytes will come: what is left counts as the last line.
    void finish() noexcept { finished_ = true; }

    /// The next line with an id or a trouble; nothing when more bytes are needed or, finished, at the end.
    [[nodiscard]] std::optional<id_line> next();

    /// What the file is instead of a file of ids, and the mend: "it is packed with gzip; …". Empty unless it
    /// is wrong as a whole.
    [[nodiscard]] const std::string& wrong() const noexcept { return wrong_; }

private:
    [[nodiscard]] std::optional<std::string_view> next_line();
    [[nodiscard]] bool drop_rest_of_line() noexcept;
    [[nodiscard]] std::optional<std::string> trouble_of_file(std::string_view line,
                                                             std::string_view text) const;

    std::vector<char> buffer_;
    std::size_t begin_ = 0;    // of the line that is not yet handed out
    std::size_t scanned_ = 0;  // no line end before this
    std::size_t end_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t line_start_ = 0;  // of the line handed out last, counted from the first byte
    std::uint64_t next_start_ = 0;  // of the line after it
    bool finished_ = false;
    bool dropping_ = false;      // inside a line that was too long
    bool seen_content_ = false;  // a line that is not blank
    bool seen_id_line_ = false;  // and one that is no comment
    std::string wrong_;
};

/// What one line, without its line end, asks for; nothing for a blank line or a comment.
[[nodiscard]] std::optional<id_line> read_id_line(std::string_view line, std::uint64_t number);

}  // namespace getty::connect::ingest
