#include "cli/report/report_plan.hpp"

#include <doctest/doctest.h>

#include <variant>

using namespace getty::connect::cli;
using std::chrono::seconds;

namespace {

constexpr run_surroundings terminal{true, false};
constexpr run_surroundings busy_terminal{true, true};
constexpr run_surroundings no_terminal{false, false};

report_plan plan(std::vector<std::string> flags, run_surroundings where, const char* command = "fetch") {
    std::vector<std::string> words{"getty-connect", command, "1"};
    words.insert(words.end(), flags.begin(), flags.end());
    return plan_for(std::get<arguments>(read_arguments(words)), where);
}

}  // namespace

TEST_CASE("W4: a terminal has a line that is redrawn, anything else a line a minute") {
    CHECK(plan({}, terminal).draws);
    CHECK_FALSE(plan({}, terminal).lines);
    CHECK_FALSE(plan({}, no_terminal).draws);
    CHECK(plan({}, no_terminal).lines == seconds(60));
    CHECK(plan({"--progress", "5s"}, no_terminal).lines == seconds(5));
    CHECK_FALSE(plan({}, busy_terminal).draws);
    CHECK_FALSE(plan({}, busy_terminal).lines);
}

TEST_CASE("W4: progress is off where it was switched off, with -q, with --json alone, and for get") {
    for (const std::vector<std::string>& flags :
         {std::vector<std::string>{"--progress", "off"}, {"-q"}, {"--json"}}) {
        for (const run_surroundings& where : {terminal, no_terminal}) {
            CHECK_FALSE(plan(flags, where).draws);
            CHECK_FALSE(plan(flags, where).lines);
        }
    }
    CHECK_FALSE(plan({}, terminal, "get").draws);
    CHECK_FALSE(plan({}, no_terminal, "get").lines);
    // The last one counts.
    CHECK(plan({"--progress", "off", "--progress", "2s"}, no_terminal).lines == seconds(2));
}

TEST_CASE("W4: a log of JSON has lines of progress everywhere, and the summary in the same form") {
    for (const run_surroundings& where : {terminal, busy_terminal, no_terminal}) {
        for (const std::vector<std::string>& flags :
             {std::vector<std::string>{"--log-format", "json"}, {"--json", "--log-format", "json"}}) {
            const report_plan made = plan(flags, where);
            CHECK_FALSE(made.draws);
            CHECK(made.lines == seconds(60));
            CHECK(made.progress_as_json);
            CHECK(made.summary == summary_form::json);
        }
    }
    CHECK_FALSE(plan({"--log-format", "json", "--progress", "off"}, no_terminal).lines);
}

TEST_CASE("W4: the summary is text for fetch, none for get or with -q, JSON where it was asked for") {
    CHECK(plan({}, terminal).summary == summary_form::text);
    CHECK(plan({}, terminal, "get").summary == summary_form::none);
    CHECK(plan({"-v"}, terminal, "get").summary == summary_form::text);
    CHECK(plan({"-q"}, terminal).summary == summary_form::none);
    CHECK(plan({"-q", "--log-format", "json"}, terminal).summary == summary_form::none);
    for (const char* command : {"get", "fetch"}) {
        CHECK(plan({"--json"}, terminal, command).summary == summary_form::json);
        CHECK_FALSE(plan({"--json"}, terminal, command).only_if_eventful);
        CHECK(plan({"--json", "-q"}, terminal, command).summary == summary_form::json);
        CHECK(plan({"--json", "-q"}, terminal, command).only_if_eventful);
    }
    // With --json alone the object is the only text: what SIGUSR1 asks for is one too.
    CHECK(plan({"--json"}, terminal).progress_as_json);
    CHECK_FALSE(plan({"-q"}, terminal).progress_as_json);
}

TEST_CASE("W4: an outage ends the run after what was said, or ten minutes") {
    CHECK(plan({}, terminal).max_outage == std::chrono::minutes(10));
    CHECK(plan({"--max-outage", "30s"}, terminal).max_outage == seconds(30));
}

TEST_CASE("W4: files have their names, and a wrong length or format is refused by name") {
    const report_plan made = plan({"--metrics-file", "m.prom", "--summary", "s.json"}, terminal);
    CHECK(made.metrics_file == "m.prom");
    CHECK(made.summary_file == "s.json");
    for (const std::vector<std::string>& flags : {std::vector<std::string>{"--progress", "never"},
                                                  {"--progress", "10"},
                                                  {"--progress", "1ms"},
                                                  {"--log-format", "xml"},
                                                  {"--summary", ""}}) {
        std::string refusal;
        try {
            (void)plan(flags, terminal);
        } catch (const std::exception& why) {
            refusal = why.what();
        }
        CHECK(refusal.starts_with(flags.front() + " "));
    }
}

TEST_CASE("W4: a log of JSON is seen among words that cannot be read") {
    const char* variable = nullptr;
    const auto asked = [&variable](std::vector<std::string> words) {
        words.insert(words.begin(), "getty-connect");
        return asks_for_json_log(words, [&variable](const char* name) {
            return std::string_view(name) == "GETTY_CONNECT_LOG_FORMAT" ? variable : nullptr;
        });
    };
    CHECK(asked({"fetch", "--nonsense", "--log-format", "json"}));
    CHECK(asked({"fetch", "--log-format=json"}));
    CHECK_FALSE(asked({"fetch", "--log-format", "text"}));
    CHECK_FALSE(asked({"fetch", "--log-format", "json", "--log-format", "text"}));
    CHECK_FALSE(asked({"fetch", "--", "--log-format", "json"}));
    CHECK_FALSE(asked({"fetch", "--log-format"}));
    CHECK_FALSE(asked({}));
    variable = "json";
    CHECK(asked({"fetch"}));
    CHECK_FALSE(asked({"fetch", "--log-format=text"}));
}
