#include "async/cancel_scope.hpp"

#include "async/event.hpp"

namespace getty::connect::async {

void cancel_scope::stop(state why) noexcept {
    if (state_ == state::canceled || state_ == why) return;
    state_ = why;
    if (parked_) parked_->wake();
}

}  // namespace getty::connect::async
