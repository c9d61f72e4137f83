#include "cli/interrupt.hpp"

#include "cli/process_setup.hpp"

#include <csignal>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {

interrupt::interrupt(boost::asio::any_io_executor executor, console& tell, std::function<void()> first,
                     std::function<void()> second)
    : signals_(std::move(executor), SIGINT, SIGTERM),
      console_(tell),
      first_(std::move(first)),
      second_(std::move(second)) {
    if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);
    wait();
}

void interrupt::stop() {
    boost::system::error_code ignored;
    signals_.cancel(ignored);
}

std::string_view interrupt::name() const noexcept {
    if (signal_ == SIGINT) return "SIGINT";
    return signal_ == SIGTERM ? "SIGTERM" : "SIGHUP";
}

void interrupt::wait() {
    signals_.async_wait([this](const boost::system::error_code& failed, int number) {
        if (failed) return;
        const bool is_second = happened();
        signal_ = number;
        if (is_second) end_at_once();
        first_();
        wait();
    });
}

void interrupt::end_at_once() {
    boost::system::error_code ignored;
    signals_.clear(ignored);
    console_.clear_status();
    if (second_) second_();
    ::_exit(static_cast<int>(code()));
}

}  // namespace getty::connect::cli
