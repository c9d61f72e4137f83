#include "cli/report/console.hpp"

#include "unit/ingest/scratch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <regex>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

using namespace getty::connect::cli;

namespace {

// What a console on a file writes.
template <class Act>
std::string told(Act act) {
    const getty::connect::test::scratch folder;
    const std::string path = folder.path("log");
    const int file = ::open(path.c_str(), O_CREAT | O_RDWR, 0600);
    REQUIRE(file >= 0);
    console one(file, console::colour::where_terminal);
    act(one);
    ::close(file);
    return folder.read("log");
}

std::vector<boost::json::value> lines_of(const std::string& text) {
    std::vector<boost::json::value> all;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) all.push_back(boost::json::parse(line));
    return all;
}

void everything(console& one) {
    one.note("a note");
    one.hint("a hint");
    one.warning("a \"warning\"\x1b");
    one.error("an error");
    one.status("never seen without a terminal");
    one.object("summary", json_members().number("ids", 3U));
}

}  // namespace

TEST_CASE("W4: messages are lines for people by default") {
    const std::string text = told(everything);
    CHECK(text ==
          "getty-connect: a note\ngetty-connect: a hint\ngetty-connect: warning: a \"warning\"?\n"
          "getty-connect: error: an error\n{\"ids\":3}\n");
}

TEST_CASE("W4: with one object at the end errors and warnings are kept for it, and notes are objects") {
    const std::string text = told([](console& one) {
        one.keep_messages();
        everything(one);
        CHECK(one.kept().errors == std::vector<std::string>{"an error"});
        CHECK(one.kept().warnings == std::vector<std::string>{"a \"warning\"?"});
    });
    CHECK(text == "{\"note\":\"a note\"}\n{\"ids\":3}\n");
}

TEST_CASE(
    "W4: a log of JSON has time and level on every line, and errors at once, with the object at the end "
    "too") {
    for (const bool keeps : {false, true}) {
        const std::string text = told([&](console& one) {
            if (keeps) one.keep_messages();
            one.log_json();
            everything(one);
            CHECK(one.kept().errors.size() == 1);
        });
        const auto lines = lines_of(text);
        REQUIRE(lines.size() == 5);
        const char* levels[] = {"info", "info", "warning", "error", "summary"};
        const std::regex time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)");
        for (std::size_t i = 0; i < lines.size(); ++i) {
            CHECK(lines[i].at("level").as_string() == levels[i]);
            CHECK(std::regex_match(std::string(lines[i].at("time").as_string()), time));
        }
        CHECK(lines[2].at("message").as_string() == "a \"warning\"?");
        CHECK(lines[4].at("ids").to_number<int>() == 3);
    }
}

TEST_CASE("W4: a line of progress has the time in UTC before it") {
    const std::string text = told([](console& one) { one.progress("43 %, 12 done"); });
    CHECK(std::regex_match(text,
                           std::regex(R"(getty-connect: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 43 %, 12 done\n)")));
}
