// The owner of spawned coroutines.
#pragma once

#include "async/event.hpp"
#include "async/task.hpp"

#include <cstddef>
#include <memory>

namespace getty::connect::async {

/// Counts coroutines from their start to their end, so that somebody can wait for the last one.
///
/// A coroutine that throws breaks a promise of this library: the exception leaves through the `run()` of the
/// execution context. Used on one executor.
class task_group {
public:
    explicit task_group(scheduler& on) : scheduler_(on), ended_(on) {}
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    /// Starts `work` on the scheduler's executor, not within this call. `keep` lives until it has ended.
    void spawn(task<void> work, std::shared_ptr<void> keep);
    /// Completes when nothing runs or when `scope` stops; one caller at a time.
    task<void> join(cancel_scope& scope);

private:
    scheduler& scheduler_;
    event ended_;
    std::size_t running_ = 0;
};

}  // namespace getty::connect::async
