// What an answer other than the wanted one means.
#pragma once

#include "io/response_reader.hpp"
#include "runtime/requester.hpp"

#include <chrono>
#include <initializer_list>
#include <string_view>

namespace getty::connect::runtime {

/// The status class as an error with the service's own words, and the facts that a retry decision needs.
/// `now`: wall clock, used when a Retry-After names a date and the answer has no Date of its own. `secrets`
/// are not quoted.
[[nodiscard]] setback from_status(const io::response& answer, std::chrono::sys_seconds now,
                                  std::initializer_list<std::string_view> secrets);

}  // namespace getty::connect::runtime
