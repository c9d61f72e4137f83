// Dates in an image's metadata.
#pragma once

#include <getty/connect/image.hpp>

#include <string_view>

namespace getty::connect::proto {

/// Reads a metadata date; `original` is `text` itself (the view is kept).
///
/// Known forms, years 0001 to 9999:
/// - ISO 8601 extended: `YYYY-MM-DD`, optionally `T` or one blank and `hh:mm[:ss[.fraction]]`, optionally
///   `Z`, `+-hh:mm`, `+-hhmm` or `+-hh`. The fraction has 1 to 9 digits after a point or comma and is cut to
///   microseconds. Second 60 is the first second of the next minute; hour 24 is no hour. `-00:00` is UTC.
/// - `/Date(ms)/` and `/Date(ms+-hhmm)/`: milliseconds since 1970 in UTC; the offset only tells the local
///   reading and does not move the instant.
///
/// Any other text leaves `local` and `utc_offset` absent.
[[nodiscard]] date_time parse_date_time(std::string_view text) noexcept;

}  // namespace getty::connect::proto
