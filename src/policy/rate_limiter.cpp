#include "policy/rate_limiter.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <ratio>

namespace getty::connect::policy {
namespace {

static_assert(std::ratio_equal_v<core::duration::period, std::nano>, "times are kept in nanoseconds");

constexpr std::int64_t second = 1'000'000'000;
/// Some 36 years: far beyond any use, far from the end of the clock.
constexpr std::int64_t longest = std::int64_t{1} << 60;

/// What takes `ns` at the rate of a ramp's third step, in its step `i`: each is twice as fast as the one
/// before.
std::int64_t rate_step(std::int64_t ns, int i) noexcept { return i < 2 ? ns << (2 - i) : ns >> (i - 2); }
/// The reverse.
std::int64_t of_step(std::int64_t ns, int i) noexcept { return i < 2 ? ns >> (2 - i) : ns << (i - 2); }

std::int64_t nanoseconds(core::time_point t) noexcept { return t.time_since_epoch().count(); }
core::time_point at(std::int64_t ns) noexcept { return core::time_point(core::duration(ns)); }

}  // namespace

rate_limiter::rate_limiter(double per_second, std::uint32_t burst) noexcept {
    // written so that NaN becomes the smallest rate
    const double rate = per_second > 1e-6 ? std::min(per_second, 1e9) : 1e-6;
    const long double period = static_cast<long double>(second) / static_cast<long double>(rate);
    const long double whole = std::floor(period);
    period_ns_ = static_cast<std::int64_t>(whole);
    period_fraction_ = static_cast<std::uint32_t>(std::ldexp(period - whole, 32));

    const std::int64_t saved = std::clamp<std::int64_t>(burst, 1, std::int64_t{1} << 31) - 1;
    if (static_cast<double>(saved) * static_cast<double>(period_ns_ + 1) >= static_cast<double>(longest)) {
        tolerance_ns_ = longest;
    } else {
        tolerance_ns_ = saved * period_ns_ + ((saved * static_cast<std::int64_t>(period_fraction_)) >> 32);
    }
    next_.ns = nanoseconds(core::time_point::min());
    ramp_period_ns_ = period_ns_;
}

rate_limiter rate_limiter::unlimited() noexcept {
    rate_limiter made(1e9, std::numeric_limits<std::uint32_t>::max());
    made.unlimited_ = true;
    return made;
}

void rate_limiter::second_counter::count(core::time_point now) noexcept {
    const bool first = began_ == core::time_point::min();
    const std::int64_t age = first ? 0 : (now - began_).count();
    if (first || age >= second) {
        before_ = age < 2 * second ? this_ : 0;
        this_ = 0;
        began_ = now;
    }
    ++this_;
}

rate_limiter::permit rate_limiter::admit(core::time_point now) noexcept {
    if (unlimited_) asked_.count(now);
    if (next_.ns < nanoseconds(now)) next_ = {nanoseconds(now), 0};
    const permit p{at(next_.ns - tolerance_ns_), epoch_};
    next_ = after_next(next_);
    return p;
}

core::time_point rate_limiter::next(core::time_point now) const noexcept {
    return at(std::max(next_.ns, nanoseconds(now)) - tolerance_ns_);
}

void rate_limiter::give_back(const permit& p) noexcept {
    if (!holds(p)) return;
    next_.ns -= period_ns_ + (next_.fraction < period_fraction_ ? 1 : 0);
    next_.fraction -= period_fraction_;
}

void rate_limiter::pause_until(core::time_point end, core::duration step) noexcept {
    if (end <= resume_) return;
    resume_ = end;
    ++epoch_;
    step_ns_ = std::clamp<std::int64_t>(step.count(), 1, second);
    steps_ = 2;
    if (unlimited_) {
        // Where nothing was answered well, what was asked for is all there is to go by.
        // In a pause during a ramp, the ramp has kept the rate low: not everything is to be learnt anew.
        base_ = std::max<std::int64_t>({well_.most(), base_ / 2, asked_.most() / 4, 1});
        ramp_period_ns_ = second / base_;
        const std::int64_t full = second / std::max<std::int64_t>(asked_.most(), 1);
        while (steps_ < 40 && rate_step(ramp_period_ns_, steps_) > full) ++steps_;
    }
    // One permit at the end of the pause, the next after a period: nothing is saved up over a pause.
    next_ = {std::min(nanoseconds(end), longest) + tolerance_ns_, 0};
}

rate_limiter::fixed_time rate_limiter::after_next(fixed_time from) const noexcept {
    const std::int64_t due = from.ns - tolerance_ns_;
    const std::int64_t resume = std::min(nanoseconds(resume_), longest);
    if (due >= resume + steps_ * step_ns_) {
        const std::uint32_t fraction = from.fraction + period_fraction_;
        const std::int64_t carry = fraction < period_fraction_ ? 1 : 0;
        return {from.ns + period_ns_ + carry, fraction};
    }
    // A period may span several steps. What is left of it is counted at the rate of the third one.
    std::int64_t then = due;
    std::int64_t left = ramp_period_ns_;
    for (int i = 0; i < steps_ && left > 0; ++i) {
        const std::int64_t end = resume + (i + 1) * step_ns_;
        if (then >= end) continue;
        const std::int64_t whole = rate_step(left, i);
        if (whole <= end - then) {
            then += whole;
            left = 0;
        } else {
            left -= std::max<std::int64_t>(of_step(end - then, i), 1);
            then = end;
        }
    }
    return {from.ns + (then + std::max<std::int64_t>(left, 0) - due), from.fraction};
}

}  // namespace getty::connect::policy
