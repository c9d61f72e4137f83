#include "cli/lines/files.hpp"

#include "cli/report/console.hpp"
#include "cli/trouble.hpp"
#include "core/descriptor.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <stdlib.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace getty::connect::cli;

TEST_CASE("files: a shell reads a quoted word as it was") {
    // Expectations: POSIX Shell Command Language, 2.2.
    CHECK(shell_quoted("https://localhost:8443/api") == "https://localhost:8443/api");
    CHECK(shell_quoted("") == "''");
    CHECK(shell_quoted("a b") == "'a b'");
    CHECK(shell_quoted("$(rm)`\"\\") == "'$(rm)`\"\\'");
    CHECK(shell_quoted("it's") == "'it'\\''s'");
}

TEST_CASE("files: replacing a file leaves the old or the new one, and nothing beside it") {
    std::string folder = "/tmp/getty-connect-test-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string path = folder + "/f";
    replace_file(path, "old");
    replace_file(path, "new");
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "new");
    ::unlink(path.c_str());
    CHECK(::rmdir(folder.c_str()) == 0);
    CHECK_THROWS_AS(replace_file("/nonexistent/f", "x"), local_failure);
}

TEST_CASE("S6: a file is recognised under another name") {
    std::string path = "/tmp/getty-connect-test-XXXXXX";
    const getty::connect::core::descriptor file(::mkstemp(path.data()));
    const std::string other = path + "-link";
    REQUIRE(::link(path.c_str(), other.c_str()) == 0);
    REQUIRE(identity_of(file.get()).has_value());
    CHECK(identity_of(path) == identity_of(file.get()));
    CHECK(identity_of("/tmp/../" + path) == identity_of(file.get()));
    CHECK(identity_of(other) == identity_of(file.get()));
    CHECK(identity_of("/etc/passwd") != identity_of(file.get()));
    CHECK_FALSE(identity_of("/nonexistent").has_value());
    CHECK_FALSE(identity_of(-1).has_value());
    // Reading from and writing to the same terminal or device is no accident.
    CHECK_FALSE(identity_of("/dev/null").has_value());
    ::unlink(other.c_str());
    ::unlink(path.c_str());
}

TEST_CASE("S7: writing all of a text waits for a reader who is slow, and ends with one who has gone") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_NONBLOCK) == 0);
    auto* const handler = ::signal(SIGPIPE, SIG_IGN);
    const std::string text(300'000, 'x');
    std::size_t received = 0;
    std::thread reader([&] {
        std::array<char, 4096> piece{};
        while (received < text.size()) {
            pollfd one{ends[0], POLLIN, 0};
            ::poll(&one, 1, -1);
            const ssize_t count = ::read(ends[0], piece.data(), piece.size());
            if (count > 0) received += static_cast<std::size_t>(count);
        }
    });
    CHECK(write_all(ends[1], text) == 0);
    reader.join();
    CHECK(received == text.size());
    ::close(ends[0]);
    CHECK(write_all(ends[1], "x") == EPIPE);
    ::signal(SIGPIPE, handler);
    ::close(ends[1]);
    CHECK(write_all(ends[1], "x") == EBADF);
    const getty::connect::core::descriptor full = open_file("/dev/full", O_WRONLY);
    CHECK(write_all(full.get(), "x") == ENOSPC);
}

TEST_CASE("console: what is no terminal gets no status line, no colour and no control characters") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    console to(ends[1], console::colour::where_terminal);
    CHECK_FALSE(to.terminal());
    to.status("12 done");
    to.error("bad \x1b[2J\r id");
    to.clear_status();
    to.note("fine");
    std::array<char, 200> text{};
    const ssize_t count = ::read(ends[0], text.data(), text.size());
    CHECK(std::string(text.data(), static_cast<std::size_t>(count)) ==
          "getty-connect: error: bad ?[2J? id\ngetty-connect: fine\n");
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("console: where one object is written at the end, errors wait for it and every line is JSON") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    console to(ends[1], console::colour::where_terminal);
    to.keep_messages();
    to.error("first");
    to.error("bad \x1b id");
    to.warning("careful");
    to.hint("press a key");
    to.note("opened \"a\"");
    CHECK(to.kept().errors == std::vector<std::string>{"first", "bad ? id"});
    CHECK(to.kept().warnings == std::vector<std::string>{"careful"});
    std::array<char, 200> text{};
    const ssize_t count = ::read(ends[0], text.data(), text.size());
    CHECK(std::string(text.data(), static_cast<std::size_t>(count)) == "{\"note\":\"opened \\\"a\\\"\"}\n");
    for (int i = 0; i < 1000; ++i) to.error("again");
    CHECK(to.kept().errors.size() == 100);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("console: a reader that has gone is not an error") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    ::close(ends[0]);
    auto* const handler = ::signal(SIGPIPE, SIG_IGN);
    console to(ends[1], console::colour::never);
    to.note("nobody hears this");
    ::signal(SIGPIPE, handler);
    ::close(ends[1]);
}
