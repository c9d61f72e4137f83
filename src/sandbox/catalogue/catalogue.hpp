// Made-up images: every id of a documented form has one, the same on every machine and for ever.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace getty::connect::sandbox {

inline constexpr std::size_t max_catalogue_id_bytes = 20;

/// The HTTP status that a request for `id` gets.
///
/// 200 for digits (`83454800`) and digits-digits (`200261415-001`) of at most `max_catalogue_id_bytes`
/// characters, but: digits ending in 404 are unknown (404), and a second part that is one of 400, 403, 404,
/// 429, 500, 502, 503 or 504 (`7-503`) asks for that status. Every other id is unknown (404).
[[nodiscard]] int catalogue_status(std::string_view id) noexcept;

/// Row of the translation tables for a language tag: its primary subtag decides, in any case of letters;
/// en-us (row 0) for all that is not translated.
[[nodiscard]] std::size_t language_row(std::string_view tag) noexcept;

/// Appends the image `id` as one JSON object of 1 to 10 KB without line breaks. All choices are made by a
/// hash of the id, so that the language changes the translated texts and nothing else. Precondition:
/// `catalogue_status(id) == 200`, `row < language_count`.
void append_image(std::string& out, std::string_view id, std::size_t row);

/// Appends `text` (well-formed UTF-8) as a JSON string.
void append_json_string(std::string& out, std::string_view text);

}  // namespace getty::connect::sandbox
