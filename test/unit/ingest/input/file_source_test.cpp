#include "ingest/input/file_source.hpp"

#include "core/descriptor.hpp"
#include "unit/ingest/packing.hpp"
#include "unit/ingest/scratch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;
using test::scratch;

namespace {

namespace asio = boost::asio;
using found = std::vector<std::string>;

asio::awaitable<void> pull_all(source& from, found& all) {
    for (;;) {
        std::optional<occurrence> one = co_await from.next();
        if (!one) break;
        all.push_back(one->trouble.empty() ? one->id : "!" + one->trouble);
    }
}

// What the source throws comes last, in "<>".
found pulled(asio::io_context& context, source& from) {
    found all;
    asio::co_spawn(context, pull_all(from, all), [&](std::exception_ptr failed) {
        try {
            if (failed) std::rethrow_exception(failed);
        } catch (const std::exception& why) {
            all.push_back("<" + std::string(why.what()) + ">");
        }
    });
    context.run();
    return all;
}

found read(const std::vector<std::string>& paths, const input_options& how = input_options()) {
    asio::io_context context;
    const auto from = open_input(context.get_executor(), paths, how);
    return pulled(context, *from);
}

std::string refusal(const std::vector<std::string>& paths, const input_options& how = input_options()) {
    asio::io_context context;
    try {
        (void)open_input(context.get_executor(), paths, how);
    } catch (const std::exception& why) {
        return why.what();
    }
    return {};
}

// Another descriptor in the place of standard input.
class standard_input {
public:
    explicit standard_input(int descriptor) : before_(::dup(STDIN_FILENO)) {
        REQUIRE(::dup2(descriptor, STDIN_FILENO) == STDIN_FILENO);
    }
    ~standard_input() {
        ::dup2(before_, STDIN_FILENO);
        ::close(before_);
    }
    standard_input(const standard_input&) = delete;
    standard_input& operator=(const standard_input&) = delete;

private:
    int before_;
};

std::string named_pipe(const scratch& folder) {
    const std::string path = folder.path("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    return path;
}

asio::awaitable<void> pull_some(source& from, std::size_t count, found& all) {
    while (all.size() < count) {
        std::optional<occurrence> one = co_await from.next();
        if (!one) break;
        all.push_back(one->id);
    }
}

}  // namespace

TEST_CASE("J1: several files of several forms are one input, and a bad line has its file and line") {
    const scratch folder;
    const std::string lines = folder.write("a.txt", "1\n\n2,\n");
    const std::string table = folder.write("b.csv", "title,id\nx,3\ny,\n");
    const std::string packed =
        folder.write("c.ndjson.gz", test::gzip_member("{\"id\":4}\n") + test::gzip_member("5\n"));
    CHECK(read({lines, table, packed}) ==
          found{"1", "!" + lines + ":3: it ends with a comma; write one id a line and nothing else", "3",
                "!" + table + ":3: its column \"id\" is empty", "4", "5"});
}

TEST_CASE("J1: a file that is wrong as a whole is refused before an id is asked for") {
    const scratch folder;
    const std::string good = folder.write("good.txt", "1\n");
    const std::string wide = folder.write("wide.txt", std::string("\xFF\xFE"
                                                                  "1\0",
                                                                  4));
    const std::string table = folder.write("t.csv", "a,b\n1,2\n");
    const std::string torn = folder.write("torn.gz", test::gzip_member("1\n").substr(0, 15));
    CHECK(refusal({good, wide}) == wide + ": it is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8");
    CHECK(refusal({good, table}).starts_with(table + ": its first line names no column \"id\""));
    CHECK(refusal({torn}) == torn + ": it is packed with gzip and ends in the middle: the file is not whole");
    CHECK(refusal({folder.path("absent")}) == folder.path("absent") + ": No such file or directory");
    CHECK(refusal({folder.path("")}).ends_with("is a directory; name a file of ids"));
    CHECK(refusal({}) == "no input was named; name a file, or - for standard input");
    CHECK(refusal({"-", "-"}) == "standard input is named twice; it can be read once");
}

TEST_CASE("J1: what shows behind the beginning ends the ids, after those before it") {
    const scratch folder;
    std::string many;
    for (int i = 0; i < 100'000; ++i) many += std::to_string(1'000'000 + i) + "\n";
    const std::string damaged = folder.write("a.gz", test::gzip_member(many) + "rubbish");
    const found got = read({damaged});
    REQUIRE(got.size() == 100'001);
    CHECK(got[99'999] == "1099999");
    CHECK(got.back().starts_with("<" + damaged + ": it is packed with gzip and is damaged: "));
}

TEST_CASE("J1: a named pipe whose writer has gone has its ids and its end") {
    const scratch folder;
    const std::string path = folder.path("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    core::descriptor both(::open(path.c_str(), O_RDWR | O_CLOEXEC));  // so that opening does not block
    asio::io_context context;
    const auto from = open_input(context.get_executor(), {path});
    core::descriptor writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(::write(writer.get(), "1\n2", 3) == 3);
    writer.close();
    both.close();
    CHECK(pulled(context, *from) == found{"1", "2"});
}

TEST_CASE("J1: repeated ids are kept, or dropped over all files") {
    const scratch folder;
    const std::string a = folder.write("a.txt", "1\n2\n1\n,\n,\n");
    const std::string b = folder.write("b.txt", "2\n3\n");
    CHECK(read({a, b}).size() == 7);
    const found once = read({a, b}, input_options().repeated(repeats::dropped));
    CHECK(once.size() == 5);
    CHECK(once.back() == "3");
}

TEST_CASE("J1: counting tells valid, repeated and bad ids and asks nobody") {
    const scratch folder;
    const std::string a = folder.write("a.txt", "1\n2\n1\nx y\n1\n");
    asio::io_context context;
    const auto from = open_input(context.get_executor(), {a});
    input_count count;
    auto counting = [&]() -> asio::awaitable<void> { count = co_await count_ids(*from); };
    asio::co_spawn(context, counting(), [](std::exception_ptr failed) { REQUIRE(!failed); });
    context.run();
    CHECK(count.valid == 4);
    CHECK(count.doubled == 2);
    CHECK(count.bad == 1);
    CHECK(count.first_troubles == found{a + ":4: it holds a blank; write one id a line and nothing else"});
    CHECK(from->percent_read() == 100);
}

TEST_CASE("J1: the share that was read counts what was handed out, not what was read ahead") {
    const scratch folder;
    std::string lines;
    for (int i = 0; i < 1'000; ++i) lines += std::to_string(1'000'000 + i) + "\n";
    for (const std::string& path : {folder.write("a.txt", lines), folder.write("b.csv", lines),
                                    folder.write("c.gz", test::gzip_member(lines))}) {
        CAPTURE(path);
        asio::io_context context;
        const auto from = open_input(context.get_executor(), {path},
                                     input_options().id_column(path.ends_with("v") ? "1" : ""));
        CHECK(from->percent_read() == 0);
        std::vector<unsigned> shares;
        const auto look = [&]() -> asio::awaitable<void> {
            for (int taken = 1; taken <= 1'000; ++taken) {
                const std::optional<occurrence> one = co_await from->next();
                if (one && taken % 250 == 0) shares.push_back(from->percent_read().value_or(101));
            }
        };
        asio::co_spawn(context, look(), [](std::exception_ptr failed) { REQUIRE(!failed); });
        context.run();
        CHECK(shares == std::vector<unsigned>{25, 50, 75, 100});
    }
}

TEST_CASE("J1: a source that is stopped ends, also while it waits") {
    const scratch folder;
    const std::string path = folder.path("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    core::descriptor both(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::write(both.get(), "1\n", 2) == 2);
    asio::io_context context;
    const auto from = open_input(context.get_executor(), {path});
    found all;
    asio::co_spawn(context, pull_all(*from, all), [](std::exception_ptr failed) { REQUIRE(!failed); });
    while (all.empty()) context.run_one();
    while (context.poll() > 0) continue;
    from->stop();
    context.run();
    CHECK(all == found{"1"});
}

TEST_CASE("J1: a pipe is waited for, and read no further ahead than the buffer") {
    const scratch folder;
    const std::string path = named_pipe(folder);
    const core::descriptor writer(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    asio::io_context context;
    const auto from = open_input(context.get_executor(), {path});
    found got;
    asio::co_spawn(context, pull_some(*from, 2, got), asio::detached);
    context.poll();
    CHECK(got.empty());
    REQUIRE(::write(writer.get(), "1\n2", 3) == 3);
    while (got.empty()) context.run_one();
    REQUIRE(::write(writer.get(), "2\n3\n", 4) == 4);
    while (got.size() < 2) context.run_one();
    CHECK(got == found{"1", "22"});
    CHECK_FALSE(from->percent_read().has_value());
    // Nobody pulls: what is written now stays in the pipe.
    std::string many;
    while (many.size() < 60'000) many += "123456789\n";
    REQUIRE(::write(writer.get(), many.data(), many.size()) == static_cast<ssize_t>(many.size()));
    context.restart();
    context.poll();
    CHECK(::write(writer.get(), many.data(), many.size()) < static_cast<ssize_t>(many.size()));
    from->stop();
}

TEST_CASE("J1: an endless line costs one buffer, not the memory of the machine") {
    const found got = read({"/dev/zero"});
    CHECK(got == found{"</dev/zero: it holds NUL (U+0000): binary data, not text with one id a line>"});
}

TEST_CASE("J1: of a pipe that is wrong as a whole nothing is pulled") {
    const scratch folder;
    const std::string path = named_pipe(folder);
    const core::descriptor writer(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    constexpr std::string_view binary("\0\n1\n", 4);
    REQUIRE(::write(writer.get(), binary.data(), binary.size()) == static_cast<ssize_t>(binary.size()));
    CHECK(read({path}) ==
          found{"<" + path + ": it holds NUL (U+0000): binary data, not text with one id a line>"});
}

TEST_CASE("S7: a pipe whose writer has gone gives its ids and its end, and one without ids its end") {
    for (const std::string_view sent : {"1\n2", ""}) {
        CAPTURE(sent);
        const scratch folder;
        const std::string path = named_pipe(folder);
        const core::descriptor reading(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        {
            const core::descriptor writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
            REQUIRE(::write(writer.get(), sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
        }
        // The source's own opening comes after that: the system does not call such a pipe readable.
        const standard_input stands_in(reading.get());
        CHECK(read({"-"}).size() == (sent.empty() ? 0U : 2U));
    }
}

TEST_CASE("S7: what cannot be read is told, at once where that shows") {
    {
        const core::descriptor writing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
        const standard_input stands_in(writing.get());
        CHECK(refusal({"-"}) == "standard input: is closed, or not open for reading");
    }
    CHECK(refusal({"/nonexistent/ids"}) == "/nonexistent/ids: No such file or directory");
    CHECK(refusal({"/tmp"}) == "/tmp: is a directory; name a file of ids");
    CHECK(read({"/dev/null"}).empty());
    // Reading this process's memory at address 0 fails with EIO.
    CHECK(read({"/proc/self/mem"}) == found{"</proc/self/mem: Input/output error>"});
}
