// What an answer other than the wanted one means.
#pragma once

#include "calls/request.hpp"
#include "http/response_reader.hpp"

#include <chrono>
#include <span>
#include <string_view>

namespace getty::connect::calls {

/// Whose body is quoted: one of a token endpoint may hold a token, in whatever form.
enum class body_of { service, token_endpoint };

/// The status class as an error with the service's own words, and the facts that a retry decision needs.
/// `now`: wall clock, used when a Retry-After names a date and the answer has no Date of its own. `secrets`
/// are not quoted.
[[nodiscard]] attempt_failure from_status(const http::response& answer, std::chrono::sys_seconds now,
                                          std::span<const std::string_view> secrets,
                                          body_of whose = body_of::service);

}  // namespace getty::connect::calls
