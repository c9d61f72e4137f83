// The line that tells how far a run has come.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace getty::connect::cli {

/// How fast things went during the last few seconds, not since the start.
class rate_meter {
public:
    using duration = std::chrono::duration<double>;

    static constexpr duration window{5};

    /// `done` things were done at `at`, counted from the start of the run. Neither may go back.
    void sample(duration at, std::uint64_t done);
    /// Per second; 0 before two samples were taken.
    [[nodiscard]] double per_second() const noexcept;

private:
    std::deque<std::pair<duration, std::uint64_t>> samples_;
};

struct progress_state {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t in_flight = 0;
    double per_second = 0;
    std::chrono::seconds elapsed{0};
    /// How much of the input was read, when its size is known.
    std::optional<unsigned> percent_read;
    /// What everybody waits for, if that is so.
    std::string waits_for;
};

/// "12,345 done  17 failed  64 in flight  1,234/s  0:12  43 % read", and before it what is waited for.
[[nodiscard]] std::string progress_line(const progress_state& now);

}  // namespace getty::connect::cli
