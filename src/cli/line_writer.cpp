#include "cli/line_writer.hpp"

#include "cli/trouble.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace getty::connect::cli {

line_writer::line_writer(boost::asio::any_io_executor executor, const std::string& path)
    : name_(path),
      own_file_(open_file(path, O_WRONLY | O_CREAT | O_TRUNC)),
      descriptor_(own_file_.get()),
      changed_(executor) {
    set_up(std::move(executor));
}

line_writer::line_writer(boost::asio::any_io_executor executor, int descriptor, std::string name)
    : name_(std::move(name)), descriptor_(descriptor), changed_(executor) {
    set_up(std::move(executor));
}

line_writer::~line_writer() {
    if (borrowed_ >= 0) ::fcntl(borrowed_, F_SETFL, borrowed_flags_);
}

void line_writer::set_up(boost::asio::any_io_executor executor) {
    struct stat about{};
    if (::fstat(descriptor_, &about) != 0) {
        fail(errno);
        return;
    }
    const bool waits = S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode) || S_ISSOCK(about.st_mode);
    if (!waits) return;
    owned_descriptor pollable = reopened(descriptor_, O_WRONLY);
    if (!pollable.open()) {
        borrowed_flags_ = ::fcntl(descriptor_, F_GETFL);
        pollable = owned_descriptor(::fcntl(descriptor_, F_DUPFD_CLOEXEC, 3));
        if (!pollable.open() || ::fcntl(descriptor_, F_SETFL, borrowed_flags_ | O_NONBLOCK) != 0) return;
        borrowed_ = descriptor_;
    }
    pollable_.emplace(std::move(executor));
    boost::system::error_code ignored;  // what cannot be waited for (/dev/null) is always ready
    pollable_->assign(pollable.get(), ignored);
    if (ignored) {
        pollable_.reset();
        return;
    }
    descriptor_ = pollable.release();
}

void line_writer::append(std::string_view line, std::string_view id) {
    if (failed()) return;
    buffer_ += line;
    buffer_ += '\n';
    appended_ += line.size() + 1;
    marks_.push_back({appended_, std::string(id)});
}

void line_writer::pump() {
    while (pending() > 0 && !failed() && !waiting_) {
        const ssize_t count = ::write(descriptor_, buffer_.data() + written_, pending());
        if (count >= 0) {
            written(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_for_reader();
        } else if (errno != EINTR) {
            fail(errno);
        }
    }
}

void line_writer::wait_for_reader() {
    if (!pollable_) {
        // Only when somebody else made a shared descriptor non-blocking.
        pollfd one{descriptor_, POLLOUT, 0};
        ::poll(&one, 1, -1);
        return;
    }
    waiting_ = true;
    pollable_->async_wait(boost::asio::posix::stream_descriptor::wait_write,
                          [this](const boost::system::error_code& failed_wait) {
                              if (failed_wait == boost::asio::error::operation_aborted) return;
                              waiting_ = false;
                              pump();
                          });
}

void line_writer::written(std::size_t count) {
    written_ += count;
    delivered_ += count;
    while (!marks_.empty() && marks_.front().end <= delivered_) {
        ++complete_lines_;
        complete_end_ = marks_.front().end;
        last_id_ = std::move(marks_.front().id);
        marks_.pop_front();
    }
    if (written_ == buffer_.size()) {
        buffer_.clear();
        written_ = 0;
    } else if (written_ >= soft_limit_bytes) {
        buffer_.erase(0, written_);
        written_ = 0;
    }
    changed_.cancel();
}

void line_writer::fail(int number) {
    failed_errno_ = number;
    // A file of our own ends with a whole line, whatever happened; a failure here would change nothing.
    if (own_file_.open() && !pollable_) {
        [[maybe_unused]] const int cut = ::ftruncate(own_file_.get(), static_cast<off_t>(complete_end_));
    }
    changed_.cancel();
}

void line_writer::stop() {
    boost::system::error_code ignored;
    if (pollable_) pollable_->cancel(ignored);
    changed_.cancel();
}

boost::asio::awaitable<void> line_writer::wait_until(bool (line_writer::*reached)() const noexcept) {
    pump();
    while (!failed() && !(this->*reached)()) {
        changed_.expires_at(boost::asio::steady_timer::time_point::max());
        boost::system::error_code woken;
        co_await changed_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    }
}

boost::asio::awaitable<void> line_writer::room() { return wait_until(&line_writer::has_room); }

boost::asio::awaitable<void> line_writer::drained() { return wait_until(&line_writer::empty); }

std::string line_writer::failure() const {
    if (!failed()) return {};
    std::string text = name_ + ": " + system_words(failed_errno_);
    if (failed_errno_ == EPIPE) text += ": its reader has gone";
    text += "; " + std::to_string(complete_lines_) + (complete_lines_ == 1 ? " line was" : " lines were") +
            " written completely";
    if (complete_lines_ > 0) text += ", the last one for id " + last_id_;
    return text;
}

}  // namespace getty::connect::cli
