#include "ingest/sink/file_sink.hpp"

#include "ingest/files/file_lock.hpp"
#include "ingest/files/files.hpp"
#include "ingest/sink/journal_file.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace getty::connect::ingest {

void refuse_existing(const std::string& path) {
    throw unusable(path +
                   ": holds something already; go on with it, let it be overwritten, or name another file");
}

void refuse_unread(const std::string& path) {
    throw unusable(path + ": was opened to be gone on with, and nobody has read it; call recover first");
}

file_sink::file_sink(std::string path, record_text text, const sink_options& options)
    : path_(std::move(path)),
      text_(std::move(text)),
      coding_(coding_by_name(path_)),
      member_bytes_(options.member_bytes()),
      resumes_(options.if_existing() == existing::resumed) {
    created_ = !identity_of(path_);
    core::descriptor file = open_locked(path_);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) throw local_failure(path_ + ": " + system_words(errno));
    if (about.st_size > 0 && options.if_existing() == existing::refused) refuse_existing(path_);
    file_.emplace(path_, std::move(file), coding_, member_bytes_);
}

// A run that did not begin leaves no file that was not there.
file_sink::~file_sink() {
    if (!created_ || begun_) return;
    struct stat about{};
    const bool empty = ::fstat(file_->descriptor(), &about) == 0 && about.st_size == 0;
    if (empty && identity_of(file_->descriptor()) == identity_of(path_)) ::unlink(path_.c_str());
}

boost::asio::awaitable<void> file_sink::recover(recovery& into) {
    line_reader reader = text_.reader();
    recovered_ = true;
    found_ = co_await read_journal(file_->descriptor(), path_, coding_, text_.layout(), reader, into);
}

void file_sink::begin() {
    if (begun_) return;
    if (resumes_ && !recovered_) refuse_unread(path_);
    begun_ = true;
    file_->begin(found_.keep_bytes);
    file_->watch_place();
    if (!found_.has_header) file_->append(text_.header(), 0);
}

void file_sink::append(const record& one) {
    line_.clear();
    text_.append(line_, one);
    file_->append(line_, 1);
}

boost::asio::awaitable<void> file_sink::drained() {
    file_->write_all();
    co_return;
}

void file_sink::forget(const drop_rule& drop) {
    file_->write_all();
    rewritten other = rewrite_journal(file_->descriptor(), path_, coding_, member_bytes_, text_.layout(),
                                      found_.lines, drop);
    before_written_ += file_->written_lines();
    before_durable_ += file_->written_lines();
    file_.emplace(path_, std::move(other.file), coding_, member_bytes_);
    file_->begin(other.bytes);
    file_->watch_place();
    found_.lines = 0;
}

}  // namespace getty::connect::ingest
