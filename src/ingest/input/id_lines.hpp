// Bytes of an id file, cut into ids. No I/O: whoever reads puts the bytes in.
#pragma once

#include "ingest/input/id_cutter.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::ingest {

/// How a line says its id.
enum class line_form {
    plain,   ///< it is the id, or a JSON object that has it; `#` begins a comment
    ndjson,  ///< it is a JSON object that has it, or a JSON string or whole number that is it
};

/// What the lines of an input look like.
struct line_rules {
    line_form form = line_form::plain;
    /// Of JSON objects: names parted by dots, from the outside in. Empty: "id", or else "ImageId".
    std::string field;
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
class id_lines final : public id_cutter {
public:
    static constexpr std::size_t head_bytes = 64 * 1024;

    explicit id_lines(line_rules rules = {});

    [[nodiscard]] std::span<char> room() override;
    void filled(std::size_t count) noexcept override;
    void finish() noexcept override { finished_ = true; }
    [[nodiscard]] std::optional<id_line> next() override;
    [[nodiscard]] std::size_t held_bytes() const noexcept override { return end_ - begin_; }
    [[nodiscard]] const std::string& wrong() const noexcept override { return wrong_; }

private:
    [[nodiscard]] std::optional<std::string_view> next_line();
    [[nodiscard]] bool drop_rest_of_line() noexcept;
    [[nodiscard]] std::optional<std::string> trouble_of_file(std::string_view line,
                                                             std::string_view text) const;

    line_rules rules_;
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
[[nodiscard]] std::optional<id_line> read_id_line(std::string_view line, std::uint64_t number,
                                                  const line_rules& rules = {});

/// "The rest of a sentence" when a text cannot be the name of an id's member: an empty name in a path.
[[nodiscard]] std::optional<std::string> field_trouble(std::string_view field);

}  // namespace getty::connect::ingest
