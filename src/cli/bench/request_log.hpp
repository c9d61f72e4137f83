// A line for each request of a measurement.
#pragma once

#include "cli/lines/files.hpp"
#include "core/time.hpp"
#include "load/step_recorder.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace getty::connect::cli {

/// Lines such as {"step":0,"part":"counted","id":"1","due_us":12.3,"sent_us":13.1,"ended_us":812.4,
/// "outcome":"ok"}: times since the step began, and the part of it that the request was due in; one that was
/// dropped has `due_us` alone, and "dropped" for its outcome.
///
/// Writing to a disk blocks the program, which is seen as lateness when the disk is slow.
class request_log {
public:
    /// Throws `local_failure`.
    request_log(const boost::asio::any_io_executor& executor, const std::string& path);

    void begin_step(std::uint64_t step) noexcept { step_ = step; }
    /// Empties the file before the first step.
    void begins(const load::step_window& window) {
        window_ = window;
        writer_.begin();
    }
    void ended(std::string_view id, const load::lookup_end& lookup);
    void dropped(core::time_point due);
    /// Writes what has gathered.
    void pump() { writer_.pump(); }
    boost::asio::awaitable<void> drained();
    /// What went wrong; empty for nothing.
    [[nodiscard]] std::string failure() const { return writer_.failure(); }

private:
    void begin_line(core::time_point due);
    void time(std::string_view name, core::time_point at);

    line_writer writer_;
    std::uint64_t step_ = 0;
    load::step_window window_;
    std::string line_;
};

}  // namespace getty::connect::cli
