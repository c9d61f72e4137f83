#include "async/alarm.hpp"

namespace getty::connect::async {

task<void> wait_until(scheduler& on, core::time_point when, cancel_scope& scope) {
    event over(on);
    alarm bell(on, over);
    bell.set(when);
    while (!bell.rang() && !scope.stopped()) {
        co_await over.wait(scope);
    }
}

}  // namespace getty::connect::async
