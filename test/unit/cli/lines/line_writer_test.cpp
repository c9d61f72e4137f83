#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "core/descriptor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace getty::connect::cli;

namespace {

// As the tool does: a reader that goes away is then an error of the write.
class ignored_signal {
public:
    explicit ignored_signal(int number) : number_(number), before_(std::signal(number, SIG_IGN)) {}
    ~ignored_signal() { std::signal(number_, before_); }
    ignored_signal(const ignored_signal&) = delete;
    ignored_signal& operator=(const ignored_signal&) = delete;

private:
    int number_;
    void (*before_)(int);
};

struct pipe_pair {
    pipe_pair() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
    ~pipe_pair() {
        close_reader();
        ::close(ends[1]);
    }
    void close_reader() {
        if (ends[0] >= 0) ::close(ends[0]);
        ends[0] = -1;
    }
    [[nodiscard]] int reader() const { return ends[0]; }
    [[nodiscard]] int writer() const { return ends[1]; }
    std::array<int, 2> ends{};
    ignored_signal broken_pipe{SIGPIPE};
};

void spawn(boost::asio::io_context& context, boost::asio::awaitable<void> work, bool& done) {
    boost::asio::co_spawn(context, std::move(work), [&done](std::exception_ptr failed) {
        REQUIRE(failed == nullptr);
        done = true;
    });
}

struct scratch_file {
    explicit scratch_file(const std::string& text) {
        ::close(::mkstemp(path.data()));
        std::ofstream(path) << text;
    }
    ~scratch_file() { ::unlink(path.c_str()); }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    [[nodiscard]] std::string content() const {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string path = "/tmp/getty-connect-test-XXXXXX";
};

std::string read_once(int descriptor) {
    std::string text(65'536, '\0');
    const ssize_t count = ::read(descriptor, text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

}  // namespace

TEST_CASE("line writer: lines arrive whole and in order in a file") {
    std::string path = "/tmp/getty-connect-test-XXXXXX";
    ::close(::mkstemp(path.data()));
    boost::asio::io_context context;
    {
        line_writer to(context.get_executor(), path);
        bool done = false;
        to.append("one", "1");
        to.append("two", "2");
        spawn(context, to.drained(), done);
        context.run();
        CHECK(done);
        CHECK(to.complete_lines() == 2);
        CHECK_FALSE(to.failed());
        CHECK(to.failure().empty());
    }
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "one\ntwo\n");
    ::unlink(path.c_str());
}

TEST_CASE(
    "line writer: a reader that does not read holds back room and nothing else, and then gets every line") {
    const pipe_pair line;
    boost::asio::io_context context;
    line_writer to(context.get_executor(), line.writer(), "out");
    std::string sent;
    for (int i = 0; !to.full(); ++i) {
        const std::string one = std::to_string(i) + std::string(1'000, 'x');
        to.append(one, std::to_string(i));
        sent += one + "\n";
    }
    bool has_room = false;
    bool drained = false;
    spawn(context, to.room(), has_room);
    context.poll();
    // 64 KiB of the pipe make room for the caller; the rest waits for the reader.
    CHECK(has_room);
    while (!to.full()) {
        to.append("y", "y");
        sent += "y\n";
    }
    has_room = false;
    spawn(context, to.room(), has_room);
    for (int i = 0; i < 10; ++i) context.poll();
    CHECK_FALSE(has_room);
    std::string received;
    while (!has_room) {
        received += read_once(line.reader());
        context.poll();
    }
    spawn(context, to.drained(), drained);
    while (received.size() < sent.size()) {
        context.restart();
        context.poll();
        received += read_once(line.reader());
    }
    context.restart();
    context.poll();
    CHECK(drained);
    CHECK(received == sent);
    // The other holders of the pipe did not become non-blocking.
    CHECK((::fcntl(line.writer(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("line writer: a socket as standard output works and gets its flags back") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    {
        boost::asio::io_context context;
        line_writer to(context.get_executor(), ends[1], "out");
        bool done = false;
        to.append("hello", "1");
        spawn(context, to.drained(), done);
        context.run();
        CHECK(done);
    }
    CHECK(read_once(ends[0]) == "hello\n");
    CHECK((::fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("line writer: a reader that goes away is told with what had arrived") {
    pipe_pair line;
    boost::asio::io_context context;
    line_writer to(context.get_executor(), line.writer(), "standard output");
    to.append("one", "a1");
    to.append("two", "b2");
    to.pump();
    CHECK(to.complete_lines() == 2);
    line.close_reader();
    to.append("three", "c3");
    bool done = false;
    spawn(context, to.drained(), done);
    context.run();
    CHECK(done);
    REQUIRE(to.failed());
    CHECK(to.failure() ==
          "standard output: Broken pipe: its reader has gone; 2 lines were written completely, the last one "
          "for id b2");
}

TEST_CASE("line writer: a reader that goes away while it is waited for ends the wait") {
    pipe_pair line;
    boost::asio::io_context context;
    line_writer to(context.get_executor(), line.writer(), "out");
    while (!to.full()) to.append(std::string(4'000, 'x'), "1");
    bool drained = false;
    spawn(context, to.drained(), drained);
    context.poll();
    CHECK_FALSE(drained);
    line.close_reader();
    context.run();
    CHECK(drained);
    CHECK(to.failed());
}

TEST_CASE("line writer: a full disk is told, and the file ends with a whole line") {
    std::string path = "/tmp/getty-connect-test-XXXXXX";
    ::close(::mkstemp(path.data()));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit small{2'500, before.rlim_max};
    const ignored_signal too_large(SIGXFSZ);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string failure;
    {
        boost::asio::io_context context;
        line_writer to(context.get_executor(), path);
        for (int i = 0; i < 5; ++i) to.append(std::string(999, 'x'), std::to_string(i));
        to.pump();
        failure = to.failure();
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    CHECK(failure == path + ": File too large; 2 lines were written completely, the last one for id 1");
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}).size() == 2'000);
    ::unlink(path.c_str());
}

TEST_CASE("line writer: /dev/full fails at once with nothing written") {
    boost::asio::io_context context;
    line_writer to(context.get_executor(), "/dev/full");
    to.append("one", "1");
    bool done = false;
    spawn(context, to.drained(), done);
    context.run();
    CHECK(done);
    CHECK(to.failure() == "/dev/full: No space left on device; 0 lines were written completely");
}

TEST_CASE("S6: a file stays as it was until there is something to write, and then holds that alone") {
    const scratch_file file("yesterday\n");
    boost::asio::io_context context;
    {
        line_writer to(context.get_executor(), file.path);
        to.pump();
    }
    CHECK(file.content() == "yesterday\n");
    {
        line_writer to(context.get_executor(), file.path);
        to.append("new", "1");
        CHECK(file.content().empty());
        to.pump();
    }
    CHECK(file.content() == "new\n");
    {
        line_writer to(context.get_executor(), file.path);
        to.begin();
    }
    CHECK(file.content().empty());
}

TEST_CASE("S6: a file that was not there is removed again when nothing was begun") {
    const scratch_file file("");
    ::unlink(file.path.c_str());
    boost::asio::io_context context;
    {
        const line_writer to(context.get_executor(), file.path);
    }
    CHECK(::access(file.path.c_str(), F_OK) != 0);
    {
        line_writer to(context.get_executor(), file.path);
        to.begin();
    }
    CHECK(::access(file.path.c_str(), F_OK) == 0);
    ::unlink(file.path.c_str());
    {
        const line_writer to(context.get_executor(), file.path);
        // Another one has put something there meanwhile.
        ::unlink(file.path.c_str());
        std::ofstream(file.path) << "theirs";
    }
    CHECK(file.content() == "theirs");
}

TEST_CASE("S6: it is the same file that is written to, under each of its names") {
    const scratch_file file("yesterday\n");
    const std::string other = file.path + "-link";
    REQUIRE(::link(file.path.c_str(), other.c_str()) == 0);
    boost::asio::io_context context;
    {
        line_writer to(context.get_executor(), file.path);
        to.append("new", "1");
        to.pump();
    }
    std::ifstream linked(other);
    CHECK(std::string(std::istreambuf_iterator<char>(linked), {}) == "new\n");
    ::unlink(other.c_str());
}

TEST_CASE("S7: what is not open for writing is refused at once") {
    boost::asio::io_context context;
    const getty::connect::core::descriptor reading = open_file("/dev/null", O_RDONLY);
    CHECK_THROWS_WITH_AS(line_writer(context.get_executor(), reading.get(), "standard output"),
                         "standard output: is closed, or not open for writing", local_failure);
}

TEST_CASE("line writer: a file that cannot be opened is named") {
    boost::asio::io_context context;
    CHECK_THROWS_WITH_AS(line_writer(context.get_executor(), "/nonexistent/out"),
                         "/nonexistent/out: No such file or directory", local_failure);
}
