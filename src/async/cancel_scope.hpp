// The life of one piece of work: until when it may take, and whether it was cancelled.
#pragma once

#include "async/scheduler.hpp"
#include "core/deadline_queue.hpp"

#include <getty/connect/error.hpp>

namespace getty::connect::async {

class event;

/// The life of one piece of work: until when it may take, and whether it was cancelled.
///
/// Vocabulary: a scope *stops* by `cancel()` or because its deadline passed; it is *parked* while its
/// coroutine waits for an `event`. State is truth, a wake-up is a hint: after every wait the coroutine looks
/// at what it waited for first, then at `stopped()`. Used on the scheduler's executor only.
class cancel_scope final : private core::deadline_queue::entry {
public:
    enum class state { running, expired, canceled };

    explicit cancel_scope(scheduler& on) noexcept : scheduler_(on) {}
    ~cancel_scope() { scheduler_.remove_deadline(*this); }

    /// Sets the deadline, in place of an earlier one; `core::never` takes it away. A scope whose deadline
    /// had passed runs again; one that was cancelled does not.
    void expires_at(core::time_point when) {
        if (state_ == state::expired) state_ = state::running;
        scheduler_.set_deadline(*this, when);
    }
    void cancel() noexcept { stop(state::canceled); }
    /// Lets go of the scheduler: afterwards it may be destroyed on any thread. (`expires_at(never)` keeps its
    /// place among the deadlines for the next one.)
    void retire() noexcept { scheduler_.remove_deadline(*this); }

    [[nodiscard]] state status() const noexcept { return state_; }
    [[nodiscard]] bool stopped() const noexcept { return state_ != state::running; }
    /// What to tell of a scope that stopped: `canceled`, or what its deadline stands for.
    [[nodiscard]] errc reason(errc if_expired) const noexcept {
        return state_ == state::canceled ? errc::canceled : if_expired;
    }

private:
    friend class event;
    void due() noexcept override { stop(state::expired); }
    void stop(state why) noexcept;

    scheduler& scheduler_;
    event* parked_ = nullptr;
    state state_ = state::running;
};

}  // namespace getty::connect::async
