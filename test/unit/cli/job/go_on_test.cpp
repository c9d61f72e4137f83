#include "cli/job/go_on.hpp"

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

using namespace getty::connect::cli;

namespace {

std::string command(std::vector<std::string> words) {
    words.insert(words.begin(), "/usr/local/bin/getty-connect");
    return command_that_goes_on(std::get<arguments>(read_arguments(words)));
}

}  // namespace

TEST_CASE(
    "J8: the command that goes on is the one that was given, with --resume in the place of --overwrite") {
    CHECK(command({"fetch", "ids.txt", "-o", "images.ndjson", "--errors", "it's.ndjson"}) ==
          R"(getty-connect fetch ids.txt -o images.ndjson --errors 'it'\''s.ndjson' --resume)");
    CHECK(command({"fetch", "--overwrite", "ids.txt", "-o", "a b"}) ==
          "getty-connect fetch ids.txt -o 'a b' --resume");
    CHECK(command({"fetch", "ids.txt", "--resume", "-o", "x"}) ==
          "getty-connect fetch ids.txt --resume -o x");
    CHECK(command({"fetch", "--overwrite=yes", "ids.txt", "-o", "a"}) ==
          "getty-connect fetch ids.txt -o a --resume");
    CHECK(command({"fetch", "-o", "x", "--", "--overwrite"}) ==
          "getty-connect fetch -o x --resume -- --overwrite");
}

TEST_CASE("J8: what cannot be gone on with has no such command") {
    CHECK(command({"fetch", "ids.txt"}).empty());
    CHECK(command({"get", "1", "-o", "x"}).empty());
    CHECK(command({"fetch", "ids.txt", "-o", "x", "--format", "raw"}).empty());
    CHECK(command({"fetch", "ids.txt", "-o", "x.csv", "--columns", "id"}).empty());
    CHECK_FALSE(command({"fetch", "ids.txt", "-o", "x.csv", "--columns", "id", "--errors", "e"}).empty());
}

TEST_CASE("J8: ids that came through a pipe are to come once more") {
    const auto read = [](std::vector<std::string> words) {
        words.insert(words.begin(), "getty-connect");
        const auto wanted = std::get<arguments>(read_arguments(words));
        return how_to_go_on(wanted, command_that_goes_on(wanted));
    };
    CHECK(read({"fetch", "-o", "x"}) ==
          "to go on, with the same ids on standard input:\n  getty-connect fetch -o x --resume");
    CHECK(read({"fetch", "ids.txt", "-"}) == "to go on, look up the ids that have no line in the output");
}

TEST_CASE("J8: where all ids failed alike the command asks for them again, though they failed for good") {
    const auto again = [](std::vector<std::string> words) {
        words.insert(words.begin(), "getty-connect");
        return command_that_goes_on(std::get<arguments>(read_arguments(words)), ask_again::all);
    };
    CHECK(again({"fetch", "i", "-o", "x", "--errors", "e"}) ==
          "getty-connect fetch i -o x --errors e --resume --retry-failed all");
    CHECK(again({"fetch", "i", "-o", "x", "--errors", "e", "--resume", "--retry-failed", "none"}) ==
          "getty-connect fetch i -o x --errors e --resume --retry-failed none");
    CHECK(again({"fetch", "-o", "x", "--errors", "e", "--", "i"}) ==
          "getty-connect fetch -o x --errors e --resume --retry-failed all -- i");
    CHECK(again({"fetch", "i", "-o", "x"}) == "getty-connect fetch i -o x --resume");
}
