#include "policy/token_state.hpp"

#include "policy/backoff.hpp"

#include <algorithm>
#include <cassert>

namespace getty::connect::policy {

token_state::token_state(const token_limits& limits) noexcept : limits_(limits) {
    limits_.slack_max = std::max(limits_.slack_max, core::duration::zero());
    limits_.slack_fraction = std::clamp(limits_.slack_fraction, 0.0, 1.0);
}

token_state::verdict token_state::acquire(core::time_point now) const noexcept {
    const bool may_fly = !flying_ && !refused_ && now >= not_before_;
    if (valid(now)) return now >= refresh_at_ && may_fly ? verdict::use_and_refresh : verdict::use;
    if (flying_) return verdict::wait;
    return may_fly ? verdict::wait_and_refresh : verdict::fail;
}

void token_state::begin(core::time_point now) noexcept {
    assert(!flying_ && !refused_);
    flying_ = true;
    started_ = now;
}

void token_state::issued(core::time_point now, std::optional<core::duration> lifetime) noexcept {
    assert(flying_);
    flying_ = false;
    ++generation_;
    held_ = true;
    failures_ = 0;
    not_before_ = long_ago;
    expires_at_ =
        core::later(started_, std::max(lifetime.value_or(limits_.default_lifetime), core::duration::zero()));
    // Of the life that is left, not of the whole: after a slow flight the token must not be due at once.
    const core::duration left = std::max(expires_at_ - now, core::duration::zero());
    const double share = limits_.slack_fraction * static_cast<double>(left.count());
    const bool capped = share >= static_cast<double>(limits_.slack_max.count());
    refresh_at_ =
        expires_at_ - (capped ? limits_.slack_max : core::duration(static_cast<core::duration::rep>(share)));
}

void token_state::failed(core::time_point now, bool credentials_rejected, double random) noexcept {
    assert(flying_);
    flying_ = false;
    if (credentials_rejected) {
        refused_ = true;
        return;
    }
    if (!valid(now)) {
        not_before_ = core::later(now, limits_.negative_cache);
        return;
    }
    ++failures_;
    const core::duration ceiling = backoff_ceiling(limits_.min_backoff, limits_.max_backoff, failures_);
    const core::duration spread = std::max(ceiling - limits_.min_backoff, core::duration::zero());
    const auto extra = static_cast<core::duration::rep>(random * static_cast<double>(spread.count()));
    // Once the token has expired, whoever needs one may try at once.
    not_before_ = std::min(core::later(now, limits_.min_backoff + core::duration(extra)), expires_at_);
}

void token_state::abandoned() noexcept { flying_ = false; }

token_state::rejection token_state::rejected(generation_number used, core::time_point now) noexcept {
    assert(used <= generation_);
    if (used != generation_) return rejection::retry_with_current;
    if (held_) {
        const bool fresh_one_refused =
            !accepted_ && dropped_at_ && now < core::later(*dropped_at_, limits_.min_backoff);
        if (fresh_one_refused) return rejection::give_up;
        drop();
        accepted_ = false;
        dropped_at_ = now;
        not_before_ = long_ago;
    }
    return refused_ && !flying_ ? rejection::give_up : rejection::refresh;
}

void token_state::accepted(generation_number used) noexcept {
    if (used == generation_ && held_) accepted_ = true;
}

bool token_state::brought(generation_number before) const noexcept { return held_ && generation_ > before; }

void token_state::drop() noexcept {
    held_ = false;
    expires_at_ = long_ago;
    refresh_at_ = long_ago;
}

}  // namespace getty::connect::policy
