// A scheduler on the machine's clocks.
#include "async/scheduler.hpp"
#include "core/clock.hpp"

#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <utility>

namespace getty::connect::async {
namespace {

class system_scheduler final : public scheduler {
public:
    explicit system_scheduler(executor ex) : scheduler(ex), timer_(std::in_place, ex) {}

    [[nodiscard]] core::time_point now() const noexcept override { return core::steady_now(); }
    [[nodiscard]] std::chrono::sys_seconds wall_clock() const noexcept override { return core::wall_now(); }

private:
    void arm(core::time_point when) override {
        if (!timer_) return;
        timer_->expires_at(when);
        // weak: a pending timer must not keep a client alive that nobody uses any more
        timer_->async_wait([self = weak_from_this()](const boost::system::error_code& ec) {
            if (ec) return;
            if (const auto l = std::static_pointer_cast<system_scheduler>(self.lock())) l->elapsed();
        });
    }
    void disarm() noexcept override {
        if (timer_) timer_->cancel();
    }
    void let_go() noexcept override { timer_.reset(); }

    using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>, executor>;
    std::optional<timer> timer_;
};

}  // namespace

std::shared_ptr<scheduler> make_scheduler(executor ex) {
    auto made = std::make_shared<system_scheduler>(std::move(ex));
    follow_context(made);
    return made;
}

}  // namespace getty::connect::async
