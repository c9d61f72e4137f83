// What became of the ids of a run, counted; and what the run as a whole amounts to.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/report/number_words.hpp"

#include <getty/connect/error.hpp>
#include <getty/connect/observer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// Counts outcomes.
class tally {
public:
    void add_success() noexcept { ++succeeded_; }
    void add_failure(const error& why) noexcept;
    /// One that counts as a success.
    void add_accepted(const error& why) noexcept;
    /// So many were pulled, and not asked for: no outcome.
    void add_unasked(std::uint64_t count) noexcept { unasked_ += count; }

    [[nodiscard]] std::uint64_t succeeded() const noexcept { return succeeded_; }
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
    [[nodiscard]] std::uint64_t unasked() const noexcept { return unasked_; }
    [[nodiscard]] std::uint64_t total() const noexcept { return succeeded_ + failed_; }
    [[nodiscard]] std::uint64_t failed(condition kind) const noexcept;

    /// The first that applies, accepted failures apart: quota, when any id failed for it; authentication
    /// likewise; unreachable when no id got as far as an answer; some_failed; success.
    [[nodiscard]] exit_code verdict() const noexcept;

    /// "8 not_found, 2 timeout", the most frequent first.
    [[nodiscard]] std::string failures() const;
    /// The same as a JSON object.
    [[nodiscard]] std::string failures_json() const;

private:
    static constexpr std::size_t kinds = static_cast<std::size_t>(condition::internal) + 1;

    std::uint64_t succeeded_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t unasked_ = 0;
    std::uint64_t accepted_ = 0;
    // Of those that are not accepted:
    std::uint64_t quota_ = 0;
    std::uint64_t authentication_ = 0;
    std::uint64_t invalid_ = 0;
    std::uint64_t no_answer_ = 0;  // failed before anything was answered
    std::array<std::uint64_t, kinds> by_kind_{};
};

/// The verdict on a single failure.
[[nodiscard]] exit_code verdict(const error& why) noexcept;
/// On what stopped a run before its ids were at their end.
[[nodiscard]] exit_code verdict_on_end(const error& why) noexcept;
/// On what kept a run from beginning: there was nothing yet that could be limited.
[[nodiscard]] exit_code verdict_on_start(const error& why) noexcept;
/// Which of two a run ends with.
[[nodiscard]] exit_code first_that_applies(exit_code a, exit_code b) noexcept;

/// Two lines for people.
[[nodiscard]] std::string summary_text(const tally& counted, const client_stats& stats,
                                       std::chrono::duration<double> elapsed);

/// How a run ended, and what was told of it.
struct run_end {
    exit_code code = exit_code::success;
    std::string reason;  ///< why it ended before its input did, or never began; empty: it did not
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
};

/// One JSON object in one line.
[[nodiscard]] std::string summary_json(const tally& counted, const client_stats& stats,
                                       std::chrono::duration<double> elapsed, const run_end& ended);

}  // namespace getty::connect::cli
