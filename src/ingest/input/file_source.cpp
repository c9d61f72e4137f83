#include "ingest/input/file_source.hpp"

#include "core/random.hpp"
#include "ingest/files/files.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace getty::connect::ingest {
namespace {

/// Looked into before anything is asked of the service.
constexpr std::size_t head_bytes = 128 * 1024 + 1;

}  // namespace

occurrence::occurrence() = default;
occurrence::occurrence(std::string wanted) : id(std::move(wanted)) {}
source::~source() = default;
std::optional<occurrence> source::try_next() { return std::nullopt; }
bool source::wants_acknowledgement() const noexcept { return false; }
bool source::starts_over() const noexcept { return true; }
boost::asio::awaitable<void> source::acknowledge(std::vector<std::uint64_t>) { co_return; }
std::optional<unsigned> source::percent_read() const noexcept { return std::nullopt; }

input_options::input_options() = default;
input_options& input_options::format(input_format wanted) {
    format_ = wanted;
    return *this;
}
input_options& input_options::id_column(std::string_view name_or_number) {
    id_column_ = name_or_number;
    return *this;
}
input_options& input_options::id_field(std::string_view path) {
    id_field_ = path;
    return *this;
}
input_options& input_options::repeated(repeats wanted) {
    repeated_ = wanted;
    return *this;
}

id_keys random_keys() {
    const auto random = core::system_random();
    const core::hash_key high{random->next(), random->next()};
    const core::hash_key low{random->next(), random->next()};
    return {high, low};
}

file_input::file_input(const boost::asio::any_io_executor& executor, const std::string& path,
                       const input_options& how)
    : name_(path == "-" ? "standard input" : path), intake_(cutter_for(path, how)) {
    int descriptor = STDIN_FILENO;
    if (path != "-") {
        own_file_ = open_file(path, O_RDONLY);
        descriptor = own_file_.get();
    }
    input_.emplace(executor, descriptor, shared_descriptor::use::reading);
    if (!input_->refusal().empty()) throw local_failure(name_ + ": " + std::string(input_->refusal()));
    struct stat about{};
    if (::fstat(descriptor, &about) != 0) throw local_failure(name_ + ": " + system_words(errno));
    if (S_ISDIR(about.st_mode)) throw unusable(name_ + ": is a directory; name a file of ids");
    if (!S_ISREG(about.st_mode)) return;
    size_bytes_ = static_cast<std::uint64_t>(about.st_size);
    refuse_wrong_file(how);
}

// A pipe cannot be looked into without taking from it: there it shows when it is read.
void file_input::refuse_wrong_file(const input_options& how) const {
    off_t at = ::lseek(input_->get(), 0, SEEK_CUR);
    if (at < 0) return;
    intake head(cutter_for(name_, how));
    for (std::size_t seen = 0; seen < head_bytes;) {
        const std::span<char> room = head.room();
        const ssize_t count = ::pread(input_->get(), room.data(), room.size(), at);
        if (count < 0) return;  // told when it is read
        if (count == 0) {
            head.finish();
        } else {
            head.filled(static_cast<std::size_t>(count));
        }
        while (head.next()) continue;
        if (!head.wrong().empty()) throw unusable(name_ + ": " + head.wrong());
        if (count == 0) return;
        seen += static_cast<std::size_t>(count);
        at += count;
    }
}

void file_input::fill() {
    const std::span<char> room = intake_.room();
    const ssize_t count = ::read(input_->get(), room.data(), room.size());
    if (count > 0) {
        input_->moved();
        intake_.filled(static_cast<std::size_t>(count));
        bytes_read_ += static_cast<std::uint64_t>(count);
    } else if (count == 0) {
        intake_.finish();
        at_end_ = true;
    } else if ((errno == EAGAIN || errno == EWOULDBLOCK) && input_->can_wait()) {
        must_wait_ = true;
    } else if (errno != EINTR) {
        throw local_failure(name_ + ": " + system_words(errno));
    }
}

// After a read that found nothing, not before: a pipe whose writer has gone does not wake anybody, yet has
// its bytes and its end.
boost::asio::awaitable<void> file_input::wait() {
    must_wait_ = false;
    boost::system::error_code failed;
    co_await input_->wait(boost::asio::redirect_error(boost::asio::use_awaitable, failed));
    const int why = input_->after_wait(failed);
    if (why == ECANCELED) {
        stopped_ = true;
    } else if (why != 0) {
        throw local_failure(name_ + ": " + system_words(why));
    }
}

