#include "policy/window.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace getty::connect::policy {
namespace {

constexpr double fall = 0.85;
constexpr double probe = 0.7;
constexpr double overload = 0.7;
constexpr double growth = 1.125;
constexpr std::size_t smallest_round = 8;
constexpr unsigned rounds_between_probes = 32;

}  // namespace

window::window(std::size_t limit, std::size_t max, bool adaptive) noexcept
    : limit_(limit), previous_(limit), max_(max), adaptive_(adaptive) {}

window window::fixed(std::size_t limit) noexcept {
    const std::size_t n = std::max<std::size_t>(limit, 1);
    return {n, n, false};
}

window window::adaptive(std::size_t initial, std::size_t max) noexcept {
    const std::size_t top = std::max<std::size_t>(max, 1);
    return {std::clamp<std::size_t>(initial, 1, top), top, true};
}

void window::finished(core::duration latency, bool overloaded, std::size_t in_flight_at_start) noexcept {
    if (!adaptive_) return;
    ++samples_;
    if (settling_) {
        if (samples_ >= previous_) {
            settling_ = false;
            begin_round();
        }
        return;
    }
    if (overloaded) {
        in_trial_ = false;
        doubling_ = false;
        change(overload);
        return;
    }
    latency_sum_ += static_cast<double>(std::max(latency, core::duration{1}).count());
    in_flight_sum_ += static_cast<double>(in_flight_at_start);
    if (in_flight_at_start >= limit_) ++at_limit_;
    const std::size_t round = std::max(limit_, smallest_round);
    if (samples_ >= (in_trial_ ? 2 * round : round)) judge();
}

void window::judge() noexcept {
    const double n = static_cast<double>(samples_);
    const double latency = latency_sum_ / n;
    const double in_flight = in_flight_sum_ / n;
    const bool limit_reached = 2 * at_limit_ >= samples_;
    if (best_ == 0 || latency < best_) best_ = latency;
    if (in_trial_ && end_trial(latency, in_flight)) return;

    const double queue = in_flight * (1 - best_ / latency);
    if (queue > std::max(2.0, 0.2 * in_flight)) {
        begin_trial(fall, latency, in_flight);
    } else if (limit_reached && limit_ < max_ && queue < std::max(1.0, 0.1 * in_flight)) {
        in_trial_ = probing_ = false;
        change(doubling_ ? 2 : growth);
    } else if (limit_reached && ++steady_ >= rounds_between_probes) {
        probing_ = true;
        begin_trial(probe, latency, in_flight);
    } else {
        begin_round();
    }
}

void window::begin_trial(double factor, double latency, double in_flight) noexcept {
    doubling_ = false;
    if (!in_trial_) {
        in_trial_ = true;
        trial_latency_ = latency;
        trial_in_flight_ = in_flight;
        trial_limit_ = limit_;
    }
    change(factor);
}

bool window::end_trial(double latency, double in_flight) noexcept {
    const double share = in_flight / trial_in_flight_;
    if (share > 0.95) return false;  // fewer lookups than the limit allows: the fall had no effect yet
    in_trial_ = false;
    const bool was_probe = std::exchange(probing_, false);
    const bool followed = latency <= trial_latency_ * (1 - (1 - share) / 2);
    if (!followed) best_ = latency;
    if (followed && !was_probe) return false;
    change(static_cast<double>(trial_limit_) / static_cast<double>(limit_));
    return true;
}

void window::change(double factor) noexcept {
    previous_ = limit_;
    const auto exact = std::round(static_cast<double>(limit_) * factor);
    auto next = static_cast<std::size_t>(std::clamp(exact, 1.0, static_cast<double>(max_)));
    if (next == limit_ && factor > 1) next = std::min(limit_ + 1, max_);
    if (next == limit_ && factor < 1) next = std::max<std::size_t>(limit_ - 1, 1);
    limit_ = next;
    steady_ = 0;
    settling_ = limit_ != previous_;
    begin_round();
}

void window::begin_round() noexcept {
    samples_ = 0;
    at_limit_ = 0;
    latency_sum_ = 0;
    in_flight_sum_ = 0;
}

}  // namespace getty::connect::policy
