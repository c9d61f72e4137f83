// The lines the tool writes: one JSON object each, never broken by what is in it.
#pragma once

#include <getty/connect/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::ingest {

/// Appends `text` as a JSON string (RFC 8259, 7), quotes included. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// The spelling of a code in the output, "not_found" for `errc::not_found`.
[[nodiscard]] std::string_view identifier(errc code) noexcept;

/// `,"meta":{…}` of a JSON object; nothing of an empty text.
void append_meta(std::string& out, std::string_view meta);

/// `{"id":"…","image":{…}}` of an image that is on one line already, without the line end.
void append_image_line(std::string& out, std::string_view id, std::string_view image, std::string_view meta);

/// `{"id":"…","error":{"code":…,"kind":…,"status":…,"stage":…,"message":…,"attempts":…}}`, without the line
/// end. An id that is absent, because its line was unusable, is `null`; `line` appends the line's number,
/// `meta` what `append_meta` does.
void append_error_line(std::string& out, std::optional<std::string_view> id, const error& why,
                       unsigned attempts, std::optional<std::uint64_t> line, std::string_view meta = {});

}  // namespace getty::connect::ingest
