// What is sent to a token endpoint, and what comes back.
#pragma once

#include "proto/json/decode_failure.hpp"

#include <getty/connect/secret.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

namespace getty::connect::proto {

/// One parameter of a token request. One with an empty value counts as not set.
struct token_parameter {
    std::string_view name;
    std::string_view value;
};

/// The parameters that have a value, as `application/x-www-form-urlencoded`; a blank becomes `%20`.
[[nodiscard]] secret form_body(std::span<const token_parameter> parameters);

/// The parameters that have a value, as one flat JSON object of texts. Values are passed on byte by byte:
/// they must be UTF-8.
[[nodiscard]] secret json_body(std::span<const token_parameter> parameters);

/// How long a token is valid from the moment it was issued: 0 (for one use only) to `max_token_lifetime`.
/// Absent when the answer names no usable lifetime.
using token_lifetime = std::optional<std::chrono::seconds>;

inline constexpr std::chrono::seconds max_token_lifetime = std::chrono::hours(24);

/// A token as issued.
struct issued_token {
    secret value;
    token_lifetime lifetime;
    secret refresh_token;  ///< empty when none came with it
};

using token_result = boost::system::result<issued_token, decode_failure>;

/// The two tokens of the Connect interface.
struct token_pair {
    secret value_for_https;
    secret value_for_http;  ///< equals `value_for_https` where the service issues one token for both
    token_lifetime lifetime;
};

using token_pair_result = boost::system::result<token_pair, decode_failure>;

/// Reads `{"token": {"ssl_token", "token", "token_duration_minutes"}}`, the outer key being optional.
///
/// At least one of the two tokens must be there, and not blank; it then stands in for the other. The lifetime
/// is a number or decimal text, fractions of a second are cut; `expires_in`, in seconds, goes before the
/// minutes where it is sent as well. Missing or not a number: absent. Zero or negative: 0. Longer than
/// `max_token_lifetime`: cut to it. No failure quotes a value.
[[nodiscard]] token_pair_result parse_token_answer(std::string_view body);

/// Reads an answer of OAuth 2.0 (RFC 6749 5.1): `access_token`, `token_type`, `expires_in` in seconds (the
/// rules for lifetimes above), `refresh_token`.
///
/// An access token may be any text that a header field can carry; else it is `wrong_type`, as is a
/// `token_type` other than "bearer" in any case. A missing type is taken as that. No failure quotes a value.
[[nodiscard]] token_result parse_oauth_answer(std::string_view body);

}  // namespace getty::connect::proto
