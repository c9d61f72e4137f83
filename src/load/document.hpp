// The document `getty-connect-bench/1`: a measurement as JSON, there and back.
#pragma once

#include "load/measurement.hpp"

#include <string>
#include <string_view>

namespace getty::connect::load {

/// What the element of a page is called that holds the document.
inline constexpr std::string_view embedded_id = "getty-connect-bench";

/// As docs/bench-schema.json describes it: numbers to a millionth, bytes of texts that are no UTF-8 as
/// U+FFFD, a line end at its end.
[[nodiscard]] std::string write_document(const measurement& m);

/// Reads what `write_document` wrote, or the page that holds it. `name`: of the file, for messages. Members
/// that this version does not know are passed over. Throws `unusable` that names what is wrong and where:
/// "old.json: steps[0].due: expected is a whole number from 0 on, there is a string".
[[nodiscard]] measurement read_document(std::string_view text, std::string_view name);

/// The document within at most `max_bytes`, for a page: coarser histograms, then no series and no histogram,
/// each named in `left_out`. What is left is as it was.
[[nodiscard]] measurement shortened(const measurement& m, std::size_t max_bytes);

}  // namespace getty::connect::load
