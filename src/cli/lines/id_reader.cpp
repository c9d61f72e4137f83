#include "cli/lines/id_reader.hpp"

#include "cli/trouble.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {

id_reader::id_reader(const boost::asio::any_io_executor& executor, const std::string& path)
    : name_(path == "-" ? "standard input" : path) {
    int descriptor = STDIN_FILENO;
    if (path != "-") {
        own_file_ = open_file(path, O_RDONLY);
        descriptor = own_file_.get();
    }
    input_.emplace(executor, descriptor, shared_descriptor::use::reading);
    if (!input_->refusal().empty()) throw local_failure(name_ + ": " + std::string(input_->refusal()));
    struct stat about{};
    if (::fstat(descriptor, &about) != 0) throw local_failure(name_ + ": " + system_words(errno));
    if (S_ISDIR(about.st_mode)) throw usage_error(name_ + ": is a directory; name a file with one id a line");
    if (!S_ISREG(about.st_mode)) return;
    size_bytes_ = static_cast<std::uint64_t>(about.st_size);
    refuse_wrong_file();
}

// Before anything is asked of the service. A pipe cannot be looked into without taking from it: there it
// shows when it is read.
void id_reader::refuse_wrong_file() const {
    off_t at = ::lseek(input_->get(), 0, SEEK_CUR);
    if (at < 0) return;
    id_lines head;
    for (std::size_t seen = 0; seen < id_lines::head_bytes + id_lines::max_line_bytes + 1;) {
        const std::span<char> room = head.room();
        const ssize_t count = ::pread(input_->get(), room.data(), room.size(), at);
        if (count < 0) return;  // told when it is read
        if (count == 0) head.finish();
        head.filled(static_cast<std::size_t>(count));
        while (head.next()) continue;
        if (!head.wrong().empty()) throw usage_error(name_ + ": " + head.wrong());
        if (count == 0) return;
        seen += static_cast<std::size_t>(count);
        at += count;
    }
}

bool id_reader::terminal() const noexcept { return ::isatty(input_->get()) == 1; }

void id_reader::fail(int number) {
    failure_ = name_ + ": " + system_words(number);
    at_end_ = true;
}

void id_reader::fill() {
    const std::span<char> room = lines_.room();
    const ssize_t count = ::read(input_->get(), room.data(), room.size());
    if (count > 0) {
        input_->moved();
        lines_.filled(static_cast<std::size_t>(count));
        bytes_read_ += static_cast<std::uint64_t>(count);
    } else if (count == 0) {
        lines_.finish();
        at_end_ = true;
    } else if ((errno == EAGAIN || errno == EWOULDBLOCK) && input_->can_wait()) {
        must_wait_ = true;
    } else if (errno != EINTR) {
        fail(errno);
    }
}

// After a read that found nothing, not before: a pipe whose writer has gone does not wake anybody, yet has
// its bytes and its end.
boost::asio::awaitable<void> id_reader::wait() {
    must_wait_ = false;
    boost::system::error_code failed;
    co_await input_->wait(boost::asio::redirect_error(boost::asio::use_awaitable, failed));
    const int why = input_->after_wait(failed);
    if (why == ECANCELED) at_end_ = true;
    if (why != 0 && !at_end_) fail(why);
}

boost::asio::awaitable<std::optional<std::string>> id_reader::next() {
    for (;;) {
        std::optional<id_line> line = lines_.next();
        if (line) {
            pulled_[next_index_++] = {line->number, std::move(line->trouble)};
            co_return std::move(line->id);
        }
        if (!lines_.wrong().empty()) {
            wrong_ = name_ + ": " + lines_.wrong();
            at_end_ = true;
        }
        if (at_end_) co_return std::nullopt;
        if (must_wait_) co_await wait();
        if (!at_end_) fill();
    }
}

void id_reader::stop() {
    at_end_ = true;
    lines_ = id_lines();
    input_->cancel();
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
