// A file of ids: every line that asks for something is heard once, in its place, whatever the pieces.
//
// An input is a choice of a long line's length and a seed, then the bytes; \x02 in them stands for a long run
// of 'a', for the limit of a line lies beyond what a fuzzer writes.
#include "cli/id_reader.hpp"
#include "cli/json_text.hpp"
#include "core/random.hpp"
#include "fuzz/support/fuzz.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::cli;

namespace {

using lines = std::vector<id_line>;
using cut = std::function<std::size_t()>;

bool same(const lines& a, const lines& b) {
    return std::ranges::equal(a, b, [](const id_line& x, const id_line& y) {
        return x.number == y.number && x.id == y.id && x.trouble == y.trouble;
    });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(" \t\r"), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

/// The lines by their definition, from all bytes at once.
lines expected(std::string_view bytes) {
    lines all;
    for (std::uint64_t number = 1; !bytes.empty(); ++number) {
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        const bool too_long = line.size() > id_lines::max_line_bytes;
        const auto read = too_long ? std::nullopt : read_id_line(line, number);
        if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
        line = trimmed(line);
        const bool silent = line.empty() || line.front() == '#';
        if (too_long) {
            // of a long line the beginning alone is looked at
            if (silent) continue;
            all.emplace_back().number = number;
            continue;
        }
        must(read.has_value() == !silent);
        if (!read) continue;
        must(read->number == number && read->id.empty() != read->trouble.empty());
        must(is_plain_line(read->trouble) && is_utf8(read->id));
        if (line.front() != '{') must(read->trouble.empty() ? read->id == line : !is_utf8(line));
        all.push_back(*read);
    }
    return all;
}

lines read_in_pieces(std::string_view bytes, const cut& next) {
    id_lines reader;
    lines all;
    for (;;) {
        while (auto line = reader.next()) all.push_back(*std::move(line));
        if (bytes.empty()) break;
        const auto room = reader.room();
        must(!room.empty());
        const std::size_t count = std::min({room.size(), bytes.size(), next()});
        std::copy_n(bytes.data(), count, room.data());
        bytes.remove_prefix(count);
        reader.filled(count);
    }
    reader.finish();
    while (auto line = reader.next()) all.push_back(*std::move(line));
    must(!reader.next());
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

boost::asio::awaitable<void> pull_all(id_reader& from, std::vector<std::string>& ids) {
    for (;;) {
        std::optional<std::string> id = co_await from.next();
        if (!id) break;
        ids.push_back(*std::move(id));
    }
}

void check_pulled(id_reader& from, const std::vector<std::string>& ids, const lines& wanted) {
    must(from.failure().empty() && ids.size() == wanted.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const pulled_line behind = from.take(i);
        must(ids[i] == wanted[i].id && behind.number == wanted[i].number);
        must(behind.trouble == wanted[i].trouble);
        must(from.take(i).number == 0);
    }
}

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
        must(count > 0);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string path_of(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

void check_disk_file(std::string_view bytes, const lines& wanted) {
    const owned_descriptor file(::memfd_create("ids", MFD_CLOEXEC));
    must(file.open());
    write_all(file.get(), bytes);
    boost::asio::io_context context;
    id_reader from(context.get_executor(), path_of(file.get()));
    std::vector<std::string> ids;
    boost::asio::co_spawn(context, pull_all(from, ids), [](std::exception_ptr failed) { must(!failed); });
    context.run();
    check_pulled(from, ids, wanted);
    must(bytes.empty() || from.percent_read() == 100U);
}

void check_pipe(std::string_view bytes, const lines& wanted, const cut& next) {
    int ends[2];
    must(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    const owned_descriptor reading(ends[0]);
    owned_descriptor writing(ends[1]);
    boost::asio::io_context context;
    id_reader from(context.get_executor(), path_of(reading.get()));
    std::vector<std::string> ids;
    boost::asio::co_spawn(context, pull_all(from, ids), [](std::exception_ptr failed) { must(!failed); });
    while (!bytes.empty()) {
        const std::size_t count = std::min(bytes.size(), next());
        write_all(writing.get(), bytes.substr(0, count));
        bytes.remove_prefix(count);
        while (context.poll() > 0) {
        }
    }
    writing = owned_descriptor();
    context.run();
    check_pulled(from, ids, wanted);
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
    const lines whole = read_in_pieces(bytes, [] { return static_cast<std::size_t>(-1); });
    must(same(read_in_pieces(bytes, is_long ? bytewise_at_the_limit() : bytewise), whole));
    must(same(read_in_pieces(bytes, slices), whole));

    lines wanted = expected(bytes);
    must(wanted.size() == whole.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const bool too_long = wanted[i].id.empty() && wanted[i].trouble.empty();
        must(!too_long || whole[i].trouble.ends_with("it is longer than 65536 bytes"));
        if (too_long) wanted[i].trouble = whole[i].trouble;
    }
    must(same(wanted, whole));
    if (seed % 8 == 0) check_disk_file(bytes, whole);
    if (seed % 8 == 1) check_pipe(bytes, whole, slices);
    return 0;
}
