// What a line of an output or errors file says, read without building anything of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::ingest {

/// How an output's lines are made.
enum class line_layout {
    typed,  ///< `{"id":"…","image":{…}}`, and errors as `{"id":"…","error":{…}}`
    raw,    ///< the image object alone, with its id as `ImageId` (Connect) or `id` (v3)
};

/// One line.
struct written_line {
    enum class what {
        image,
        final_failure,  ///< not_found or invalid_input: asking again would change nothing
        other_failure,
        foreign,  ///< none of this layout; `why` tells
    };
    what is = what::foreign;
    /// What counts its occurrences: the id; for a line of input that was none, LF and the message, which
    /// names that line.
    std::string_view key;
    /// Of a foreign line, the rest of a sentence: "is no JSON object".
    std::string_view why;
};

/// Reads lines. What it gives refers to the line, or to this reader until its next call. Looks at what it
/// needs and no further: of a typed line the beginning and the last byte, of a raw one the members up to its
/// id. Not safe for concurrent use.
class line_reader {
public:
    explicit line_reader(line_layout layout) noexcept : layout_(layout) {}
    /// `line` without its line end.
    [[nodiscard]] written_line read(std::string_view line);

private:
    [[nodiscard]] written_line read_typed(std::string_view rest);
    [[nodiscard]] written_line read_raw(std::string_view line);
    /// Takes a JSON string off `rest`, unescaped; nothing when there is none.
    [[nodiscard]] std::optional<std::string_view> take_string(std::string_view& rest, std::string& scratch);

    line_layout layout_;
    std::string_view raw_member_;  // known from the first line on
    std::string key_;
    std::string word_;
};

}  // namespace getty::connect::ingest
