// How many lookups may be in flight at once.
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <cstdint>

namespace getty::connect::policy {

/// A concurrency limit: fixed, or one that follows what the service can take.
///
/// The adaptive one compares latency now with latency at its best: what is above it is time spent in a queue,
/// and n lookups in flight that spend a share q of their time in a queue mean that q * n of them queue
/// (Vegas). It counts in *rounds* of max(8, limit) finished lookups. After a change of the limit the lookups
/// that began before it are passed over; then a round is judged by its means:
///
///     in the round                                             the limit
///     an overload (429, 503, timeout)                          falls to 70 % at once, and the round ends
///     queue > max(2, 20 % of those in flight)                  falls to 85 %
///     queue < max(1, 10 % of those in flight), limit reached   doubles until the first fall, later grows
///                                                              by 1/8
///     otherwise                                                stays; after 32 such rounds it is probed:
///                                                              falls to 70 %
///
/// Whether a latency is a queue's shows after a fall, since a queue shrinks with the limit. So each fall is a
/// *trial*: if the latency does not follow, by at least half of what a queue would, the service itself has
/// become slower. Then that latency is the new best and the limit goes back to where it was; so it does after
/// each probe. Invariant: 1 <= limit <= max. Not safe for concurrent calls.
class window {
public:
    /// `limit` >= 1 for ever.
    [[nodiscard]] static window fixed(std::size_t limit) noexcept;
    /// Starts at `initial`, stays in [1, max].
    [[nodiscard]] static window adaptive(std::size_t initial, std::size_t max) noexcept;

    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

    /// A lookup left the service. `latency`: of the exchange alone, no time in queues of our own.
    /// `overloaded`: it ended with 429, 503 or a timeout; its latency is not counted. `in_flight_at_start`:
    /// lookups in flight when it began, itself included.
    void finished(core::duration latency, bool overloaded, std::size_t in_flight_at_start) noexcept;

private:
    window(std::size_t limit, std::size_t max, bool adaptive) noexcept;

    void judge() noexcept;
    void begin_trial(double factor, double latency, double in_flight) noexcept;
    bool end_trial(double latency, double in_flight) noexcept;
    void change(double factor) noexcept;
    void begin_round() noexcept;

    std::size_t limit_;
    std::size_t previous_;  // the limit before the last change
    std::size_t max_;
    bool adaptive_;
    bool doubling_ = true;
    bool settling_ = false;  // lookups begun under the previous limit are still coming in
    unsigned steady_ = 0;    // rounds in which the limit stayed

    std::size_t samples_ = 0;  // of this round
    std::size_t at_limit_ = 0;
    double latency_sum_ = 0;  // ns
    double in_flight_sum_ = 0;

    double best_ = 0;  // lowest mean latency of a round, ns; 0: none yet
    bool in_trial_ = false;
    bool probing_ = false;      // the trial is a probe
    double trial_latency_ = 0;  // means of the round before the trial
    double trial_in_flight_ = 0;
    std::size_t trial_limit_ = 0;
};

}  // namespace getty::connect::policy
