#include "cli/lines/id_reader.hpp"

#include "cli/trouble.hpp"
#include "core/descriptor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace getty::connect::cli;

namespace {

struct folder {
    folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~folder() {
        ::unlink(file().c_str());
        ::rmdir(path.c_str());
    }
    [[nodiscard]] std::string file() const { return path + "/ids"; }
    std::string path = "/tmp/getty-connect-test-XXXXXX";
};

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

// Pulls up to `wanted` ids; one that never comes leaves the list short.
boost::asio::awaitable<void> pull(id_reader& from, std::size_t wanted, std::vector<std::string>& ids,
                                  bool& ended) {
    while (ids.size() < wanted) {
        std::optional<std::string> one = co_await from.next();
        if (!one) {
            ended = true;
            break;
        }
        ids.push_back(*std::move(one));
    }
}

struct pulled {
    std::vector<std::string> ids;
    bool ended = false;
};

void start(boost::asio::io_context& context, id_reader& from, std::size_t wanted, pulled& to) {
    boost::asio::co_spawn(context, pull(from, wanted, to.ids, to.ended),
                          [](std::exception_ptr failed) { REQUIRE(failed == nullptr); });
}

}  // namespace

TEST_CASE("id reader: a disk file yields its ids, troubles in their place, and how much was read") {
    const folder in;
    std::ofstream(in.file()) << "1\n\nx\xFFy\n3\n";
    boost::asio::io_context context;
    id_reader from(context.get_executor(), in.file());
    CHECK(from.percent_read() == 0U);
    pulled got;
    start(context, from, 100, got);
    context.run();
    CHECK(got.ended);
    CHECK(got.ids == std::vector<std::string>{"1", "", "3"});
    CHECK(from.percent_read() == 100U);
    CHECK(from.take(0).number == 1);
    CHECK(from.take(0).number == 0);
    const pulled_line bad = from.take(1);
    CHECK(bad.number == 3);
    CHECK(bad.trouble.starts_with("it is not valid UTF-8 from byte 2 on"));
    CHECK(from.take(2).trouble.empty());
    CHECK(from.failure().empty());
}

