#include "cli/id_reader.hpp"

#include "cli/trouble.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <fstream>
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
    CHECK(bad.trouble == "line 3: it is not valid UTF-8");
    CHECK(from.take(2).trouble.empty());
    CHECK(from.failure().empty());
}

TEST_CASE("id reader: a pipe is waited for, and read no further ahead than the buffer") {
    const folder in;
    REQUIRE(::mkfifo(in.file().c_str(), 0600) == 0);
    const owned_descriptor writer(::open(in.file().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(writer.open());
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
    const owned_descriptor writer(::open(in.file().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
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
    REQUIRE(got.ids.size() == 1);
    CHECK(from.take(0).trouble == "line 1: it is longer than 65536 bytes");
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
