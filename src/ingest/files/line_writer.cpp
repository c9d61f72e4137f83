#include "ingest/files/line_writer.hpp"

#include "ingest/files/quiet_write.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace getty::connect::ingest {

line_writer::line_writer(const boost::asio::any_io_executor& executor, const std::string& path)
    : name_(path), changed_(executor) {
    open_own_file();
    open_output(executor, own_file_.get());
}

line_writer::line_writer(const boost::asio::any_io_executor& executor, int descriptor, std::string name)
    : name_(std::move(name)), changed_(executor) {
    open_output(executor, descriptor);
}

line_writer::~line_writer() {
    if (created_ && !begun_) remove_unused_file();
}

void line_writer::open_own_file() {
    int descriptor = ::open(name_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT) {
        descriptor = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        created_ = descriptor >= 0;
    }
    // O_CREAT alone for a symbolic link that leads to no file yet; and it throws for what is left.
    own_file_ = descriptor >= 0 ? core::descriptor(descriptor) : open_file(name_, O_WRONLY | O_CREAT);
}

void line_writer::open_output(const boost::asio::any_io_executor& executor, int descriptor) {
    output_.emplace(executor, descriptor, shared_descriptor::use::writing);
    if (!output_->refusal().empty()) throw local_failure(name_ + ": " + std::string(output_->refusal()));
}

void line_writer::remove_unused_file() const noexcept {
    struct stat about{};
    const bool empty = ::fstat(own_file_.get(), &about) == 0 && about.st_size == 0;
    if (empty && identity_of(own_file_.get()) == identity_of(name_)) ::unlink(name_.c_str());
}

void line_writer::begin() {
    if (begun_) return;
    begun_ = true;
    if (!own_file_.is_open() || !identity_of(own_file_.get())) return;  // no disk file
    if (::ftruncate(own_file_.get(), 0) != 0) fail(errno);
}

void line_writer::append(std::string_view line, std::string_view id) {
    begin();
    if (failed()) return;
    buffer_ += line;
    buffer_ += '\n';
    appended_ += line.size() + 1;
    marks_.push_back({appended_, std::string(id)});
}

void line_writer::pump() {
    if (pending() == 0) return;
    const write_signals_held held;
    while (pending() > 0 && !failed() && !waiting_) {
        const ssize_t count = ::write(output_->get(), buffer_.data() + written_, pending());
        if (count > 0) {
            output_->moved();
            written(static_cast<std::size_t>(count));
        } else if (count == 0) {
            fail(EIO);  // takes nothing and gives no reason
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_for_reader();
        } else if (errno != EINTR) {
            fail(errno);
        }
    }
}

void line_writer::wait_for_reader() {
    if (!output_->can_wait() || stopped_) {
        fail(stopped_ ? ECANCELED : EAGAIN);
        return;
    }
    waiting_ = true;
    output_->wait([this](const boost::system::error_code& ended) {
        // This object has been stopped, or is gone.
        if (ended == boost::asio::error::operation_aborted) return;
        const int why = output_->after_wait(ended);
        waiting_ = false;
        if (why != 0) fail(why);
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
    if (own_file_.is_open() && !output_->can_wait()) {
        [[maybe_unused]] const int cut = ::ftruncate(own_file_.get(), static_cast<off_t>(complete_end_));
    }
    changed_.cancel();
}

void line_writer::stop() {
    stopped_ = true;
    if (std::exchange(waiting_, false)) fail(ECANCELED);
    output_->cancel();
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

}  // namespace getty::connect::ingest
