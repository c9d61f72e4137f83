// L10: what can be asked of `bench`, and what cannot.
#include "cli/bench/bench_flags.hpp"

#include "cli/bench/bench_plan.hpp"
#include "cli/trouble.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::cli;
using namespace std::chrono_literals;

namespace {

using variables = std::map<std::string, std::string>;

arguments read(std::vector<std::string> words, const variables& set = {}) {
    words.insert(words.begin(), {"getty-connect", "bench"});
    surroundings around;
    around.variables = [&set](const char* name) -> const char* {
        const auto at = set.find(name);
        return at == set.end() ? nullptr : at->second.c_str();
    };
    return std::get<arguments>(read_arguments(words, around));
}

/// The message of the refusal; fails the test where there is none.
std::string refusal(std::vector<std::string> words, const variables& set = {}) {
    try {
        (void)read(std::move(words), set);
    } catch (const usage_error& why) {
        return why.what();
    }
    FAIL("it was not refused");
    return {};
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("L10: without flags it is a closed loop of 32, with --rate an open one, a step for each load") {
    const std::vector<step_plan> closed = steps_of(read({"ids.txt"}).bench);
    REQUIRE(closed.size() == 1);
    CHECK_FALSE(closed[0].per_second.has_value());
    CHECK(closed[0].max_in_flight == 32);
    CHECK(closed[0].connections == 32);
    CHECK(closed[0].warm_up == 5s);
    CHECK(closed[0].counted == 30s);
    CHECK(closed[0].cool_down == 2s);

    const std::vector<step_plan> open =
        steps_of(read({"--ids", "1-9", "--rate", "0.5,100,2000", "--rounds", "2", "--seed", "7"}).bench);
    REQUIRE(open.size() == 6);
    CHECK(open[0].per_second == 0.5);
    CHECK(open[2].per_second == 2000.0);
    CHECK(open[3].per_second == 0.5);
    CHECK(open[2].round == 1);
    CHECK(open[3].round == 2);
    CHECK(open[0].max_in_flight == 1'024);
    CHECK(open[0].connections == 64);
    // No two steps have the same due times.
    CHECK(open[0].seed == 7);
    CHECK(open[5].seed == 12);
}

TEST_CASE(
    "L10: connections are as many as a closed loop needs, those asked for, and opened beforehand unless "
    "cold") {
    const auto first = [](std::vector<std::string> words) {
        words.insert(words.begin(), {"--ids", "1-9"});
        return steps_of(read(std::move(words)).bench).front();
    };
    CHECK(first({"--concurrency", "256"}).connections == 256);
    CHECK(first({"--concurrency", "10", "--pipeline", "4"}).connections == 3);
    CHECK(first({"--concurrency", "256", "--connections", "8"}).connections == 8);
    CHECK(first({"--concurrency", "4", "--connections", "8"}).opened_beforehand == 4);
    CHECK(first({"--rate", "5"}).opened_beforehand == 64);
    CHECK(first({"--rate", "5", "--max-in-flight", "1"}).connections == 1);
    CHECK(first({"--rate", "5", "--cold"}).opened_beforehand == 0);
    CHECK(first({"--rate", "5", "--cold"}).warm_up == 0s);
    CHECK(first({"--rate", "5", "--cold", "--warm-up", "2s"}).warm_up == 2s);
}

TEST_CASE("L10: what is set for fetch changes no measurement, what is set for bench does") {
    const variables others = {{"GETTY_CONNECT_RATE", "50"},
                              {"GETTY_CONNECT_RETRIES", "3"},
                              {"GETTY_CONNECT_CONCURRENCY", "8"},
                              {"GETTY_CONNECT_JSON", "true"}};
    const arguments untouched = read({"ids.txt"}, others);
    CHECK(untouched.bench.rates.empty());
    CHECK(untouched.bench.concurrency.empty());
    CHECK(untouched.bench.retries == 0);
    CHECK(untouched.bench.json_file.empty());
    CHECK_FALSE(
        asks_for_json({"getty-connect", "bench", "ids.txt", "--json", "a.json"}, surroundings().variables));
    CHECK_FALSE(asks_for_json({"getty-connect", "bench", "--json=a.json"}, surroundings().variables));
    CHECK(asks_for_json({"getty-connect", "fetch", "--json"}, surroundings().variables));

    const variables own = {{"GETTY_CONNECT_BENCH_RATE", "50"},
                           {"GETTY_CONNECT_BASE_URL", "https://a.example/"}};
    const arguments set = read({"ids.txt"}, own);
    REQUIRE(set.bench.rates.size() == 1);
    CHECK(set.bench.rates[0] == 50);
    CHECK(set.connection.base_url == "https://a.example/");
    // The nearer one holds.
    CHECK(read({"ids.txt", "--concurrency", "4"}, own).bench.rates.empty());
}

TEST_CASE("L10: loads that are none are refused with the mend") {
    const auto of_ids = [](std::vector<std::string> words) {
        words.insert(words.begin(), {"--ids", "1-9"});
        return refusal(std::move(words));
    };
    CHECK(has(of_ids({"--rate", "5,5"}), "--rate 5,5: must rise"));
    CHECK(has(of_ids({"--rate", "9,5"}), "must rise"));
    CHECK(has(of_ids({"--rate", "0"}), "between 0.001 and 1,000,000"));
    CHECK(has(of_ids({"--rate", "1,nan"}), "--rate nan: must be a number"));
    CHECK(has(of_ids({"--rate", "1,"}), "empty"));
    CHECK(has(of_ids({"--concurrency", "0"}), "between 1 and 65,535"));
    CHECK(has(of_ids({"--concurrency", "1.5"}), "must be a whole number"));
    CHECK(has(of_ids({"--rate", "5", "--concurrency", "5"}), "leave out one of them"));
    CHECK(has(of_ids({"--max-in-flight", "5"}), "add it, or leave this out"));
    CHECK(has(of_ids({"--arrivals", "even"}), "means nothing without --rate"));
    CHECK(has(of_ids({"--duration", "999ms"}), "--duration 999ms"));
    CHECK(read({"--ids", "1-9", "--duration", "1s"}).bench.duration == 1s);
    CHECK(has(of_ids({"--missing", "0.5"}), "must be a percentage"));
    CHECK(has(of_ids({"--missing", "101%"}), "must be a percentage"));
    CHECK(read({"--ids", "1-9", "--missing", "0.5%"}).bench.missing.per_million == 5'000);
    CHECK(has(of_ids({"--slo", "p98<5ms"}), "--slo p98<5ms: the limit"));
    CHECK(has(of_ids({"--tolerance", "5%"}), "means nothing without --baseline"));
    std::string many = "1";
    for (int i = 2; i <= 101; ++i) many += "," + std::to_string(i);
    CHECK(has(of_ids({"--rate", many}), "more than 100 steps"));
}

TEST_CASE("L10: ids come from one place") {
    CHECK(has(refusal({}), "name a file of them, or a range"));
    CHECK(read({"--sandbox"}).bench.ids.empty());
    CHECK(read({"ids.txt"}).bench.ids == "ids.txt");
    CHECK(has(refusal({"ids.txt", "--ids", "1-9"}), "leave out one of them"));
    CHECK(has(refusal({"ids.txt", "more.txt"}), "more.txt: one argument too many"));
}

TEST_CASE("L10: a sandbox has an address of its own") {
    CHECK(has(refusal({"--sandbox", "--base-url", "https://a.example/"}), "--base-url"));
    CHECK(has(refusal({"--sandbox", "--credentials", "c"}), "--credentials"));
    const arguments set = read(
        {"--sandbox"}, {{"GETTY_CONNECT_BASE_URL", "https://a.example/"}, {"GETTY_CONNECT_PROXY", "none"}});
    CHECK(set.connection.base_url.empty());
    CHECK(set.connection.proxy.empty());
}

TEST_CASE("L10: documents are compared and reported, and take no flags of measurements") {
    const bench_arguments both = read({"compare", "a.json", "b.json", "--tolerance", "2%"}).bench;
    CHECK(both.task == bench_task::compare);
    CHECK(both.tolerance == doctest::Approx(0.02));
    CHECK(read({"report", "a.json"}).bench.task == bench_task::report);
    CHECK(has(refusal({"compare", "a.json"}), "takes two files"));
    CHECK(has(refusal({"report"}), "takes one file"));
    CHECK(has(refusal({"compare", "a", "b", "--rate", "5"}), "--rate: means nothing to bench compare"));
    CHECK(has(refusal({"report", "a", "--anyway"}), "--anyway: means nothing to bench report"));
    // A file of that name is told from the task by its folder.
    CHECK(read({"./compare"}).bench.task == bench_task::measure);
}

TEST_CASE("L10: both helps say that --json is a switch in one command and takes a file in the other") {
    const auto help = [](const char* command) {
        return std::get<help_text>(read_arguments({"getty-connect", command, "--help"})).text;
    };
    CHECK(has(help("bench"), "--json is a switch"));
    CHECK(has(help("fetch"), "of bench, --json"));
}
