// The words of a service, gateway or proxy that refused a request.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace getty::connect::proto {

inline constexpr std::size_t max_error_text_bytes = 512;

/// Takes out of a text what must not be shown; null: nothing.
using text_filter = std::function<std::string(std::string)>;

/// What an error body says, as one printable line of at most `max_error_text_bytes`; empty when it says
/// nothing.
///
/// Understands `{status, error}` (bare or as the first element of an array), `{message}`, `{code, message}`,
/// `{ErrorCode, ErrorMessage}`, OAuth's `{error, error_description}` (RFC 6749 5.2), with names in any case,
/// a page of HTML (its title, else its text without markup) and plain text. Other JSON is quoted as it is. A
/// body that is not text is named with its size. `content_type` decides only where the body itself leaves a
/// doubt; it may be empty. Reads the first 64 KiB of the body at most. `clean` is given texts unescaped and
/// before they are cut.
[[nodiscard]] std::string describe_error_body(std::string_view content_type, std::string_view body,
                                              const text_filter& clean = nullptr);

/// The same of what a token endpoint sends: it may hold a token wherever no form of error is known, so
/// nothing but the members of those and the title of a page is quoted; else the media type and the size.
[[nodiscard]] std::string describe_token_body(std::string_view content_type, std::string_view body,
                                              const text_filter& clean = nullptr);

/// What an error body calls its error, for decisions: `ErrorCode`, OAuth's `error` or `code`, with names in
/// any case; empty when it does not say. Reads what the others read.
[[nodiscard]] std::string error_name(std::string_view body);

}  // namespace getty::connect::proto
