#include "cli/id_reader.hpp"

#include "cli/trouble.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {

id_reader::id_reader(boost::asio::any_io_executor executor, const std::string& path)
    : name_(path == "-" ? "standard input" : path) {
    if (path == "-") {
        descriptor_ = STDIN_FILENO;
    } else {
        own_file_ = open_file(path, O_RDONLY);
        descriptor_ = own_file_.get();
    }
    set_up(std::move(executor));
}

id_reader::~id_reader() {
    if (borrowed_ >= 0) ::fcntl(borrowed_, F_SETFL, borrowed_flags_);
}

void id_reader::set_up(boost::asio::any_io_executor executor) {
    struct stat about{};
    if (::fstat(descriptor_, &about) != 0) throw local_failure(name_ + ": " + system_words(errno));
    if (S_ISDIR(about.st_mode)) throw usage_error(name_ + ": is a directory; name a file with one id a line");
    if (S_ISREG(about.st_mode)) size_bytes_ = static_cast<std::uint64_t>(about.st_size);
    const bool waits = S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode) || ::isatty(descriptor_) == 1;
    if (!waits) return;
    owned_descriptor pollable = reopened(descriptor_, O_RDONLY);
    if (!pollable.open()) {
        borrowed_flags_ = ::fcntl(descriptor_, F_GETFL);
        borrowed_ = descriptor_;
        pollable = owned_descriptor(::fcntl(descriptor_, F_DUPFD_CLOEXEC, 3));
    }
    pollable_.emplace(std::move(executor), pollable.get());
    descriptor_ = pollable.release();
}

bool id_reader::terminal() const noexcept { return ::isatty(descriptor_) == 1; }

void id_reader::fill() {
    const std::span<char> room = lines_.room();
    const ssize_t count = ::read(descriptor_, room.data(), room.size());
    if (count > 0) {
        lines_.filled(static_cast<std::size_t>(count));
        bytes_read_ += static_cast<std::uint64_t>(count);
    } else if (count == 0) {
        lines_.finish();
        at_end_ = true;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        failure_ = name_ + ": " + system_words(errno);
        at_end_ = true;
    }
}

boost::asio::awaitable<std::optional<std::string>> id_reader::next() {
    for (;;) {
        std::optional<id_line> line = lines_.next();
        if (line) {
            pulled_[next_index_++] = {line->number, std::move(line->trouble)};
            co_return std::move(line->id);
        }
        if (at_end_) co_return std::nullopt;
        if (pollable_) {
            boost::system::error_code failed;
            co_await pollable_->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                           boost::asio::redirect_error(boost::asio::use_awaitable, failed));
            if (failed) at_end_ = true;
        }
        if (!at_end_) fill();
    }
}

void id_reader::stop() {
    at_end_ = true;
    lines_ = id_lines();
    boost::system::error_code ignored;
    if (pollable_) pollable_->cancel(ignored);
}

pulled_line id_reader::take(std::uint64_t index) {
    auto found = pulled_.extract(index);
    return found.empty() ? pulled_line{} : std::move(found.mapped());
}

std::optional<unsigned> id_reader::percent_read() const noexcept {
    if (size_bytes_ == 0) return std::nullopt;
    return static_cast<unsigned>(std::min<std::uint64_t>(100, bytes_read_ * 100 / size_bytes_));
}

}  // namespace getty::connect::cli
