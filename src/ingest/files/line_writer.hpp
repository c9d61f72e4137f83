// Lines to a file, a pipe or a terminal, at the pace of whoever reads them.
#pragma once

#include "core/descriptor.hpp"
#include "ingest/files/files.hpp"
#include "ingest/files/shared_descriptor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::ingest {

/// Collects whole lines and writes them in large pieces.
///
/// A slow reader of a pipe or terminal holds back `room()` alone: the program goes on meanwhile. Writing to
/// disk blocks the program, as everywhere.
///
/// A file is opened when the writer is made, so that one that cannot be written to is told at once, and
/// emptied when the first line or `begin()` comes: until then it stays as it was, and one that was not there
/// is removed again. It is written in place, never renamed.
///
/// Memory: `soft_limit_bytes` and the last line appended, as long as the caller waits for `room()`.
/// Concurrency: one thread; one waiter at a time.
class line_writer {
public:
    static constexpr std::size_t soft_limit_bytes = 256 * 1024;

    /// Writes to `path`. Throws `local_failure`.
    line_writer(const boost::asio::any_io_executor& executor, const std::string& path);
    /// Writes to a descriptor that stays the caller's; `name` is what messages call it. Throws
    /// `local_failure` when it is not open for writing.
    line_writer(const boost::asio::any_io_executor& executor, int descriptor, std::string name);
    ~line_writer();
    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;

    /// There is something to tell, if only that there are no lines: empties the file. Comes with the first
    /// line by itself. A standard output that is a file is the shell's, and not emptied.
    void begin();
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
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] int descriptor() const noexcept { return output_->get(); }

private:
    struct mark {
        std::uint64_t end;  // of the line, counted from the first byte ever appended
        std::string id;
    };

    [[nodiscard]] std::size_t pending() const noexcept { return buffer_.size() - written_; }
    void open_output(const boost::asio::any_io_executor& executor, int descriptor);
    void open_own_file();
    void remove_unused_file() const noexcept;
    void wait_for_reader();
    void written(std::size_t count);
    void fail(int number);
    boost::asio::awaitable<void> wait_until(bool (line_writer::*reached)() const noexcept);
    [[nodiscard]] bool has_room() const noexcept { return !full(); }
    [[nodiscard]] bool empty() const noexcept { return pending() == 0; }

    std::string name_;
    core::descriptor own_file_;  // open for a path that was opened here
    bool created_ = false;       // it was not there before
    bool begun_ = false;
    std::optional<shared_descriptor> output_;
    bool waiting_ = false;
    bool stopped_ = false;

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

}  // namespace getty::connect::ingest
