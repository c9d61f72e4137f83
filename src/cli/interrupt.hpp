// Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.
#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace getty::connect::cli {

/// Watches for both signals until `stop()`. One thread; must live until the executor has run out of work.
class interrupt {
public:
    /// `first` is called once, on the executor.
    interrupt(boost::asio::any_io_executor executor, console& tell, std::function<void()> first);

    void stop();
    [[nodiscard]] bool happened() const noexcept { return signal_ != 0; }
    /// 128 + the number of the signal that came.
    [[nodiscard]] exit_code code() const noexcept { return static_cast<exit_code>(128 + signal_); }

private:
    void wait();

    boost::asio::signal_set signals_;
    console& console_;
    std::function<void()> first_;
    int signal_ = 0;
};

}  // namespace getty::connect::cli
