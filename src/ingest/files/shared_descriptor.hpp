// A descriptor that came from elsewhere, used without blocking and without its other holders noticing.
#pragma once

#include "ingest/files/files.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace getty::connect::ingest {

/// Counts waits that ended without a byte moved.
///
/// A wait may be in vain when others read or write the same pipe. One that is in vain again and again is a
/// descriptor that calls itself ready for ever: to go on would be a loop that never ends.
class patience {
public:
    static constexpr unsigned most_in_vain = 1000;

    void moved() noexcept { in_vain_ = 0; }
    void waited() noexcept { ++in_vain_; }
    [[nodiscard]] bool over() const noexcept { return in_vain_ > most_in_vain; }

private:
    unsigned in_vain_ = 0;
};

/// Reads or writes, and waits where that would block.
///
/// Pipes, terminals and devices are opened a second time, non-blocking, so that the shell's own descriptor
/// stays as it was. Where the system does not allow that (a socket, or no /proc) the given one is made
/// non-blocking, and set back at the end. Disk files, and what cannot be waited for, are used as they are.
/// Concurrency: one thread.
class shared_descriptor {
public:
    enum class use { reading, writing };

    /// `descriptor` stays the caller's and must outlive this.
    shared_descriptor(const boost::asio::any_io_executor& executor, int descriptor, use how);
    ~shared_descriptor();
    shared_descriptor(const shared_descriptor&) = delete;
    shared_descriptor& operator=(const shared_descriptor&) = delete;

    /// To read from or write to.
    [[nodiscard]] int get() const noexcept { return used_; }
    /// What stands against any use of it: "is closed, or not open for reading". Empty: nothing.
    [[nodiscard]] std::string_view refusal() const noexcept { return refusal_; }
    [[nodiscard]] bool can_wait() const noexcept { return pollable_.has_value(); }

    /// Completes, as `stream_descriptor::async_wait`, when reading or writing is worth another try. To be
    /// called after EAGAIN, with `can_wait()`; what it completes with goes through `after_wait`.
    template <class Token>
    auto wait(Token&& token) {
        const auto what = how_ == use::reading ? boost::asio::posix::stream_descriptor::wait_read
                                               : boost::asio::posix::stream_descriptor::wait_write;
        return pollable_->async_wait(what, std::forward<Token>(token));
    }
    /// 0 to try again, ECANCELED after `cancel()`, else why there is nothing to wait for: EAGAIN when it was
    /// in vain too often.
    [[nodiscard]] int after_wait(const boost::system::error_code& failed) noexcept;
    /// Bytes were read or written.
    void moved() noexcept { vain_.moved(); }
    void cancel() noexcept;

private:
    void make_pollable(const boost::asio::any_io_executor& executor);

    use how_;
    int given_;
    int used_;
    std::string_view refusal_;
    std::optional<boost::asio::posix::stream_descriptor> pollable_;
    std::optional<int> flags_before_;  // of `given_`, when it was made non-blocking itself
    patience vain_;
};

}  // namespace getty::connect::ingest
