#include "cli/args/credentials.hpp"

#include "cli/trouble.hpp"
#include "support/temporary_file.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace getty::connect::cli;
using getty::connect::test::temporary_file;

namespace {

std::string refusal(std::string_view text) {
    try {
        (void)parse_credentials(text, "file");
    } catch (const usage_error& why) {
        return why.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("credentials: the variables are read, an empty one counts as not set") {
    const std::map<std::string, const char*> set = {{"GETTY_CONNECT_KEY", "k"},
                                                    {"GETTY_CONNECT_SECRET", "s"},
                                                    {"GETTY_CONNECT_USER", "u"},
                                                    {"GETTY_CONNECT_PASSWORD", "p"},
                                                    {"GETTY_CONNECT_CERT_KEY_PASSWORD", "kp"},
                                                    {"GETTY_CONNECT_TOKEN", ""}};
    const credentials found = credentials_from([&](const char* name) {
        const auto at = set.find(name);
        return at == set.end() ? nullptr : at->second;
    });
    CHECK(found.key == "k");
    CHECK(found.application_secret->expose() == "s");
    CHECK(found.user == "u");
    CHECK(found.password->expose() == "p");
    CHECK(found.private_key_password->expose() == "kp");
    CHECK_FALSE(found.token.has_value());
}

TEST_CASE("credentials: a file knows both spellings, comments, blanks, quotes, CRLF and export") {
    const credentials found = parse_credentials(
        "\xEF\xBB\xBF# mine\r\n\r\n key = k \r\nGETTY_CONNECT_SECRET=\"s = \\ #x\"\r\nexport "
        "user='u'\npassword=p=\"q\ntoken=t\nprivate_key_password='k p'",
        "file");
    CHECK(found.key == "k");
    CHECK(found.application_secret->expose() == "s = \\ #x");
    CHECK(found.user == "u");
    CHECK(found.password->expose() == "p=\"q");
    CHECK(found.token->expose() == "t");
    CHECK(found.private_key_password->expose() == "k p");
    CHECK(parse_credentials("GETTY_CONNECT_CERT_KEY_PASSWORD=kp", "file").private_key_password->expose() ==
          "kp");
}

TEST_CASE("credentials: a bad line is named by file and number with the mend, and is not repeated") {
    CHECK(
        refusal("key=k\nhunter2\n") ==
        "file:2: there is no '=' in it; write NAME=VALUE with one of the names key, secret, user, password, "
        "token and private_key_password");
    CHECK(refusal("\n\nhunter2=x") ==
          "file:3: unknown name; the names are key, secret, user, password, token and private_key_password");
    CHECK(refusal("secret=") == "file:1: the value is empty; write it after the '=' or remove the line");
    CHECK(refusal("secret=''") == "file:1: the value is empty; write it after the '=' or remove the line");
    CHECK(refusal("=hunter2") ==
          "file:1: unknown name; the names are key, secret, user, password, token and private_key_password");
    CHECK(refusal("SECRET=hunter2").find("hunter2") == std::string::npos);
}

TEST_CASE("credentials: a file that others may read is refused with the command that mends it") {
    for (const mode_t mode : {0644U, 0444U, 0604U, 0660U, 0602U, 0610U}) {
        const temporary_file file("key=k\nsecret=hunter2\n", mode);
        std::string why;
        try {
            (void)read_credentials_file(file.path());
        } catch (const usage_error& refused) {
            why = refused.what();
        }
        CAPTURE(mode);
        CHECK(why.find("chmod 600 " + file.path()) != std::string::npos);
        CHECK(why.find("hunter2") == std::string::npos);
    }
    for (const mode_t mode : {0600U, 0400U, 0700U}) {
        const temporary_file file("key=k\nsecret=s\n", mode);
        const credentials_file read = read_credentials_file(file.path());
        CHECK(read.found.key == "k");
        CHECK(read.warning.empty());
    }
}

TEST_CASE("credentials: a group may read what is root's or somebody else's, and nobody may do more") {
    constexpr std::uint64_t me = 1000;
    constexpr std::uint64_t other = 65'534;
    for (unsigned mode = 0; mode <= 0777; ++mode) {
        CAPTURE(mode);
        const unsigned others = mode & 077U;
        const auto open = others == 0 ? file_privacy::owner_alone : file_privacy::too_open;
        const auto mounted = others == 040 ? file_privacy::its_group : open;
        CHECK(privacy_of(mode, me, me) == open);
        CHECK(privacy_of(mode, 0, me) == mounted);
        CHECK(privacy_of(mode, other, me) == mounted);
        CHECK(privacy_of(mode, 0, 0) == mounted);
        CHECK(privacy_of(S_IFREG | mode, other, 0) == mounted);
    }
}

TEST_CASE("credentials: a mounted secret is read with a warning") {
    const temporary_file file("key=k\nsecret=hunter2\n", 0440);
    if (::geteuid() != 0) {
        CHECK_THROWS_AS((void)read_credentials_file(file.path()), usage_error);
        return;
    }
    const credentials_file read = read_credentials_file(file.path());
    CHECK(read.found.key == "k");
    CHECK(read.warning == file.path() +
                              ": the group of this file may read it (mode 0440); where that is not how it "
                              "gets here, run: chmod 600 " +
                              file.path());
}

TEST_CASE("credentials: a missing file, a directory and an endless file are told apart") {
    CHECK_THROWS_WITH_AS((void)read_credentials_file("/nonexistent/x"),
                         "/nonexistent/x: No such file or directory", local_failure);
    CHECK_THROWS_AS((void)read_credentials_file("/tmp"), usage_error);
    const temporary_file large(std::string(70'000, '\n'), 0600);
    CHECK_THROWS_WITH_AS((void)read_credentials_file(large.path()),
                         (large.path() + ": is longer than 64 KiB: no credentials file").c_str(),
                         usage_error);
}

TEST_CASE("credentials: what is missing is named") {
    const auto missing = [](std::string_view text) -> std::string {
        try {
            require_usable(parse_credentials(text, "file"));
        } catch (const usage_error& why) {
            return why.what();
        }
        return "usable";
    };
    CHECK(missing("").starts_with("no credentials; set GETTY_CONNECT_KEY and GETTY_CONNECT_SECRET"));
    CHECK(missing("key=k").starts_with("GETTY_CONNECT_SECRET is missing"));
    CHECK(missing("secret=s").starts_with("GETTY_CONNECT_KEY is missing"));
    CHECK(missing("key=k\nsecret=s\nuser=u").starts_with("GETTY_CONNECT_PASSWORD is missing"));
    CHECK(missing("key=k\nsecret=s\npassword=p").starts_with("GETTY_CONNECT_USER is missing"));
    CHECK(missing("key=k\nsecret=s") == "usable");
    CHECK(missing("token=t") == "usable");
}
