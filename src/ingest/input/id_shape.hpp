// What can be an id, and what cannot: decided from the text alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::ingest {

/// Why `text` cannot be an id, and the mend, as the rest of a sentence: "ends with a comma; …". Nothing when
/// it can.
///
/// Ids are the service's business, so whatever it might have issued passes. Refused is what lists, tables and
/// editors leave around an id: quotes, commas, brackets, blanks, characters that nobody sees, a number that a
/// spreadsheet shortened, bytes that are no UTF-8. What is invisible is named as U+XXXX.
[[nodiscard]] std::optional<std::string> id_trouble(std::string_view text);

/// True for characters that show nothing, or nothing but a blank, wherever they stand.
[[nodiscard]] bool is_invisible(char32_t character) noexcept;

/// What a file is that begins with these bytes and therefore holds no ids, and the mend, as the rest of a
/// sentence: "is packed with gzip; …". Nothing for text, as far as its beginning tells.
[[nodiscard]] std::optional<std::string> packed_trouble(std::string_view beginning);

}  // namespace getty::connect::ingest
