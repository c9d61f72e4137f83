// Ctrl-C, SIGTERM and SIGHUP: the first asks for an orderly end, the second ends at once.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/report/console.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <string_view>

namespace getty::connect::cli {

/// Watches for these signals until `stop()`; a SIGHUP that was ignored at the start stays ignored. One
/// thread; must live until the executor has run out of work.
class interrupt {
public:
    /// `first` is called once, on the executor. `second` is called at the second signal, before the process
    /// ends with `code()`; from then on a further signal ends it without being asked.
    interrupt(boost::asio::any_io_executor executor, console& tell, std::function<void()> first,
              std::function<void()> second = {});

    void stop();
    [[nodiscard]] bool happened() const noexcept { return signal_ != 0; }
    /// 128 + the number of the signal that came last.
    [[nodiscard]] exit_code code() const noexcept { return static_cast<exit_code>(128 + signal_); }
    /// "SIGINT".
    [[nodiscard]] std::string_view name() const noexcept;

private:
    void wait();
    void end_at_once();

    boost::asio::signal_set signals_;
    console& console_;
    std::function<void()> first_;
    std::function<void()> second_;
    int signal_ = 0;
};

}  // namespace getty::connect::cli
