// The grammar of WWW-Authenticate, Authorization and Authentication-Info.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::proto {

inline constexpr std::size_t max_auth_field_bytes = 8 * 1024;  ///< of one field value
inline constexpr std::size_t max_challenges = 16;              ///< gathered from all lines of one response
inline constexpr std::size_t max_auth_params = 32;             ///< of one challenge

/// One `name=value` (RFC 9110 11.2).
struct auth_param {
    std::string name;     ///< lower-cased
    std::string value;    ///< without quotes and escapes; no control character but HTAB
    bool quoted = false;  ///< whether it came as a quoted-string
};

/// One challenge, or the credentials of a request: they share their grammar (RFC 9110 11.3, 11.4).
struct challenge {
    std::string scheme;              ///< lower-cased
    std::string token68;             ///< excludes `params`
    std::vector<auth_param> params;  ///< names are unique

    /// The value of parameter `name` (in lower case), null when it is absent.
    [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
};

/// What is wrong with a field value.
enum class auth_syntax {
    ok,
    too_long,
    bad_character,  ///< CR, LF, NUL or another control character
    expected_scheme,
    malformed_parameter,
    unterminated_quote,
    duplicate_parameter,
    too_many_challenges,
    too_many_parameters,
};

[[nodiscard]] std::string_view to_string(auth_syntax verdict) noexcept;

/// Appends the challenges of one WWW-Authenticate (or Proxy-Authenticate) line to `out`, in the server's
/// order; call it once per line. Unknown schemes are kept, empty list elements skipped. `out` is as it was
/// before unless the verdict is `ok`. Source: RFC 9110 11.6.1, 5.6.1.2.
[[nodiscard]] auth_syntax parse_challenges(std::string_view field_value, std::vector<challenge>& out);

/// The value of an Authorization (or Proxy-Authorization) header; nothing when it is malformed.
[[nodiscard]] std::optional<challenge> parse_credentials(std::string_view field_value);

/// The value of Authentication-Info (RFC 9110 11.6.3), several lines joined with ","; nothing when it is
/// malformed or names a parameter twice.
[[nodiscard]] std::optional<std::vector<auth_param>> parse_auth_info(std::string_view field_value);

/// Appends `text` as a quoted-string (RFC 9110 5.6.4). Precondition: `is_quotable(text)`.
void append_quoted(std::string& out, std::string_view text);
/// The same without the enclosing quotes.
void append_escaped(std::string& out, std::string_view text);

}  // namespace getty::connect::proto
