#include "ingest/sink/journal_file.hpp"

#include "ingest/files/file_lock.hpp"
#include "ingest/files/files.hpp"
#include "ingest/files/output_file.hpp"
#include "ingest/files/replacement.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace getty::connect::ingest {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
/// So much is read before others have their turn: a millisecond.
constexpr std::size_t turn_bytes = 2U << 20U;

std::size_t read_at(int descriptor, std::vector<char>& to, std::uint64_t at, const std::string& name) {
    for (;;) {
        const ssize_t count = ::pread(descriptor, to.data(), to.size(), static_cast<off_t>(at));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) throw local_failure(name + ": " + system_words(errno));
    }
}

std::uint64_t size_of(int descriptor) noexcept {
    struct stat about{};
    return ::fstat(descriptor, &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

}  // namespace

coding coding_by_name(std::string_view name) noexcept {
    if (name.ends_with(".gz")) return coding::gzip;
    return name.ends_with(".zst") ? coding::zstd : coding::plain;
}

sink_form form_by_name(std::string_view name) noexcept {
    if (coding_by_name(name) != coding::plain) name = name.substr(0, name.rfind('.'));
    if (name.ends_with(".csv")) return sink_form::csv;
    if (name.ends_with(".sqlite") || name.ends_with(".db")) return sink_form::sqlite;
    return sink_form::ndjson;
}

journaled journaled_as(written_line::what what) noexcept {
    switch (what) {
        case written_line::what::image:
            return journaled::found;
        case written_line::what::final_failure:
            return journaled::failed;
        case written_line::what::other_failure:
        case written_line::what::foreign:
            break;
    }
    return journaled::failed_for_now;
}

boost::asio::awaitable<journal_scanner::end> read_journal(int descriptor, std::string name, coding how,
                                                          const journal_layout& layout, line_reader& reader,
                                                          recovery& into) {
    const auto tell = [&into](const written_line& line, std::string_view) {
        into.entry(line.key, journaled_as(line.is), 1);
    };
    journal_scanner scanner(name, how, layout, reader, tell);
    std::vector<char> buffer(piece_bytes);
    const std::uint64_t size = size_of(descriptor);
    std::uint64_t at = 0;
    for (std::size_t turn = 0;;) {
        const std::size_t count = read_at(descriptor, buffer, at, name);
        if (count == 0) break;
        scanner.feed({buffer.data(), count});
        at += count;
        turn += count;
        if (turn < turn_bytes) continue;
        turn = 0;
        into.progress(at, size);
        const auto executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
    into.progress(at, size);
    co_return scanner.finish();
}

rewritten rewrite_journal(int descriptor, const std::string& path, coding how, std::size_t member_bytes,
                          const journal_layout& layout, std::uint64_t old_lines,
                          const sink::drop_rule& drop) {
    std::error_code failed;
    const std::filesystem::path real = std::filesystem::canonical(path, failed);
    const std::string target = failed ? path : real.string();
    replacement copy(target);
    core::descriptor file = std::move(copy.file());
    lock_file(file.get(), path);
    core::descriptor second(::fcntl(file.get(), F_DUPFD_CLOEXEC, 3));
    if (!second.is_open()) throw local_failure(path + ": " + system_words(errno));
    output_file to(path, std::move(second), how, member_bytes);
    std::string text;
    std::uint64_t line_number = 0;
    const auto copy_line = [&](const written_line& line, std::string_view whole) {
        const bool old = line_number++ < old_lines;
        const journaled what = journaled_as(line.is);
        if (old && what != journaled::found && drop(line.key, what)) return;
        text.assign(whole);
        text += '\n';
        to.append(text, 1);
        if (to.full()) to.write();
    };
    line_reader reader(line_layout::typed);
    journal_scanner scanner(path, how, layout, reader, copy_line);
    std::vector<char> buffer(piece_bytes);
    for (std::uint64_t at = 0;;) {
        const std::size_t count = read_at(descriptor, buffer, at, path);
        if (count == 0) break;
        scanner.feed({buffer.data(), count});
        at += count;
    }
    if (scanner.finish().torn)
        throw local_failure(path + ": was changed by somebody else while it was written");
    to.sync();
    copy.take_place();
    return {std::move(file), to.size_bytes(), to.appended_lines()};
}

}  // namespace getty::connect::ingest
