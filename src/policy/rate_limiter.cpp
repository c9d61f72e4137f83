#include "policy/rate_limiter.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <ratio>
#include <utility>

namespace getty::connect::policy {
namespace {

static_assert(std::ratio_equal_v<core::duration::period, std::nano>, "times are kept in nanoseconds");

constexpr std::int64_t second = 1'000'000'000;
/// Some 36 years: far beyond any use, far from the end of the clock.
constexpr std::int64_t longest = std::int64_t{1} << 60;

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

void rate_limiter::count(core::time_point now) noexcept {
    const bool first = second_began_ == core::time_point::min();
    const std::int64_t age = first ? 0 : (now - second_began_).count();
    if (first || age >= second) {
        asked_before_ = age < 2 * second ? asked_ : 0;
        asked_ = 0;
        second_began_ = now;
    }
    ++asked_;
}

rate_limiter::permit rate_limiter::admit(core::time_point now) noexcept {
    if (unlimited_) count(now);
    if (next_.ns < nanoseconds(now)) next_ = {nanoseconds(now), 0};
    const permit p{at(next_.ns - tolerance_ns_), epoch_};
    next_ = after_next(next_);
    return p;
}

void rate_limiter::give_back(const permit& p) noexcept {
    if (!holds(p)) return;
    next_.ns -= period_ns_ + (next_.fraction < period_fraction_ ? 1 : 0);
    next_.fraction -= period_fraction_;
}

void rate_limiter::pause_until(core::time_point end) noexcept {
    if (end <= resume_) return;
    resume_ = end;
    ++epoch_;
    if (unlimited_) ramp_period_ns_ = second / std::max<std::int64_t>({asked_, asked_before_, 1});
    // One permit at the end of the pause, the next after a period: nothing is saved up over a pause.
    next_ = {std::min(nanoseconds(end), longest) + tolerance_ns_, 0};
}

rate_limiter::fixed_time rate_limiter::after_next(fixed_time from) const noexcept {
    const std::int64_t due = from.ns - tolerance_ns_;
    const std::int64_t resume = std::min(nanoseconds(resume_), longest);
    if (due >= resume + 2 * second) {
        const std::uint32_t fraction = from.fraction + period_fraction_;
        const std::int64_t carry = fraction < period_fraction_ ? 1 : 0;
        return {from.ns + period_ns_ + carry, fraction};
    }
    // The ramp: a quarter of the rate for one second, half of it for another. A period may span several
    // parts.
    std::int64_t then = due;
    std::int64_t left = ramp_period_ns_;
    for (const auto& [end, slower] : {std::pair{resume + second, 4}, std::pair{resume + 2 * second, 2}}) {
        if (then >= end) continue;
        const std::int64_t part = std::min(left, (end - then) / slower);
        then += part * slower;
        left -= part;
        if (left == 0) break;
        then = end;
    }
    return {from.ns + (then + left - due), from.fraction};
}

}  // namespace getty::connect::policy
