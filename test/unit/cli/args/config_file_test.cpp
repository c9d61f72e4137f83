#include "cli/args/config_file.hpp"

#include "cli/args/known_commands.hpp"
#include "cli/trouble.hpp"
#include "support/temporary_file.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <sys/stat.h>
#include <tuple>
#include <vector>

using namespace getty::connect::cli;
using getty::connect::test::temporary_file;

namespace {

std::vector<std::tuple<std::string, std::string, std::string, unsigned>> lines_of(std::string_view text) {
    std::vector<std::tuple<std::string, std::string, std::string, unsigned>> found;
    for (const config_line& line : parse_config(text, "f").lines) {
        found.emplace_back(line.section, line.name, line.value, line.number);
    }
    return found;
}

std::string value_of(std::string_view text) {
    const config_file read = parse_config(text, "f");
    REQUIRE(read.lines.size() == 1);
    return read.lines.front().value;
}

/// What a whole file is refused with.
std::string refusal(std::string_view text) {
    arguments unused;
    const auto all = known_commands(unused);
    try {
        check_names(parse_config(text, "f"), all->commands());
    } catch (const usage_error& why) {
        return why.what();
    }
    return "accepted";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("U2: a file has names and values, for all commands and for one, with comments and blanks") {
    CHECK(lines_of("# first\n; second\n\n rate = 50 \n\n[ fetch ] # ids\nordered=true\n[get]\nrate=1") ==
          std::vector<std::tuple<std::string, std::string, std::string, unsigned>>{
              {"", "rate", "50", 4}, {"fetch", "ordered", "true", 7}, {"get", "rate", "1", 9}});
    CHECK(lines_of("").empty());
    CHECK(lines_of("\n\n#").empty());
    // As editors of other systems leave it.
    CHECK(lines_of("\xEF\xBB\xBFrate = 50\r\nburst = 2\r\n") ==
          std::vector<std::tuple<std::string, std::string, std::string, unsigned>>{{"", "rate", "50", 1},
                                                                                   {"", "burst", "2", 2}});
}

TEST_CASE("U2: a comment begins with # behind a blank, and quotes keep what is in them") {
    CHECK(value_of("output = a#b") == "a#b");
    CHECK(value_of("rate = 50 # per second") == "50");
    CHECK(value_of("rate = 50\t# per second") == "50");
    CHECK(value_of("output = \"a # b\" # c") == "a # b");
    CHECK(value_of("output = ' a '") == " a ");
    CHECK(value_of("output = '\"'") == "\"");
    CHECK(value_of("output = it's") == "it's");
    CHECK(value_of("base-url = https://a/?b=c") == "https://a/?b=c");
}

TEST_CASE("U2: whatever the values, what was written is what is read, and noise is read or refused") {
    std::mt19937 random(7);  // NOLINT: the same in each run
    const auto one_of = [&random](std::string_view from) { return from[random() % from.size()]; };
    const auto text_of = [&](std::string_view letters, std::size_t most) {
        std::string text;
        for (std::size_t left = random() % (most + 1); left > 0; --left) text += one_of(letters);
        return text;
    };
    for (int round = 0; round < 2000; ++round) {
        std::string file;
        std::vector<std::pair<std::string, std::string>> expected;
        for (int line = 0; line < 5; ++line) {
            const std::string name = "n" + text_of("abc-", 5);
            const std::string value = text_of("ab# =[];'", 8);
            if (value.empty()) continue;
            file +=
                text_of(" \t", 2) + name + text_of(" \t", 2) + "=" + text_of(" \t", 2) + "\"" + value + "\"";
            file += random() % 2 == 0 ? "\n" : "  # " + text_of("ab=[\"", 5) + "\r\n";
            if (random() % 3 == 0) file += "\n;" + text_of("ab=[\"", 5) + "\n";
            expected.emplace_back(name, value);
        }
        std::vector<std::pair<std::string, std::string>> found;
        for (const config_line& line : parse_config(file, "f").lines)
            found.emplace_back(line.name, line.value);
        CAPTURE(file);
        REQUIRE(found == expected);
        const std::string noise = text_of(std::string_view("a=[]#;'\" \t\n\r\0\xFF", 14), 30);
        try {
            (void)parse_config(noise, "f");
        } catch (const usage_error& why) {
            CHECK(has(why.what(), "f:"));
        }
    }
}

TEST_CASE("U2: a line that is none is refused with file, line and mend, and is not repeated") {
    const auto parse = [](std::string_view text) -> std::string {
        try {
            (void)parse_config(text, "f");
        } catch (const usage_error& why) {
            return why.what();
        }
        return "accepted";
    };
    for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
             {"\nhunter2", "f:2: there is no '=' in it; write NAME = VALUE"},
             {"rate =", "f:1: the value is empty"},
             {"rate = # hunter2", "f:1: the value is empty"},
             {"rate = ''", "f:1: the value is empty"},
             {"output = \"hunter2", "f:1: the closing quote is missing"},
             {"output = \"a\" hunter2", "f:1: there is something behind the closing quote"},
             {"[hunter2", "f:1: the ']' is missing"},
             {"[ ]", "f:1: the section has no name"},
             {std::string("rate = 5\0hunter2", 16), "f:1: holds a control character"},
             {"rate = 5\x1b[0mhunter2", "f:1: holds a control character"}}) {
        CAPTURE(text);
        const std::string why = parse(text);
        CHECK(why.starts_with(words));
        CHECK_FALSE(has(why, "hunter2"));
    }
}

