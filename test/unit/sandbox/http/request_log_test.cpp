// The log of requests as a file has it.
#include "sandbox/http/request_log.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

using namespace getty::connect;
using sandbox::request_log;

namespace {

struct file {
    file() {
        std::string name = (std::filesystem::temp_directory_path() / "request-log-XXXXXX").string();
        const int fd = ::mkstemp(name.data());
        REQUIRE(fd >= 0);
        ::close(fd);
        path = name;
    }
    ~file() { ::unlink(path.c_str()); }
    file(const file&) = delete;
    file& operator=(const file&) = delete;

    [[nodiscard]] std::string text() const {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string path;
};

constexpr std::chrono::sys_seconds moment(std::chrono::seconds(784'111'777));

}  // namespace

TEST_CASE("request log: a line for each id, there as soon as they are written, after what was there") {
    const file f;
    {
        request_log log = request_log::open(f.path).value();
        const request_log::line group[] = {{"83454800", 200}, {"a\"\n", 404}};
        CHECK(log.write(moment, 7, group).has_value());
        CHECK(f.text() == R"({"time":"1994-11-06T08:49:37Z","request":7,"id":"83454800","status":200})"
                          "\n"
                          R"({"time":"1994-11-06T08:49:37Z","request":7,"id":"a\"\u000a","status":404})"
                          "\n");
    }
    request_log more = request_log::open(f.path).value();
    const request_log::line one[] = {{"1", 0}};
    CHECK(more.write(moment, 1, one).has_value());
    CHECK(f.text().ends_with(
        "\n{\"time\":\"1994-11-06T08:49:37Z\",\"request\":1,\"id\":\"1\",\"status\":0}\n"));
}

TEST_CASE("request log: what cannot be opened is told with file, reason and mend") {
    const auto none = request_log::open("/nonexistent-folder/log");
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().value() == errc::invalid_option);
    CHECK(
        none.error().message() ==
        "request_log /nonexistent-folder/log cannot be opened (No such file or directory); name a file that "
        "can be written to");
}

TEST_CASE("request log: a failure is told once, and nothing is written after it") {
    request_log log = request_log::open("/dev/full").value();
    const request_log::line one[] = {{"1", 200}};
    const auto first = log.write(moment, 1, one);
    REQUIRE_FALSE(first.has_value());
    CHECK(first.error().message() ==
          "request_log /dev/full cannot be written to (No space left on device); it ends here");
    CHECK(log.write(moment, 2, one).has_value());
}
