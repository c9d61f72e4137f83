// Points in time as text: RFC 3339, in UTC.
#pragma once

#include <chrono>
#include <string>

namespace getty::connect::core {

/// "2026-11-29T08:40:00Z". Years 0000 to 9999.
[[nodiscard]] std::string rfc3339(std::chrono::sys_seconds at);
/// "2026-11-29T08:40:00.123Z".
[[nodiscard]] std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> at);

}  // namespace getty::connect::core
