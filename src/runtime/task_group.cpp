#include "runtime/task_group.hpp"

#include "io/spawn.hpp"

#include <exception>
#include <utility>

namespace getty::connect::runtime {

void task_group::spawn(io::task<void> work, std::shared_ptr<void> keep) {
    if (loop_.ended()) return;  // `work` goes with what it owns
    auto ended = [this, keep = std::move(keep)](const std::exception_ptr& thrown) {
        --running_;
        if (running_ == 0) ended_.wake();
        if (thrown) std::rethrow_exception(thrown);
    };
    io::spawn(loop_.get_executor(), std::move(work), std::move(ended));
    ++running_;  // not before: there may be no memory to start it
}

io::task<void> task_group::join(io::operation& op) {
    while (running_ > 0 && !op.stopped()) {
        co_await ended_.wait(op);
    }
}

}  // namespace getty::connect::runtime
