// Ids out of a file, a pipe or a terminal, read no further ahead than one buffer.
#pragma once

#include "cli/lines/files.hpp"
#include "core/descriptor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace getty::connect::cli {

/// The line behind an id that was pulled.
struct pulled_line {
    std::uint64_t number = 0;
    std::string trouble;  ///< why the line names no id, as in `id_line`; else empty
};

/// The source of a batch: yields one id for each line that asks for something. A line that names no id yields
/// an empty one, which the client refuses: so it has its outcome in its place, and `take` tells the reason.
///
/// Pipes and terminals are waited for; disk files are read at once. Memory: one buffer of 64 KiB and the
/// lines that were pulled and not taken. Concurrency: one thread.
class id_reader {
public:
    /// `path` is a file or "-", standard input. Throws `local_failure`, or `usage_error` for a directory and
    /// for a disk file that is wrong as a whole.
    id_reader(const boost::asio::any_io_executor& executor, const std::string& path);
    id_reader(const id_reader&) = delete;
    id_reader& operator=(const id_reader&) = delete;

    /// The next id; nothing at the end, after `stop()`, after a failure to read, which `failure()` tells, and
    /// once the input shows that it is wrong as a whole.
    boost::asio::awaitable<std::optional<std::string>> next();
    /// Ends the ids, also for a `next()` that waits.
    void stop();

    /// Hands out what is known of the `index`-th id pulled, counted from 0, and forgets it.
    [[nodiscard]] pulled_line take(std::uint64_t index);

    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
    /// "NAME: " and what `id_lines::wrong` says; empty when the input was fine as far as it was read.
    [[nodiscard]] const std::string& wrong() const noexcept { return wrong_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] int descriptor() const noexcept { return input_->get(); }
    [[nodiscard]] bool terminal() const noexcept;
    /// Part of a disk file that was read, 0 to 100; nothing for what has no size.
    [[nodiscard]] std::optional<unsigned> percent_read() const noexcept;

private:
    void refuse_wrong_file() const;
    void fill();
    void fail(int number);
    boost::asio::awaitable<void> wait();

    std::string name_;
    core::descriptor own_file_;
    std::optional<shared_descriptor> input_;
    bool must_wait_ = false;  // nothing was there when it was read last

    id_lines lines_;
    std::unordered_map<std::uint64_t, pulled_line> pulled_;
    std::uint64_t next_index_ = 0;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t size_bytes_ = 0;  // 0: not known
    bool at_end_ = false;
    std::string failure_;
    std::string wrong_;
};

}  // namespace getty::connect::cli
