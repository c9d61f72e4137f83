#include "async/task_group.hpp"

#include "async/spawn.hpp"

#include <exception>
#include <utility>

namespace getty::connect::async {

void task_group::spawn(task<void> work, std::shared_ptr<void> keep) {
    if (scheduler_.ended()) return;  // `work` goes with what it owns
    auto ended = [this, keep = std::move(keep)](const std::exception_ptr& thrown) {
        --running_;
        if (running_ == 0) ended_.wake();
        if (thrown) std::rethrow_exception(thrown);
    };
    async::spawn(scheduler_.get_executor(), std::move(work), std::move(ended));
    ++running_;  // not before: there may be no memory to start it
}

task<void> task_group::join(cancel_scope& scope) {
    while (running_ > 0 && !scope.stopped()) {
        co_await ended_.wait(scope);
    }
}

}  // namespace getty::connect::async
