// What all coroutines of one client (one shard of it) share: an executor, the time, and a list of who is
// waiting.
#pragma once

#include "async/task.hpp"
#include "core/deadline_queue.hpp"
#include "core/time.hpp"

#include <atomic>
#include <chrono>
#include <memory>

namespace getty::connect::async {

class event;

/// What holds a part of the execution context itself, such as a timer or a descriptor that Asio watches.
class context_part {
protected:
    context_part() = default;
    context_part(const context_part&) = delete;
    context_part& operator=(const context_part&) = delete;
    ~context_part() = default;

private:
    friend class scheduler;
    /// The execution context goes: lets go of what belongs to it. Objects of Asio's must not outlive it.
    virtual void context_ends() noexcept = 0;
    /// This is the child after a fork, and nothing runs on the execution context at present.
    virtual void forked() noexcept = 0;
    /// Something has come that nobody has been told of yet.
    [[nodiscard]] virtual bool has_news() noexcept { return false; }

    context_part* next_ = nullptr;
    context_part* previous_ = nullptr;
};

/// The executor of one client with the deadlines and the parked coroutines on it.
///
/// Invariants: every parked coroutine is in the list of its scheduler, so that the coroutines go with the
/// execution context when that is destroyed: they own the client's parts, which own the places they are
/// parked at, and nothing else would break that circle. After `ended()`, nothing here refers to the
/// execution context any more: a client may outlive it. Used on its executor only, but for the constructor
/// and `ended`. After a gap, as when the machine was suspended, what has come meanwhile is dealt with before
/// the deadlines that have passed.
class scheduler : public std::enable_shared_from_this<scheduler> {
public:
    virtual ~scheduler();
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    /// Precondition for all that uses it: not `ended()`.
    [[nodiscard]] const executor& get_executor() const noexcept { return executor_; }
    /// The execution context is gone, or about to go: nothing will run any more.
    [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }
    [[nodiscard]] virtual core::time_point now() const noexcept = 0;
    /// Wall clock, for dates that a service sends.
    [[nodiscard]] virtual std::chrono::sys_seconds wall_clock() const noexcept = 0;

    void set_deadline(core::deadline_queue::entry& e, core::time_point when) {
        deadlines_.set(e, when);
        if (when < armed_for_) {
            armed_for_ = when;
            arm(when);
        }
    }
    void remove_deadline(core::deadline_queue::entry& e) noexcept { deadlines_.remove(e); }
    [[nodiscard]] std::size_t pending_deadlines() const noexcept { return deadlines_.size(); }
    [[nodiscard]] std::size_t parked() const noexcept { return parked_count_; }

    /// Nothing is left to wait for: takes back the timer, so that the execution context can run out of work.
    void quiet() noexcept {
        armed_for_ = core::never;
        turns_ = 0;
        disarm();
    }

    /// Until `disown`, `part` is told of what becomes of the execution context. Disowning one that was not
    /// adopted has no effect.
    void adopt(context_part& part) noexcept;
    void disown(context_part& part) noexcept;

    /// Destroys every parked coroutine.
    void abandon() noexcept;
    /// The execution context is about to go: abandons everything and lets go of it.
    void context_ends() noexcept;
    /// This process is a child of the one that has run the scheduler so far.
    void forked() noexcept;

protected:
    explicit scheduler(executor ex);

    /// Calls `elapsed()` at `when`, in place of an earlier wish.
    virtual void arm(core::time_point when) = 0;
    virtual void disarm() noexcept = 0;
    /// Destroys what is of the execution context; `arm` has no effect from now on.
    virtual void let_go() noexcept = 0;
    /// The armed time has come, or may have.
    void elapsed() noexcept;

private:
    friend class event;

    // Longer than a busy loop is late, shorter than any deadline that somebody would miss.
    static constexpr std::chrono::milliseconds gap{100};
    static constexpr int max_turns = 256;

    [[nodiscard]] bool must_catch_up() noexcept;

    executor executor_;
    std::atomic<bool> ended_{false};
    context_part* first_part_ = nullptr;
    core::deadline_queue deadlines_;
    core::time_point armed_for_ = core::never;
    int turns_ = 0;  // that the deadlines have waited since a gap
    event* first_parked_ = nullptr;
    std::size_t parked_count_ = 0;
};

/// A scheduler on the machine's clocks that follows the execution context behind `ex`.
[[nodiscard]] std::shared_ptr<scheduler> make_scheduler(executor ex);

/// Has `l` told when its execution context shuts down or forks; `make_scheduler` has done so.
void follow_context(const std::shared_ptr<scheduler>& l);

}  // namespace getty::connect::async
