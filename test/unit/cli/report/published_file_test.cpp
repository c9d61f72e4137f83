#include "cli/report/published_file.hpp"

#include "cli/trouble.hpp"
#include "core/descriptor.hpp"
#include "unit/ingest/scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace getty::connect::cli;
using getty::connect::test::scratch;
using special = published_file::special;

namespace {

template <class Trouble>
std::string refusal(const std::string& path, special how) {
    try {
        const published_file one("--flag", path, how);
    } catch (const Trouble& why) {
        return why.what();
    }
    return {};
}

std::size_t files_in(const std::string& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

}  // namespace

TEST_CASE("W8: a file that is published has the new text in one step, and none is left beside it") {
    const scratch folder;
    const std::string path = folder.write("a.prom", "old");
    const published_file one("--flag", path, special::refused);
    CHECK(folder.read("a.prom") == "old");  // trying it out changes nothing
    CHECK(files_in(folder.path("")) == 1);
    struct stat before{};
    struct stat after{};
    REQUIRE(::stat(path.c_str(), &before) == 0);
    one.publish("new");
    REQUIRE(::stat(path.c_str(), &after) == 0);
    CHECK(folder.read("a.prom") == "new");
    CHECK(before.st_ino != after.st_ino);
    CHECK(files_in(folder.path("")) == 1);
}

TEST_CASE("W8: a file that is published keeps its mode, and a new one has that of any new file") {
    const scratch folder;
    const auto mode_of = [](const std::string& path) {
        struct stat about{};
        REQUIRE(::stat(path.c_str(), &about) == 0);
        return about.st_mode & 07777;
    };
    const std::string path = folder.write("a.json", "old");
    REQUIRE(::chmod(path.c_str(), 0604) == 0);
    const std::string other = folder.path("b.json");
    const mode_t before = ::umask(027);
    published_file("--flag", path, special::refused).publish("new");
    published_file("--flag", other, special::refused).publish("new");
    ::umask(before);
    CHECK(mode_of(path) == 0604);
    CHECK(mode_of(other) == 0640);
}

TEST_CASE("W8: the file that a symbolic link names is the one that is replaced") {
    const scratch folder;
    const std::string path = folder.write("real", "old");
    REQUIRE(::symlink(path.c_str(), folder.path("link").c_str()) == 0);
    published_file("--flag", folder.path("link"), special::refused).publish("new");
    CHECK(folder.read("real") == "new");
    CHECK(std::filesystem::is_symlink(folder.path("link")));
}

TEST_CASE("W8: what cannot be written is told at the beginning, by flag and path") {
    const scratch folder;
    CHECK(refusal<local_failure>(folder.path("no/such/a"), special::refused) ==
          "--flag " + folder.path("no/such/a") +
              ": a new file beside it cannot be made: No such file or directory");
    CHECK(refusal<usage_error>(folder.path(""), special::written) ==
          "--flag " + folder.path("") + ": is a directory; name a file");
    CHECK(refusal<usage_error>("/dev/null", special::refused) ==
          "--flag /dev/null: is no file that can be replaced; name one on a disk");
}

TEST_CASE("W8: a pipe or a device is written to and stays what it is") {
    const scratch folder;
    const std::string path = folder.path("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const getty::connect::core::descriptor reader(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    published_file("--flag", path, special::written).publish("text");
    CHECK(std::filesystem::is_fifo(path));
    char got[16];
    REQUIRE(::read(reader.get(), got, sizeof got) == 4);
    CHECK(std::string(got, 4) == "text");
    std::string told;
    try {
        published_file("--flag", "/dev/full", special::written).publish("text");
    } catch (const local_failure& why) {
        told = why.what();
    }
    CHECK(told == "--flag /dev/full: cannot be written: /dev/full: No space left on device: make room");
}

TEST_CASE("W8: a folder that goes away is told when the file is written, and the next one is tried") {
    const scratch folder;
    const std::string inside = folder.path("sub");
    REQUIRE(::mkdir(inside.c_str(), 0700) == 0);
    const published_file one("--flag", inside + "/a", special::refused);
    REQUIRE(::rmdir(inside.c_str()) == 0);
    CHECK_THROWS_AS(one.publish("text"), local_failure);
    REQUIRE(::mkdir(inside.c_str(), 0700) == 0);
    one.publish("text");
    CHECK(folder.read("sub/a") == "text");
}