std::optional<id_line> file_input::try_next() {
    while (!stopped_) {
        std::optional<id_line> line = intake_.next();
        if (line) return line;
        if (!intake_.wrong().empty()) throw unusable(name_ + ": " + intake_.wrong());
        if (at_end_ || must_wait_) break;
        fill();
    }
    return std::nullopt;
}

boost::asio::awaitable<std::optional<id_line>> file_input::next() {
    for (;;) {
        std::optional<id_line> line = try_next();
        if (line || ended()) co_return line;
        co_await wait();
    }
}

void file_input::stop() noexcept {
    stopped_ = true;
    input_->cancel();
}

file_source::file_source(const boost::asio::any_io_executor& executor, const std::vector<std::string>& paths,
                         const input_options& how, id_keys keys)
    : drops_repeats_(how.repeated() == repeats::dropped), keys_(keys) {
    for (const std::string& path : paths) files_.emplace_back(executor, path, how);
    const auto unknown = [](const file_input& one) { return one.size_bytes() == 0; };
    if (std::ranges::any_of(files_, unknown)) return;
    for (const file_input& one : files_) size_bytes_ += one.size_bytes();
}

bool file_source::is_repeated(const id_line& line) {
    return drops_repeats_ && line.trouble.empty() && seen_.at(keys_(line.id))++ > 0;
}

void file_source::file_ended() {
    bytes_before_ += files_.front().bytes_taken();
    if (!stopped_) files_.pop_front();
}

/// Nothing for one that is to be dropped.
std::optional<occurrence> file_source::made_of(file_input& file, id_line&& line) {
    if (is_repeated(line)) return std::nullopt;
    occurrence one(std::move(line.id));
    one.ticket = next_ticket_++;
    one.line = line.number;
    if (!line.trouble.empty()) {
        one.trouble = file.name() + ":" + std::to_string(line.number) + ": " + line.trouble;
    }
    return one;
}

std::optional<occurrence> file_source::try_next() {
    while (!stopped_ && !files_.empty()) {
        file_input& file = files_.front();
        std::optional<id_line> line = file.try_next();
        if (line) {
            std::optional<occurrence> one = made_of(file, std::move(*line));
            if (one) return one;
        } else if (!file.ended()) {
            break;
        } else {
            file_ended();
        }
    }
    return std::nullopt;
}

boost::asio::awaitable<std::optional<occurrence>> file_source::next() {
    while (!stopped_ && !files_.empty()) {
        file_input& file = files_.front();
        std::optional<id_line> line = co_await file.next();
        if (!line) {
            file_ended();
            continue;
        }
        std::optional<occurrence> one = made_of(file, std::move(*line));
        if (one) co_return one;
    }
    co_return std::nullopt;
}

void file_source::stop() noexcept {
    stopped_ = true;
    for (file_input& one : files_) one.stop();
}

std::optional<unsigned> file_source::percent_read() const noexcept {
    if (size_bytes_ == 0) return std::nullopt;
    const std::uint64_t now = bytes_before_ + (files_.empty() ? 0 : files_.front().bytes_taken());
    return static_cast<unsigned>(std::min<std::uint64_t>(100, now * 100 / size_bytes_));
}

}  // namespace getty::connect::ingest

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

std::unique_ptr<source> open_input(const boost::asio::any_io_executor& executor,
                                   const std::vector<std::string>& paths, input_options options) {
    if (paths.empty()) throw unusable("no input was named; name a file, or - for standard input");
    if (std::ranges::count(paths, "-") > 1)
        throw unusable("standard input is named twice; it can be read once");
    return std::make_unique<file_source>(executor, paths, options, random_keys());
}

boost::asio::awaitable<input_count> count_ids(source& from) {
    constexpr std::size_t most_troubles = 100;
    input_count sum;
    const id_keys keys = random_keys();
    key_table<std::uint32_t> seen;
    for (;;) {
        std::optional<occurrence> one = from.try_next();
        if (!one) one = co_await from.next();
        if (!one) break;
        if (!one->trouble.empty()) {
            ++sum.bad;
            if (sum.first_troubles.size() < most_troubles)
                sum.first_troubles.push_back(std::move(one->trouble));
            continue;
        }
        ++sum.valid;
        if (seen.at(keys(one->id))++ > 0) ++sum.doubled;
    }
    co_return sum;
}

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI
