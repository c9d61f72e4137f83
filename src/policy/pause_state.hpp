// What an answer that asks for fewer requests means for everybody.
#pragma once

#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace getty::connect::policy {

/// How the last answers went, the newest 20 of them.
class recent_answers {
public:
    void add(bool good) noexcept {
        constexpr std::uint32_t all = (1U << size) - 1;
        goods_ = ((goods_ << 1) | (good ? 1U : 0U)) & all;
        if (count_ < size) ++count_;
    }
    /// Whoever fails now fails by itself: four of five are answered well, and at least four were.
    [[nodiscard]] bool mostly_good() const noexcept {
        return good() >= least && good() * least_of >= count_ * least;
    }
    /// Some are answered well, and more than a few are not.
    [[nodiscard]] bool mixed() const noexcept { return good() > 0 && !mostly_good(); }

private:
    static constexpr unsigned size = 20;
    static constexpr unsigned least = 4;     // of
    static constexpr unsigned least_of = 5;  // answers

    [[nodiscard]] unsigned good() const noexcept { return static_cast<unsigned>(__builtin_popcount(goods_)); }

    std::uint32_t goods_ = 0;  // the newest is bit 0
    unsigned count_ = 0;
};

/// Turns answers that ask for fewer requests into pauses of the whole client.
///
/// Vocabulary: an answer *belongs* to the last pause when its request had left before that began: it tells
/// nothing new, but for a longer wait. Pauses are *in a row* while no request that left after them is
/// answered well: their lengths add up, and where the service names no time, each is twice as long as the one
/// before (a half to all of 200 ms, 400 ms, ... 30 s, at random).
///
/// Whether a service refuses one request or everybody shows when another is the first to leave after the
/// pause: whoever met the answer lets somebody else go first (`later_answers`).
///
/// Not safe for concurrent calls.
class pause_state {
public:
    struct verdict {
        core::time_point until;  ///< nothing leaves before
        bool begins = false;     ///< a pause that was not known
        /// Others have been answered well, also since the last pause: it is a failure of its own request.
        bool own = false;
        /// The pause, or those in a row, are longer than is allowed; `until` is cut to that.
        bool beyond = false;
        /// How long each step of the way back to the full rate takes: 50 ms to 1 s, by the share of answers
        /// that asked for fewer requests.
        core::duration ramp_step{};
    };

    static constexpr core::duration shortest = std::chrono::milliseconds(200);
    static constexpr core::duration cap = std::chrono::seconds(30);

    /// `longest`: of a pause, and of those in a row together.
    explicit pause_state(core::duration longest) noexcept : longest_(longest) {}

    void answered_well(core::time_point sent) noexcept {
        recent_.add(true);
        ++good_;
        if (belongs(sent)) return;
        ++later_answers_;
        in_row_ = 0;
        row_length_ = core::duration::zero();
    }
    /// Answers to requests that had left after the last pause began: it changes with the first of them.
    [[nodiscard]] std::uint64_t later_answers() const noexcept { return later_answers_; }
    /// The service failed for want of capacity, or so it seems, without asking for a pause.
    void answered_badly() noexcept { recent_.add(false); }

    /// An answer asked for fewer requests, and for a wait of `asked` if it named one; its request left at
    /// `sent`. `random` in [0, 1).
    [[nodiscard]] verdict throttled(core::time_point sent, std::optional<core::duration> asked,
                                    core::time_point now, double random) noexcept;

    [[nodiscard]] const recent_answers& recent() const noexcept { return recent_; }
    [[nodiscard]] core::duration longest() const noexcept { return longest_; }

private:
    [[nodiscard]] core::duration ramp_step() const noexcept;
    [[nodiscard]] bool belongs(core::time_point sent) const noexcept {
        return began_ != core::time_point::min() && sent <= began_;
    }

    core::duration longest_;
    recent_answers recent_;
    core::time_point began_ = core::time_point::min();
    core::time_point until_ = core::time_point::min();
    unsigned in_row_ = 0;
    std::uint64_t later_answers_ = 0;
    core::duration row_length_{0};
    // Since the last pause began:
    std::uint64_t good_ = 0;
    std::uint64_t throttled_ = 0;
};

}  // namespace getty::connect::policy
