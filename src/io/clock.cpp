// The one place that reads the machine's clocks.
#include "io/loop.hpp"

#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <utility>

namespace getty::connect::io {
namespace {

class real_loop final : public loop {
public:
    explicit real_loop(executor ex) : loop(ex), timer_(std::in_place, ex) {}

    [[nodiscard]] core::time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] std::chrono::sys_seconds wall_clock() const noexcept override {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

private:
    void arm(core::time_point when) override {
        if (!timer_) return;
        timer_->expires_at(when);
        // weak: a pending timer must not keep a client alive that nobody uses any more
        timer_->async_wait([self = weak_from_this()](const boost::system::error_code& ec) {
            if (ec) return;
            if (const auto l = std::static_pointer_cast<real_loop>(self.lock())) l->elapsed();
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

std::shared_ptr<loop> make_loop(executor ex) {
    auto made = std::make_shared<real_loop>(std::move(ex));
    follow_context(made);
    return made;
}

}  // namespace getty::connect::io
