#include "cli/files.hpp"

#include "cli/console.hpp"
#include "cli/trouble.hpp"

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdlib.h>
#include <string>
#include <unistd.h>

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

TEST_CASE("files: a file is recognised under another name") {
    std::string path = "/tmp/getty-connect-test-XXXXXX";
    const owned_descriptor file(::mkstemp(path.data()));
    CHECK(same_file(file.get(), path));
    CHECK(same_file(file.get(), "/tmp/../" + path));
    CHECK_FALSE(same_file(file.get(), "/etc/passwd"));
    CHECK_FALSE(same_file(file.get(), "/nonexistent"));
    // Reading from and writing to the same terminal or device is no accident.
    const owned_descriptor device = open_file("/dev/null", O_RDONLY);
    CHECK_FALSE(same_file(device.get(), "/dev/null"));
    ::unlink(path.c_str());
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
