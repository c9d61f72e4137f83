// Lines to a file, a pipe or a terminal, at the pace of whoever reads them.
#pragma once

#include "cli/files.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::cli {

/// Collects whole lines and writes them in large pieces.
///
/// A slow reader of a pipe or terminal holds back `room()` alone: the program goes on meanwhile. Writing to
/// disk blocks the program, as everywhere. Where the system gives no non-blocking descriptor of its own (a
/// socket, or no /proc), the given one is made non-blocking and set back at the end.
///
/// Memory: `soft_limit_bytes` and the last line appended, as long as the caller waits for `room()`.
/// Concurrency: one thread; one waiter at a time.
class line_writer {
public:
    static constexpr std::size_t soft_limit_bytes = 256 * 1024;

    /// Writes to `path`, which is emptied. Throws `local_failure`.
    line_writer(boost::asio::any_io_executor executor, const std::string& path);
    /// Writes to a descriptor that stays the caller's; `name` is what messages call it.
    line_writer(boost::asio::any_io_executor executor, int descriptor, std::string name);
    ~line_writer();
    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;

    /// Adds a line and its end; does not write. `id` is named when writing fails after this line.
    void append(std::string_view line, std::string_view id);
    /// Writes what can be written now; goes on by itself when the reader has made room.
    void pump();
    /// Completes when there is room for another line, or writing has failed.
    boost::asio::awaitable<void> room();
    /// Completes when all is written, or writing has failed.
    boost::asio::awaitable<void> drained();

    /// Waits for the reader no longer, so that the executor can run out of work. What is pending stays
    /// unwritten. The writer must live until then.
    void stop();

    [[nodiscard]] bool full() const noexcept { return pending() >= soft_limit_bytes; }
    [[nodiscard]] bool failed() const noexcept { return failed_errno_ != 0; }
    /// What went wrong, how much was written completely and how to go on; empty unless `failed()`.
    [[nodiscard]] std::string failure() const;
    [[nodiscard]] std::uint64_t complete_lines() const noexcept { return complete_lines_; }

private:
    struct mark {
        std::uint64_t end;  // of the line, counted from the first byte ever appended
        std::string id;
    };

    [[nodiscard]] std::size_t pending() const noexcept { return buffer_.size() - written_; }
    void set_up(boost::asio::any_io_executor executor);
    void wait_for_reader();
    void written(std::size_t count);
    void fail(int number);
    boost::asio::awaitable<void> wait_until(bool (line_writer::*reached)() const noexcept);
    [[nodiscard]] bool has_room() const noexcept { return !full(); }
    [[nodiscard]] bool empty() const noexcept { return pending() == 0; }

    std::string name_;
    owned_descriptor own_file_;  // open for a path that was opened here
    int descriptor_ = -1;        // written to
    std::optional<boost::asio::posix::stream_descriptor> pollable_;
    int borrowed_ = -1;  // descriptor whose flags are set back at the end, and these
    int borrowed_flags_ = 0;
    bool waiting_ = false;

    std::string buffer_;
    std::size_t written_ = 0;      // of buffer_
    std::uint64_t appended_ = 0;   // bytes since the start
    std::uint64_t delivered_ = 0;  // bytes since the start
    std::deque<mark> marks_;       // of the lines not yet written completely
    std::uint64_t complete_lines_ = 0;
    std::uint64_t complete_end_ = 0;  // where the last complete line ends
    std::string last_id_;
    int failed_errno_ = 0;
    boost::asio::steady_timer changed_;
};

}  // namespace getty::connect::cli
