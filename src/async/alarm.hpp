// Waking at a given time.
#pragma once

#include "async/event.hpp"
#include "async/scheduler.hpp"
#include "async/task.hpp"
#include "core/deadline_queue.hpp"

namespace getty::connect::async {

/// Wakes an event at a given time, for a wait that has something to do before its scope ends.
class alarm final : private core::deadline_queue::entry {
public:
    alarm(scheduler& on, event& at) noexcept : scheduler_(on), at_(at) {}
    ~alarm() { scheduler_.remove_deadline(*this); }

    void set(core::time_point when) {
        rang_ = false;
        scheduler_.set_deadline(*this, when);
    }
    [[nodiscard]] bool rang() const noexcept { return rang_; }

private:
    void due() noexcept override {
        rang_ = true;
        at_.wake();
    }

    scheduler& scheduler_;
    event& at_;
    bool rang_ = false;
};

/// Completes at `when`, or when `scope` stops.
task<void> wait_until(scheduler& on, core::time_point when, cancel_scope& scope);

}  // namespace getty::connect::async
