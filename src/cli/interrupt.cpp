#include "cli/interrupt.hpp"

#include <csignal>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {

interrupt::interrupt(boost::asio::any_io_executor executor, console& tell, std::function<void()> first)
    : signals_(std::move(executor), SIGINT, SIGTERM), console_(tell), first_(std::move(first)) {
    wait();
}

void interrupt::stop() {
    boost::system::error_code ignored;
    signals_.cancel(ignored);
}

void interrupt::wait() {
    signals_.async_wait([this](const boost::system::error_code& failed, int number) {
        if (failed) return;
        if (happened()) {
            console_.clear_status();
            ::_exit(128 + number);
        }
        signal_ = number;
        first_();
        wait();
    });
}

}  // namespace getty::connect::cli