TEST_CASE("U2: a name that no flag has is refused with its line and the nearest name") {
    CHECK(refusal("rate = 5\n[fetch]\nordered = true\n[get]\nlanguage = de\n[serve]\nport = 1") ==
          "accepted");
    CHECK(refusal("\nraet = 5").starts_with("f:2: there is no such flag; did you mean rate?"));
    CHECK(refusal("--rate = 5").starts_with("f:1: there is no such flag; did you mean rate?"));
    CHECK(refusal("max_outage = 5m").starts_with("f:1: there is no such flag; did you mean max-outage?"));
    CHECK(refusal("[fetch]\nordred = 1").starts_with("f:2: there is no such flag; did you mean ordered?"));
    CHECK(refusal("zzzzzzzzzz = 5").starts_with("f:1: there is no such flag; names are"));
    CHECK(refusal("= 5").starts_with("f:1: there is no such flag"));
    CHECK(refusal("[fecth]").starts_with("f:1: there is no such section; did you mean fetch?"));
    CHECK(refusal("[version]").starts_with("f:1: there is no such section"));
    CHECK(refusal("config = x").starts_with("f:1: files name no further files"));
    // Flags of the stand-in service mean something else than those of the same name.
    CHECK(refusal("port = 5").starts_with("f:1: is a flag of serve; put it below a line [serve]"));
    CHECK(refusal("[token]\nordered = true").starts_with("f:2: is a flag of get; put it below a line [get]"));
}

TEST_CASE("U2: what is set twice in one section is refused with both lines, what takes many is not") {
    CHECK(refusal("rate = 5\nburst = 2\nrate = 6") ==
          "f:3: rate is set in line 1 already; remove one of the two");
    CHECK(refusal("[fetch]\nrate = 5\n[get]\nrate = 5\n[fetch]\nrate = 6") ==
          "f:6: rate is set in line 2 already; remove one of the two");
    CHECK(refusal("rate = 5\n[fetch]\nrate = 6") == "accepted");
    CHECK(refusal("[serve]\nfault = drip\nfault = close") == "accepted");
}

TEST_CASE("U3: credentials in a configuration file are refused and not shown") {
    for (const char* name : {"key", "secret", "user", "password", "token", "private_key_password",
                             "private-key-password", "GETTY_CONNECT_SECRET", "GETTY_CONNECT_KEY", "Secret",
                             "api-key", "api_key", "client_secret", "pass", "cert-key-password"}) {
        for (const char* section : {"", "[fetch]\n", "[serve]\n", "[token]\n"}) {
            CAPTURE(name);
            CAPTURE(section);
            const std::string why = refusal(std::string(section) + name + " = hunter2");
            CHECK(has(why, "credentials do not stand in a configuration file"));
            CHECK(has(why, "credentials = FILE"));
            CHECK(why.starts_with(*section == '\0' ? "f:1: " : "f:2: "));
            CHECK_FALSE(has(why, "hunter2"));
        }
    }
    CHECK(has(refusal("key = k.pem"), "cert-key = FILE"));
    CHECK_FALSE(has(refusal("[serve]\nkey = k.pem"), "cert-key = FILE"));
    CHECK(refusal("cert = c.pem\ncert-key = k.pem\ncredentials = c") == "accepted");
    // A name may be the secret itself, of base64 for example.
    CHECK_FALSE(has(refusal("aHVudGVyMg== = 5"), "aHVudGVyMg"));
    CHECK_FALSE(has(refusal("[aHVudGVyMg==]"), "aHVudGVyMg"));
}

TEST_CASE("U3: a file that everybody may write to is refused, one that its group may write to is a warning") {
    const temporary_file file("rate = 50\n", 0644);
    const auto refused = [&]() -> std::string {
        try {
            (void)read_config_file(file.path());
        } catch (const usage_error& why) {
            return why.what();
        }
        return "accepted";
    };
    for (const mode_t mode : {0400U, 0600U, 0644U, 0444U}) {
        CAPTURE(mode);
        ::chmod(file.path().c_str(), mode);
        const auto read = read_config_file(file.path());
        REQUIRE(read.has_value());
        CHECK(read->warning.empty());
        CHECK(read->lines.size() == 1);
    }
    for (const mode_t mode : {0602U, 0666U, 0646U}) {
        CAPTURE(mode);
        ::chmod(file.path().c_str(), mode);
        CHECK(has(refused(), "everybody may write to this file"));
        CHECK(has(refused(), "run: chmod go-w " + file.path()));
    }
    ::chmod(file.path().c_str(), 0664);
    CHECK(has(read_config_file(file.path())->warning, "its group may write to this file (mode 0664)"));
}

TEST_CASE(
    "U2: a file that is not there is none, a folder and an endless one are refused, /dev/null is empty") {
    CHECK_FALSE(read_config_file("/nonexistent/x").has_value());
    // Where a file stands that the folder is named after.
    const temporary_file file("", 0600);
    CHECK_FALSE(read_config_file(file.path() + "/config").has_value());
    CHECK_THROWS_AS((void)read_config_file("/tmp"), usage_error);
    CHECK_THROWS_AS((void)read_config_file("/dev/zero"), usage_error);
    CHECK(read_config_file("/dev/null")->lines.empty());
}
