// Counting one step of a measurement.
#pragma once

#include "core/histogram.hpp"
#include "core/moments.hpp"
#include "core/time.hpp"
#include "load/measurement.hpp"

#include <getty/connect/error.hpp>
#include <getty/connect/observer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::load {

/// Durations from 1 us to 68 s and longer, to three significant digits.
using latency_histogram = core::histogram<1024, 27, std::uint64_t>;

/// Where a step lies: what is due in its middle counts.
struct step_window {
    core::time_point begin;
    core::duration warm_up{};
    core::duration counted{};
    core::duration cool_down{};

    [[nodiscard]] step_part part_of(core::time_point t) const noexcept;
};

/// A lookup that has ended.
struct lookup_end {
    core::time_point due;    ///< in a closed loop when it was handed over
    core::time_point sent;   ///< its first byte left; that of its last try. `ended` where none did
    core::time_point ended;  ///< its outcome was there
    std::optional<condition> failure;
    std::string_view message = {};  ///< of the failure; kept of the first of a kind
    attempt_phases phases = {};
};

/// Counts what happens in a step; knows no clock.
///
/// A request belongs to the part of the step that it is due in, whenever it is answered, so that what is due,
/// sent, dropped and answered adds up; rates are of what happened in the counted part, whenever it was due.
/// Latency is of images, ids without one and time-outs: what failed otherwise failed early, and would make
/// the service look fast. Each due time is told once, by `begun` or `dropped`.
///
/// Costs some 35 ns for each lookup, and 1.6 MiB, 0.6 of it in the object itself: keep it on the heap. A
/// second is 120 bytes. Not safe for concurrent calls.
class step_recorder {
public:
    explicit step_recorder(const step_window& window);

    /// A request that was due at `due` has been handed to the client.
    void begun(core::time_point due, core::time_point at) noexcept;
    /// A request that was due at `due` is left out, since too many are under way.
    void dropped(core::time_point due) noexcept;
    void ended(const lookup_end& lookup);

    /// An answer of 429, whatever became of the lookup.
    void throttled(core::time_point at) noexcept;
    void retried(core::time_point at) noexcept;
    enum class session { fresh, resumed };
    void connected(core::time_point at, session tls) noexcept;
    /// A challenge: another nonce from now on.
    void challenged(core::time_point at) noexcept;

    /// The step ends here, before its time: what is told later counts as of its end, rates are of the time
    /// that there was, and its thirds are none. Nothing is due after `at`.
    void cut(core::time_point at) noexcept;

    [[nodiscard]] std::uint64_t in_flight() const noexcept { return all_begun_ - all_ended_; }
    /// From when they were due.
    [[nodiscard]] const latency_histogram& latency() const noexcept { return from_due_.times; }

    /// All that was counted. What only the runner knows is left as it is: what was asked for, the round, the
    /// client's own figures, bytes. A closed loop's p99 is corrected by whoever knows that it is one.
    [[nodiscard]] step_result result() const;

private:
    /// To less than a hundredth.
    using rough_histogram = core::histogram<128, 30, std::uint32_t>;

    template <class Histogram>
    struct series {
        Histogram times;
        core::moments exact;
        void record(core::duration d) noexcept {
            times.record(d);
            exact.record(d);
        }
    };
    struct outcome {
        std::uint64_t count = 0;
        std::string message;
    };
    /// A second whose latencies are still coming in.
    struct open_second {
        std::size_t second = 0;
        rough_histogram times;
    };
    static constexpr std::size_t outcomes = static_cast<std::size_t>(condition::internal) + 1;
    static constexpr std::size_t open_seconds = 64;
    static constexpr std::size_t phases = 6;

    [[nodiscard]] bool counts(core::time_point t) const noexcept { return t >= from_ && t < to_; }
    /// Each part has seconds of its own.
    [[nodiscard]] std::size_t second_of(core::time_point t) const noexcept;
    second_figures& at_second(core::time_point t) noexcept { return seconds_[second_of(t)]; }
    void count_latency(core::time_point due, core::duration latency) noexcept;
    static void close(const open_second& open, std::vector<second_figures>& into) noexcept;
    [[nodiscard]] std::vector<second_figures> seconds() const;

    step_window window_;
    std::size_t warm_up_seconds_;  ///< the first of which may be shorter
    core::time_point from_;        ///< of the counted part
    core::time_point to_;
    bool cut_ = false;

    std::uint64_t begun_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t all_begun_ = 0;  ///< warm-up and cool-down included
    std::uint64_t all_ended_ = 0;
    std::uint64_t sent_within_ = 0;  ///< in the counted part, whenever due
    std::uint64_t answered_within_ = 0;
    std::array<outcome, outcomes> outcomes_;  ///< 0: found; else by `condition`
    series<latency_histogram> from_due_;
    series<latency_histogram> from_send_;
    series<rough_histogram> lateness_;
    std::array<series<rough_histogram>, phases> phases_;
    std::array<rough_histogram, 3> thirds_;
    std::uint64_t throttled_ = 0;
    std::uint64_t retries_ = 0;
    connection_figures connections_;
    std::vector<second_figures> seconds_;
    std::vector<open_second> open_;
};

}  // namespace getty::connect::load
