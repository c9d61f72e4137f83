#include "io/loop.hpp"

#include "io/operation.hpp"

#include <boost/asio/execution_context.hpp>

#include <algorithm>
#include <mutex>
#include <vector>

namespace getty::connect::io {
namespace {

/// One per execution context; knows the loops on it.
class loop_registry final : public asio::execution_context::service {
public:
    using key_type = loop_registry;
    inline static asio::execution_context::id id;

    explicit loop_registry(asio::execution_context& context) : service(context) {}

    void add(const std::shared_ptr<loop>& l) {
        const std::lock_guard lock(mutex_);
        std::erase_if(loops_, [](const std::weak_ptr<loop>& other) { return other.expired(); });
        loops_.push_back(l);
    }

private:
    void shutdown() noexcept override {
        for (const std::weak_ptr<loop>& weak : loops_) {
            if (const std::shared_ptr<loop> l = weak.lock()) l->abandon();
        }
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<loop>> loops_;
};

}  // namespace

loop::loop(executor ex) : executor_(std::move(ex)) {}
loop::~loop() = default;

void loop::elapsed() noexcept {
    armed_for_ = core::never;
    deadlines_.run(now());
    // A timer is not taken back when an entry leaves: the early wake-up costs less than re-arming each time.
    if (deadlines_.next() < armed_for_) {
        armed_for_ = deadlines_.next();
        arm(armed_for_);
    }
}

void loop::abandon() noexcept {
    while (first_parked_) first_parked_->take(wait_point::what::destroy);
}

void abandon_at_shutdown(const std::shared_ptr<loop>& l) {
    asio::execution_context& context = asio::query(l->get_executor(), asio::execution::context);
    asio::use_service<loop_registry>(context).add(l);
}

}  // namespace getty::connect::io
