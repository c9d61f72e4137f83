// How far a run has come: the line that is redrawn, the line in a log, and the same for programs.
#pragma once

#include "cli/report/json_members.hpp"
#include "cli/report/snapshot.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace getty::connect::cli {

/// How fast things went during the last while, not since the start.
class rate_meter {
public:
    using duration = std::chrono::duration<double>;

    explicit rate_meter(duration window = duration(5)) : window_(window) {}

    /// `done` things were done at `at`, counted from the start of the run. Neither may go back.
    void sample(duration at, std::uint64_t done);
    /// Per second; 0 before two samples were taken.
    [[nodiscard]] double per_second() const noexcept;

private:
    duration window_;
    std::deque<std::pair<duration, std::uint64_t>> samples_;
};

/// How much of the input has been gone through, 0 to 100, where that is known.
[[nodiscard]] std::optional<unsigned> percent_done(const run_snapshot& now);

/// How long it will take at the speed of the last minute; nothing where that cannot be known: no size, hardly
/// anything read yet, or everybody waits.
[[nodiscard]] std::optional<std::chrono::seconds> time_left(const run_snapshot& now);

/// "43 %  12,345 done  17 failed  64 in flight  1,234/s  1:12  ETA 1:02:10", and before it what is waited for;
/// at most `columns` - 1 characters, all of ASCII. Where that is too little the least important go first: ids
/// that were there already, ids in flight, the time so far, the count, the reason of a wait, failures, the
/// forecast, the end of a wait, the rate, the share.
[[nodiscard]] std::string progress_line(const run_snapshot& now, std::size_t columns);

/// All of it on one line of any length, for a log: moments in UTC.
[[nodiscard]] std::string progress_message(const run_snapshot& now);

/// As members of a JSON object, `message` among them.
[[nodiscard]] json_members progress_members(const run_snapshot& now);

}  // namespace getty::connect::cli
