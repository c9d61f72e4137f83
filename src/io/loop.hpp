// What all coroutines of one client (one shard of it) share: an executor, the time, and a list of who is
// waiting.
#pragma once

#include "core/deadline_queue.hpp"
#include "core/time.hpp"
#include "io/task.hpp"

#include <chrono>
#include <memory>

namespace getty::connect::io {

class wait_point;

/// The executor of one client with the deadlines and the parked coroutines on it.
///
/// Invariant: every parked coroutine is in the list of its loop, so that the coroutines go with the execution
/// context when that is destroyed: they own the client's parts, which own the places they are parked at, and
/// nothing else would break that circle. Used on its executor only, but for the constructor.
class loop : public std::enable_shared_from_this<loop> {
public:
    virtual ~loop();
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    [[nodiscard]] const executor& get_executor() const noexcept { return executor_; }
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
        disarm();
    }

    /// Destroys every parked coroutine.
    void abandon() noexcept;

protected:
    explicit loop(executor ex);

    /// Calls `elapsed()` at `when`, in place of an earlier wish.
    virtual void arm(core::time_point when) = 0;
    virtual void disarm() noexcept = 0;
    /// The armed time has come, or may have.
    void elapsed() noexcept;

private:
    friend class wait_point;

    executor executor_;
    core::deadline_queue deadlines_;
    core::time_point armed_for_ = core::never;
    wait_point* first_parked_ = nullptr;
    std::size_t parked_count_ = 0;
};

/// A loop on real clocks. It is abandoned when the execution context behind `ex` shuts down.
[[nodiscard]] std::shared_ptr<loop> make_loop(executor ex);

/// Has `l` abandoned when its execution context shuts down; `make_loop` has done so.
void abandon_at_shutdown(const std::shared_ptr<loop>& l);

}  // namespace getty::connect::io
