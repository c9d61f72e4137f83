// A file of ids: every line that asks for something is heard once, in its place, whatever the pieces; nothing
// is handed out as an id that cannot be one; and a file that is wrong as a whole ends there, for a disk file
// before it begins.
//
// An input is a choice of a long line's length and a seed, then the bytes; \x02 in them stands for a long run
// of 'a', for the limit of a line lies beyond what a fuzzer writes.
#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "core/descriptor.hpp"
#include "core/random.hpp"
#include "core/utf8.hpp"
#include "fuzz/support/fuzz.hpp"
#include "ingest/files/unpacker.hpp"
#include "ingest/input/file_source.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::cli;
using namespace getty::connect::ingest;

namespace {

/// What a reader made of the bytes.
struct heard {
    std::vector<id_line> lines;
    std::string wrong;  // as a whole, after these lines
};
using cut = std::function<std::size_t()>;

bool same(const heard& a, const heard& b) {
    return a.wrong == b.wrong && std::ranges::equal(a.lines, b.lines, [](const id_line& x, const id_line& y) {
               return x.number == y.number && x.id == y.id && x.trouble == y.trouble;
           });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(" \t\r"), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

/// Nothing that a list, a table or an editor leaves around an id.
void must_look_like_an_id(const std::string& id) {
    must(!id.empty() && core::is_utf8(id) && id.find_first_of(", \t\r\n\"'[]{}") == std::string::npos);
    must(std::ranges::all_of(id, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; }));
    must(id.find("\xC2\xA0") == std::string::npos && id.find("\xEF\xBB\xBF") == std::string::npos);
    must(!id_trouble(id));
}

/// One line of the definition below.
struct line_at {
    std::uint64_t number;
    std::size_t start;
    std::string_view bytes;
    std::string_view text;  // trimmed, without mark
    [[nodiscard]] bool too_long() const { return bytes.size() > id_lines::max_line_bytes; }
    [[nodiscard]] bool in_head() const {
        return start < id_lines::head_bytes && (too_long() || start + bytes.size() <= id_lines::head_bytes);
    }
    /// Of a long line the beginning alone is looked at.
    [[nodiscard]] bool has(char c) const {
        return bytes.substr(0, id_lines::max_line_bytes + 1).find(c) != bytes.npos;
    }
    [[nodiscard]] std::string_view seen_text() const {
        std::string_view seen = bytes.substr(0, id_lines::max_line_bytes + 1);
        if (number == 1 && seen.starts_with("\xEF\xBB\xBF")) seen.remove_prefix(3);
        return trimmed(seen);
    }
    [[nodiscard]] bool comment() const { return seen_text().starts_with('#'); }
    [[nodiscard]] bool inner_cr() const { return seen_text().find('\r') != std::string_view::npos; }
};

/// Whether the file is wrong as a whole here. `first`: no line before had anything in it; `first_id`: or was
/// a comment.
bool ends_the_file(const line_at& line, bool first, bool first_id) {
    if (line.number == 1 && packed_trouble(line.bytes)) return true;
    if (line.in_head() && (line.has('\0') || (first && line.inner_cr()))) return true;
    return line.too_long() && line.start < id_lines::head_bytes && first_id && !line.seen_text().empty() &&
           !line.comment() && !line.seen_text().starts_with('{');
}

/// The lines by their definition, from all bytes at once. Too long a line has neither id nor trouble; `wrong`
/// is "!" or empty.
heard expected(std::string_view bytes) {
    heard all;
    bool first = true;
    bool first_id = true;
    std::size_t start = 0;
    for (std::uint64_t number = 1; start < bytes.size(); ++number) {
        const std::size_t end = std::min(bytes.find('\n', start), bytes.size());
        line_at line{number, start, bytes.substr(start, end - start), {}};
        line.text = line.seen_text();
        start = end + 1;
        if (ends_the_file(line, first, first_id)) {
            all.wrong = "!";
            break;
        }
        first = first && line.text.empty();
        const bool silent = line.text.empty() ? !line.too_long() : line.comment() && !line.inner_cr();
        const auto read = line.too_long() ? std::nullopt : read_id_line(line.bytes, number);
        must(line.too_long() || read.has_value() == !silent);
        if (silent) continue;
        first_id = false;
        if (!read) {
            all.lines.emplace_back().number = number;
            continue;
        }
        must(read->number == number && read->id.empty() != read->trouble.empty());
        must(is_plain_line(read->trouble));
        if (read->trouble.empty()) must_look_like_an_id(read->id);
        if (line.text.front() != '{' && read->trouble.empty()) must(read->id == line.text);
        all.lines.push_back(*read);
    }
    return all;
}

heard read_in_pieces(std::string_view bytes, const cut& next) {
    id_lines reader;
    heard all;
    for (;;) {
        while (auto line = reader.next()) all.lines.push_back(*std::move(line));
        if (bytes.empty() || !reader.wrong().empty()) break;
        const auto room = reader.room();
        must(!room.empty());
        const std::size_t count = std::min({room.size(), bytes.size(), next()});
        std::copy_n(bytes.data(), count, room.data());
        bytes.remove_prefix(count);
        reader.filled(count);
    }
    reader.finish();
    while (auto line = reader.next()) all.lines.push_back(*std::move(line));
    must(!reader.next());
    all.wrong = reader.wrong();
    must(is_plain_line(all.wrong));
    return all;
}

/// Byte by byte where a long line becomes too long.
cut bytewise_at_the_limit() {
    return [calls = 0]() mutable -> std::size_t {
        if (calls++ == 0) return id_lines::max_line_bytes - 8;
        return calls < 20 ? 1 : 9'000;
    };
}

// --- Through descriptors: slower, so not each time ---

/// What a source yielded, and what it threw.
struct yielded {
    std::vector<ingest::occurrence> all;
    std::string thrown;
};

boost::asio::awaitable<void> pull_all(ingest::source& from, yielded& to) {
    for (;;) {
        std::optional<ingest::occurrence> one = co_await from.next();
        if (!one) break;
        to.all.push_back(*std::move(one));
    }
}

void start(boost::asio::io_context& context, ingest::source& from, yielded& to) {
    boost::asio::co_spawn(context, pull_all(from, to), [&to](std::exception_ptr failed) {
        try {
            if (failed) std::rethrow_exception(failed);
        } catch (const usage_error& why) {
            to.thrown = why.what();
        }
    });
}

void check_pulled(const yielded& got, const heard& wanted, const std::string& name) {
    must(got.all.size() == wanted.lines.size());
    must(got.thrown.ends_with(wanted.wrong) && got.thrown.empty() == wanted.wrong.empty());
    for (std::size_t i = 0; i < got.all.size(); ++i) {
        const ingest::occurrence& one = got.all[i];
        const id_line& line = wanted.lines[i];
        must(one.id == line.id && one.line == line.number && one.trouble.empty() == line.trouble.empty());
        must(line.trouble.empty() ||
             one.trouble == name + ":" + std::to_string(line.number) + ": " + line.trouble);
    }
}

std::string path_of(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

std::unique_ptr<ingest::source> opened(boost::asio::io_context& context, const std::string& path) {
    const ingest::id_keys keys{{1, 2}, {3, 4}};
    return std::make_unique<ingest::file_source>(context.get_executor(), std::vector<std::string>{path},
                                                 ingest::input_options(), keys);
}

void check_disk_file(std::string_view bytes, const heard& wanted) {
    const core::descriptor file(::memfd_create("ids", MFD_CLOEXEC));
    must(file.is_open());
    must(write_all(file.get(), bytes) == 0);
    const std::string path = path_of(file.get());
    boost::asio::io_context context;
    std::unique_ptr<ingest::source> from;
    try {
        from = opened(context, path);
    } catch (const usage_error& why) {
        must(!wanted.wrong.empty() && std::string_view(why.what()).ends_with(wanted.wrong));
        return;
    }
    must(wanted.wrong.empty());
    yielded got;
    start(context, *from, got);
    context.run();
    check_pulled(got, wanted, path);
    must(bytes.empty() || from->percent_read() == 100U);
}

void check_pipe(std::string_view bytes, const heard& wanted, const cut& next) {
    int ends[2];
    must(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    const core::descriptor reading(ends[0]);
    core::descriptor writing(ends[1]);
    const std::string path = path_of(reading.get());
    boost::asio::io_context context;
    const auto from = opened(context, path);
    yielded got;
    start(context, *from, got);
    while (!bytes.empty() && got.thrown.empty()) {
        const std::size_t count = std::min(bytes.size(), next());
        must(write_all(writing.get(), bytes.substr(0, count)) == 0);
        bytes.remove_prefix(count);
        while (context.poll() > 0) {
        }
    }
    writing = core::descriptor();
    context.run();
    check_pulled(got, wanted, path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    const std::size_t run = id_lines::max_line_bytes - 4 + in.below(8);
    const std::size_t seed = in.below(256);
    std::string bytes(in.rest());
    if (const std::size_t mark = bytes.find('\x02'); mark != std::string::npos)
        bytes.replace(mark, 1, std::string(run, 'a'));
    const bool is_long = bytes.size() > size;

    const auto random = core::seeded_random(seed);
    const cut slices = [&] { return 1 + random->next() % (is_long ? 9'000 : 40); };
    const cut bytewise = [] { return std::size_t{1}; };
    const heard whole = read_in_pieces(bytes, [] { return static_cast<std::size_t>(-1); });
    must(same(read_in_pieces(bytes, is_long ? bytewise_at_the_limit() : bytewise), whole));
    must(same(read_in_pieces(bytes, slices), whole));

    heard wanted = expected(bytes);
    must(wanted.lines.size() == whole.lines.size() && wanted.wrong.empty() == whole.wrong.empty());
    wanted.wrong = whole.wrong;
    for (std::size_t i = 0; i < wanted.lines.size(); ++i) {
        id_line& line = wanted.lines[i];
        if (line.id.empty() && line.trouble.empty()) line.trouble = "it is longer than 65,536 bytes";
    }
    must(same(wanted, whole));
    // What is packed is unpacked there.
    if (ingest::coding_of(bytes) != ingest::coding::plain) return 0;
    if (seed % 8 == 0) check_disk_file(bytes, whole);
    if (seed % 8 == 1) check_pipe(bytes, whole, slices);
    return 0;
}
