// What became of the ids of a run, counted; and what the run as a whole amounts to.
#pragma once

#include "cli/exit_code.hpp"

#include <getty/connect/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

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

}  // namespace getty::connect::cli
