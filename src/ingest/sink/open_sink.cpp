#include "ingest/files/files.hpp"
#include "ingest/sink/file_sink.hpp"
#include "ingest/sink/journal_file.hpp"
#include "ingest/sink/record_text.hpp"
#include "ingest/sink/shard_sink.hpp"
#include "ingest/sink/sqlite_sink.hpp"
#include "ingest/sink/stream_sink.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <boost/asio/awaitable.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

namespace getty::connect::ingest {

record::record() = default;
recovery::~recovery() = default;
sink::~sink() = default;

bool sink::resumes() const noexcept { return false; }
boost::asio::awaitable<void> sink::recover(recovery&) { co_return; }
boost::asio::awaitable<void> sink::room() {
    write();
    co_return;
}
bool sink::forgets() const noexcept { return false; }
void sink::forget(const drop_rule&) {}
void sink::finish() {}
void sink::stop() noexcept {}

sink_options::sink_options() = default;
sink_options& sink_options::form(sink_form wanted) {
    form_ = wanted;
    return *this;
}
sink_options& sink_options::if_existing(existing what) {
    existing_ = what;
    return *this;
}
sink_options& sink_options::lines(line_kind kind) {
    lines_ = kind;
    return *this;
}
sink_options& sink_options::columns(std::vector<std::string> names) {
    columns_ = std::move(names);
    return *this;
}
sink_options& sink_options::arrays(array_form wanted) {
    arrays_ = wanted;
    return *this;
}
sink_options& sink_options::lines_per_file(std::uint64_t count) {
    lines_per_file_ = count;
    return *this;
}
sink_options& sink_options::member_bytes(std::size_t count) {
    member_bytes_ = count;
    return *this;
}
sink_options& sink_options::images_of(dialect which) {
    images_of_ = which;
    return *this;
}

namespace {

sink_form form_of(std::string_view path, const sink_options& options) {
    return options.form() == sink_form::automatic ? form_by_name(path) : options.form();
}

void check(const std::string& path, sink_form form, const sink_options& options) {
    if (path.empty()) throw unusable("an output has no name; name a file");
    if (options.lines_per_file() == 0) throw unusable(path + ": a file of no lines; it takes 1 at least");
    if (options.member_bytes() < 64 * 1024 || options.member_bytes() > (64U << 20U)) {
        throw unusable(path + ": a member has 64 KiB to 64 MiB");
    }
    if (form != sink_form::sqlite) return;
    if (!options.columns().empty())
        throw unusable(path + ": a database has the whole image; leave out the columns");
    if (coding_by_name(path) != coding::plain)
        throw unusable(path + ": a database cannot be packed; name it without");
}

}  // namespace

}  // namespace getty::connect::ingest

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

std::unique_ptr<sink> open_sink(const boost::asio::any_io_executor& executor, const std::string& path,
                                sink_options options) {
    const sink_form form = form_of(path, options);
    check(path, form, options);
    if (form == sink_form::sqlite) return std::make_unique<sqlite_sink>(path, options);
    record_text text(path, form, options);
    if (const auto pattern = shard_pattern::parse(path)) {
        return std::make_unique<shard_sink>(*pattern, std::move(text), options);
    }
    struct stat about{};
    const bool there = ::stat(path.c_str(), &about) == 0;
    if (there && S_ISDIR(about.st_mode)) throw unusable(path + ": is a directory; name a file");
    if (!there || S_ISREG(about.st_mode)) return std::make_unique<file_sink>(path, std::move(text), options);
    if (options.if_existing() == existing::resumed) {
        throw unusable(path + ": is no disk file, so it cannot be gone on with; name one");
    }
    if (coding_by_name(path) != coding::plain) {
        throw unusable(path + ": is no disk file, so it is not packed; name it without .gz or .zst");
    }
    return std::make_unique<stream_sink>(executor, path, std::move(text));
}

std::unique_ptr<sink> open_stream_sink(const boost::asio::any_io_executor& executor, int descriptor,
                                       std::string name, const sink_options& options) {
    const sink_form form = form_of("", options);
    if (form == sink_form::sqlite) throw unusable(name + ": a database needs a file; name one");
    if (options.if_existing() == existing::resumed) {
        throw unusable(name + ": is no file of its own, so it cannot be gone on with; name one");
    }
    record_text text(name, form, options);
    return std::make_unique<stream_sink>(executor, descriptor, std::move(name), std::move(text));
}

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI
