// What a line of an output or errors file says, read without building anything of it.
#pragma once

#include <getty/connect/options.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Whose object this is: by `ImageId` Connect's, else by `id` that of v3; nothing where it has neither, as
/// where columns were chosen. Without its braces' end it is read as far as it goes.
[[nodiscard]] std::optional<dialect> dialect_of_image(std::string_view object) noexcept;
/// Why an image of another one is none of an output; empty where it is the same, or not known.
[[nodiscard]] std::string_view why_other_dialect(std::optional<dialect> found,
                                                 std::optional<dialect> wanted) noexcept;

/// Reads lines. What it gives refers to the line, or to this reader until its next call. Looks at what it
/// needs and no further: of a typed line the beginning and the last byte, of a raw one the members up to its
/// id. Not safe for concurrent use.
class line_reader {
public:
    /// `images_of`: an image of the other interface is foreign. `columns`, of typed lines: so is one with
    /// others than these, or, where there are none, one that is not whole; null: not asked. It must outlive
    /// this reader.
    explicit line_reader(line_layout layout, std::optional<dialect> images_of = std::nullopt,
                         const std::vector<std::string>* columns = nullptr) noexcept
        : layout_(layout), images_of_(images_of), columns_(columns), asks_whose_(images_of.has_value()) {}
    /// `line` without its line end.
    [[nodiscard]] written_line read(std::string_view line);

private:
    [[nodiscard]] written_line read_typed(std::string_view rest);
    [[nodiscard]] written_line read_raw(std::string_view line);
    [[nodiscard]] written_line raw_image(std::string_view id) noexcept;
    /// Takes a JSON string off `rest`, unescaped; nothing when there is none.
    [[nodiscard]] std::optional<std::string_view> take_string(std::string_view& rest, std::string& scratch);

    [[nodiscard]] std::string_view why_foreign(std::optional<dialect> whose) noexcept;
    [[nodiscard]] std::string_view why_other_columns(std::string_view object);

    line_layout layout_;
    std::optional<dialect> images_of_;
    const std::vector<std::string>* columns_;  // null once an image has told
    bool asks_whose_;                          // until an image has told
    std::string_view raw_member_;              // known from the first line on
    std::string key_;
    std::string word_;
};

}  // namespace getty::connect::ingest
