#include "policy/nonce_state.hpp"

#include <algorithm>
#include <cassert>

namespace getty::connect::policy {
namespace {

// A nonce that served so many for each request under way aged as nonces do; after as many the limit grows.
constexpr std::uint64_t patience = 4;
// Answers to requests with own nonces until sharing is tried again; each time twice as many.
constexpr std::uint64_t first_trial = 1'024;
constexpr std::uint64_t last_trial = 1'048'576;

}  // namespace

void nonce_state::place::leave() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = this;
}

void nonce_state::place::enter_before(place& other) noexcept {
    next_ = &other;
    previous_ = other.previous_;
    previous_->next_ = this;
    other.previous_ = this;
}

nonce_state::nonce_state(order counts, std::uint32_t max_count) noexcept
    : order_(counts),
      max_count_(std::max<std::uint32_t>(max_count, 1)),
      limit_(counts == order::strict ? 1 : unlimited),
      next_trial_(first_trial) {}

nonce_state::verdict nonce_state::acquire(place& who) noexcept {
    switch (state_) {
        case state::unknown:
            state_ = state::probing;
            who.leave();
            return verdict::probe;
        case state::probing:
            if (!who.in_line()) who.enter_before(line_);
            return verdict::wait;
        case state::known:
            if (!who.in_line()) who.enter_before(line_);
            if (!take_turn(who)) return verdict::wait;
            break;
        case state::open:
            who.leave();
            return verdict::send_plain;
    }
    return shared_ ? verdict::use : verdict::fetch;
}

bool nonce_state::acquire_own(place& who, bool failed_before) noexcept {
    if (!failed_before) {
        who.leave();
        ++turns_;
        return true;
    }
    // First in line: where few nonces are kept, those of others would push out this one meanwhile.
    if (!who.in_line()) who.enter_before(*line_.next_);
    return take_turn(who);
}

bool nonce_state::take_turn(place& who) noexcept {
    // Without a limit nobody is in anybody's way. A line would keep itself up: whoever comes waits for
    // whoever was woken and has not run yet.
    if (limit_ != unlimited && (turns_ >= limit_ || line_.next_ != &who)) return false;
    who.leave();
    ++turns_;
    return true;
}

std::uint32_t nonce_state::free_turns() const noexcept {
    if (state_ == state::probing) return 0;
    if (state_ != state::known) return unlimited;
    return limit_ - std::min(turns_, limit_);
}

void nonce_state::end_turn() noexcept {
    assert(turns_ > 0);
    --turns_;
    if (settling_ > 0) --settling_;
}

std::uint32_t nonce_state::next_count() noexcept {
    if (!known()) return 0;
    if (count_ == max_count_) {
        state_ = state::unknown;
        return 0;
    }
    return ++count_;
}

nonce_state::answer nonce_state::challenged(use sent, bool stale) noexcept {
    assert(sent.generation <= generation_);
    const bool wrong = sent.credentials() && !stale;
    // Its own nonce cannot have been replaced.
    const bool current = state_ != state::known || sent.generation == generation_;
    if (wrong && (sent.generation == refused_ || (sent.own && !current))) return answer::refused;
    if (stale) learn_from_stale(sent);
    if (!current || (!shared_ && state_ == state::known)) {
        return wrong && current ? answer::refused : answer::own;
    }
    if (wrong) refused_ = sent.generation;
    adopt(1);
    return wrong ? answer::refused : answer::adopt;
}

void nonce_state::accepted(use sent) noexcept {
    if (!sent.credentials() || sent.own == shared_) return;  // says nothing about what is done now
    if (shared_ && sent.generation == generation_) ++served_;
    if (!shared_ && --until_trial_ == 0) {
        shared_ = true;
        limit_ = 1;
        calm_ = 0;
        if (state_ == state::known) state_ = state::unknown;
        return;
    }
    if (++calm_ >= patience * limit_) step_up();
}

void nonce_state::learn_from_stale(use sent) noexcept {
    // Others have been told already, where many shared the nonce.
    if (!sent.own && (!shared_ || sent.generation != generation_)) return;
    calm_ = 0;
    if (settling_ > 0) return;
    const std::uint32_t at_a_time = std::min(limit_, turns_);
    const bool aged = !sent.own && served_ >= patience * at_a_time;
    const bool alone = limit_ > 1 && turns_ <= 1;
    if (!aged && !alone) step_down();
}

void nonce_state::step_down() noexcept {
    const std::uint32_t at_a_time = std::min(limit_, turns_);
    settling_ = turns_;
    if (!shared_) {
        // Nothing is left to find out but how few it takes, and each step costs everybody a round.
        limit_ = std::max(at_a_time / 4, 1U);
    } else if (at_a_time > 1) {
        limit_ = at_a_time / 2;
    } else {
        shared_ = false;
        limit_ = unlimited;
        until_trial_ = next_trial_;
        next_trial_ = std::min(2 * next_trial_, last_trial);
    }
}

void nonce_state::step_up() noexcept {
    calm_ = 0;
    if (limit_ == unlimited || (shared_ && order_ == order::strict)) return;
    limit_ += std::min(std::max(limit_ / 4, 1U), unlimited - limit_);
}

void nonce_state::adopted_next_nonce() noexcept { adopt(0); }

void nonce_state::probe_failed() noexcept {
    if (state_ == state::probing) state_ = state::unknown;
}

void nonce_state::probe_answered_without_challenge() noexcept {
    if (state_ == state::probing) state_ = state::open;
}

void nonce_state::adopt(std::uint32_t counts_taken) noexcept {
    state_ = state::known;
    count_ = counts_taken;
    served_ = 0;
    ++generation_;
}

}  // namespace getty::connect::policy
