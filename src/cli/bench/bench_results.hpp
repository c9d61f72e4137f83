// Where a measurement goes, and where earlier ones come from.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/report/published_file.hpp"
#include "load/compare.hpp"
#include "load/measurement.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// Reads a document, or the page that holds one. Throws `usage_error` for what is none, `local_failure` for
/// what cannot be read.
[[nodiscard]] load::measurement read_measurement(const std::string& path);

/// A file that is tried out before the run, and written in one step after it.
class result_file {
public:
    /// `path` empty: none. Throws as `published_file` does.
    result_file(const std::string& flag, const std::string& path);
    /// Throws `local_failure`.
    void publish(const std::string& text) const;
    [[nodiscard]] bool is_wanted() const noexcept { return file_.has_value(); }
    [[nodiscard]] bool is_special() const noexcept { return file_ && file_->is_special(); }

private:
    std::optional<published_file> file_;
};

/// Two measurements side by side, as text.
struct comparison {
    std::string text;
    bool is_worse = false;  ///< some figure is
};
/// Throws `usage_error` where the plans differ, unless `anyway`, and `load::unusable` where there is nothing
/// to compare.
[[nodiscard]] comparison compare(const load::measurement& before, const load::measurement& after,
                                 double tolerance, bool anyway, std::size_t columns);

/// Of standard output where it is a terminal, 80 to 160; else 80.
[[nodiscard]] std::size_t report_columns() noexcept;

}  // namespace getty::connect::cli