TEST_CASE("id reader: a pipe is waited for, and read no further ahead than the buffer") {
    const folder in;
    REQUIRE(::mkfifo(in.file().c_str(), 0600) == 0);
    const getty::connect::core::descriptor writer(::open(in.file().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(writer.is_open());
    boost::asio::io_context context;
    id_reader from(context.get_executor(), in.file());
    pulled got;
    start(context, from, 2, got);
    context.poll();
    CHECK(got.ids.empty());
    REQUIRE(::write(writer.get(), "1\n2", 3) == 3);
    while (got.ids.empty()) context.run_one();
    CHECK(got.ids == std::vector<std::string>{"1"});
    REQUIRE(::write(writer.get(), "2\n3\n", 4) == 4);
    while (got.ids.size() < 2) context.run_one();
    CHECK(got.ids == std::vector<std::string>{"1", "22"});
    CHECK_FALSE(from.percent_read().has_value());
    // Nobody pulls: what is written now stays in the pipe.
    std::string many;
    while (many.size() < 60'000) many += "123456789\n";
    REQUIRE(::write(writer.get(), many.data(), many.size()) == static_cast<ssize_t>(many.size()));
    context.restart();
    context.poll();
    CHECK(::write(writer.get(), many.data(), many.size()) < static_cast<ssize_t>(many.size()));
    from.stop();
}

TEST_CASE("id reader: stopping ends a wait") {
    const folder in;
    REQUIRE(::mkfifo(in.file().c_str(), 0600) == 0);
    const getty::connect::core::descriptor writer(::open(in.file().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    boost::asio::io_context context;
    id_reader from(context.get_executor(), in.file());
    pulled got;
    start(context, from, 2, got);
    context.poll();
    CHECK_FALSE(got.ended);
    from.stop();
    context.run();
    CHECK(got.ended);
    CHECK(got.ids.empty());
}

TEST_CASE("id reader: devices that cannot be waited for are read at once") {
    boost::asio::io_context context;
    id_reader from(context.get_executor(), "/dev/null");
    pulled got;
    start(context, from, 2, got);
    context.run();
    CHECK(got.ended);
    CHECK(got.ids.empty());
}

TEST_CASE("id reader: an endless line costs one buffer, not the memory of the machine") {
    boost::asio::io_context context;
    id_reader from(context.get_executor(), "/dev/zero");
    pulled got;
    start(context, from, 1, got);
    context.run();
    CHECK(got.ended);
    CHECK(got.ids.empty());
    CHECK(from.wrong() == "/dev/zero: it holds NUL (U+0000): binary data, not text with one id a line");
    from.stop();
    CHECK_FALSE(from.wrong().empty());
}

TEST_CASE("X9: a disk file that is wrong as a whole is refused before anything is read from it") {
    const folder in;
    const auto refusal = [&](const std::string& bytes) -> std::string {
        std::ofstream(in.file()) << bytes;
        boost::asio::io_context context;
        try {
            const id_reader from(context.get_executor(), in.file());
        } catch (const usage_error& why) {
            return std::string(why.what()).substr(in.file().size());
        }
        return "accepted";
    };
    CHECK(refusal("1\r2\r") == ": its lines end with CR alone; convert it with: tr '\\r' '\\n'");
    CHECK(refusal(std::string("1\n2\0\n", 5)).starts_with(": it holds NUL"));
    CHECK(refusal("# ids\n" + std::string(200'000, '1')).starts_with(": it begins with a line of more than"));
    CHECK(refusal("1\n" + std::string(200'000, '1')) == "accepted");
    CHECK(refusal("") == "accepted");
    CHECK(refusal("1") == "accepted");
    CHECK(refusal("\"1\",\n") == "accepted");  // each line for itself
}

TEST_CASE("X9: of a pipe that is wrong as a whole nothing is pulled") {
    const folder in;
    REQUIRE(::mkfifo(in.file().c_str(), 0600) == 0);
    const getty::connect::core::descriptor writer(::open(in.file().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(::write(writer.get(), "\x1F\x8B\x08\n1\n", 6) == 6);
    boost::asio::io_context context;
    id_reader from(context.get_executor(), in.file());
    pulled got;
    start(context, from, 5, got);
    context.run();
    CHECK(got.ended);
    CHECK(got.ids.empty());
    CHECK(from.wrong() == in.file() + ": it is packed with gzip; unpack it with: gzip -dc");
}

TEST_CASE("S7: a pipe whose writer has gone gives its ids and its end, and one without ids its end") {
    for (const std::string_view sent : {"1\n2", ""}) {
        CAPTURE(sent);
        const folder in;
        REQUIRE(::mkfifo(in.file().c_str(), 0600) == 0);
        const getty::connect::core::descriptor reading(
            ::open(in.file().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        {
            const getty::connect::core::descriptor writer(::open(in.file().c_str(), O_WRONLY | O_CLOEXEC));
            REQUIRE(::write(writer.get(), sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
        }
        // The reader's own opening comes after that: the system does not call such a pipe readable.
        const standard_input stands_in(reading.get());
        boost::asio::io_context context;
        id_reader from(context.get_executor(), "-");
        pulled got;
        start(context, from, 5, got);
        context.run_for(std::chrono::seconds(30));
        CHECK(got.ended);
        CHECK(got.ids.size() == (sent.empty() ? 0U : 2U));
    }
}

TEST_CASE("S7: what is not open for reading is refused at once") {
    boost::asio::io_context context;
    const getty::connect::core::descriptor writing = open_file("/dev/null", O_WRONLY);
    const standard_input stands_in(writing.get());
    CHECK_THROWS_WITH_AS(id_reader(context.get_executor(), "-"),
                         "standard input: is closed, or not open for reading", local_failure);
}

TEST_CASE("id reader: what cannot be read is named") {
    boost::asio::io_context context;
    CHECK_THROWS_WITH_AS(id_reader(context.get_executor(), "/nonexistent/ids"),
                         "/nonexistent/ids: No such file or directory", local_failure);
    CHECK_THROWS_WITH_AS(id_reader(context.get_executor(), "/tmp"),
                         "/tmp: is a directory; name a file with one id a line", usage_error);
}

TEST_CASE("id reader: a failure while reading ends the ids and is told") {
    // Reading this process's memory at address 0 fails with EIO.
    boost::asio::io_context context;
    id_reader from(context.get_executor(), "/proc/self/mem");
    pulled got;
    start(context, from, 1, got);
    context.run();
    CHECK(got.ended);
    CHECK(from.failure() == "/proc/self/mem: Input/output error");
}
