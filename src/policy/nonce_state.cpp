#include "policy/nonce_state.hpp"

#include <algorithm>
#include <cassert>

namespace getty::connect::policy {

nonce_state::nonce_state(order counts, std::uint32_t max_count) noexcept
    : order_(counts), max_count_(std::max<std::uint32_t>(max_count, 1)) {}

nonce_state::verdict nonce_state::acquire() noexcept {
    switch (state_) {
        case state::unknown:
            state_ = state::probing;
            return verdict::probe;
        case state::probing:
            return verdict::wait;
        case state::known:
            if (turn_taken_) return verdict::wait;
            turn_taken_ = order_ == order::strict;
            break;
        case state::open:
            return verdict::send_plain;
    }
    return verdict::use;
}

std::uint32_t nonce_state::next_count() noexcept {
    if (state_ != state::known) return 0;
    if (count_ == max_count_) {
        state_ = state::unknown;
        return 0;
    }
    return ++count_;
}

nonce_state::answer nonce_state::challenged(generation_number used, bool stale) noexcept {
    assert(used <= generation_);
    const bool wrong = used != 0 && !stale;
    if (wrong && used == refused_) return answer::refused;
    if (state_ == state::known && used != generation_) return answer::retry_with_current;
    if (wrong) refused_ = used;
    adopt();
    return wrong ? answer::refused : answer::adopt;
}

void nonce_state::adopted_next_nonce() noexcept { adopt(); }

void nonce_state::probe_failed() noexcept {
    if (state_ == state::probing) state_ = state::unknown;
}

void nonce_state::probe_answered_without_challenge() noexcept {
    if (state_ == state::probing) state_ = state::open;
}

void nonce_state::adopt() noexcept {
    state_ = state::known;
    count_ = 0;
    ++generation_;
}

}  // namespace getty::connect::policy
