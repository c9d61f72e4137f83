// How much extra load retries may cause while a service is failing.
#pragma once

#include <cstdint>

namespace getty::connect::policy {

/// A bucket of retries: every call adds `ratio` of one, every retry takes a whole one.
///
/// Vocabulary: *reserve*, the retries that are allowed before any call has paid in, and the bucket's upper
/// bound. Invariant: 0 <= balance <= reserve. So over any span with n calls there are at most n * ratio +
/// reserve retries, however many calls wait in backoff. Not safe for concurrent calls.
class retry_budget {
public:
    /// `ratio` in [0, 1]; `reserve` >= 0 in whole retries.
    retry_budget(double ratio, std::uint32_t reserve) noexcept;

    /// A call begins (its first attempt, not a retry).
    void deposit() noexcept;
    /// Takes one retry out; false, and nothing taken, when less than one is there.
    [[nodiscard]] bool withdraw() noexcept;

    [[nodiscard]] double balance() const noexcept;

private:
    // Fixed point: sums of 0.2 must not drift over 10^9 calls.
    static constexpr std::int64_t one = 1'000'000;
    std::int64_t per_call_;
    std::int64_t capacity_;
    std::int64_t balance_;
};

}  // namespace getty::connect::policy
