#include "bench/arguments.hpp"
#include "bench/contestant.hpp"
#include "bench/groups.hpp"
#include "bench/ladder.hpp"
#include "bench/origin.hpp"
#include "bench/runs.hpp"
#include "bench/sweep.hpp"
#include "bench/sweep_parts.hpp"
#include "bench/system.hpp"

#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

void print_clients(std::span<const bench::contestant> all) {
    for (const bench::contestant& c : all) {
        std::cout << "  " << c.name << std::string(22 - c.name.size(), ' ') << c.title << '\n';
    }
}

void print_usage() {
    std::cout
        << "Usage:\n"
        << bench::ladder_usage << bench::groups_usage << bench::sweep_usage
        << R"(  bench run NAME [--in-flight N] [--depth N] [--ids-per-request N] [--requests N] [--times]
      one client in this process, for a profiler; prints its figures; --depth: requests of this library on one connection;
      --ids-per-request: for the clients of v3, to whom --requests is images
  bench origin [--delay-ms N] [--digest MD5|SHA-256] [--close] [--no-tickets] [--awake]
      the service alone; prints its port and its authority

Clients:
)";
    print_clients(bench::contestants());
    std::cout << "\nClients of v3:\n";
    print_clients(bench::group_contestants());
    std::cout << "\nParts of the sweep:\n";
    for (const bench::sweep_part& part : bench::sweep_parts()) {
        std::cout << "  " << part.name << std::string(22 - part.name.size(), ' ') << part.title << '\n';
    }
}

int run_origin(const std::vector<std::string>& words) {
    const bench::arguments given(words, {"delay-ms", "digest"}, {"close", "no-tickets", "awake"});
    bench::origin_options options;
    options.delay = std::chrono::milliseconds(given.number("delay-ms", 0, 0));
    options.digest = given.text("digest", "MD5");
    if (given.has("close")) options.then = bench::origin_options::after_answer::close;
    if (given.has("awake")) options.idle = bench::origin_options::idling::awake;
    if (given.has("no-tickets")) options.tickets = bench::origin_options::session_tickets::withheld;
    bench::serve(options);
    return 0;
}

int run(std::vector<std::string> words) {
    const std::string command = words.empty() ? "" : words.front();
    if (command == "--help" || command == "-h" || command == "help") {
        print_usage();
        return 0;
    }
    if (!words.empty()) words.erase(words.begin());
    if (command == "origin") return run_origin(words);
    if (command == "run") return bench::run_single(words);
    if (command == "groups") return bench::run_groups(words);
    if (command == "sweep") return bench::run_sweep(words);
    if (!command.empty()) words.insert(words.begin(), command);
    if (!command.empty() && !command.starts_with("--"))
        throw std::invalid_argument("no command '" + command + "'");
    return bench::run_ladder(words);
}

}  // namespace

int main(int count, char** values) {
    try {
        bench::raise_descriptor_limit();
        return run(std::vector<std::string>(values + 1, values + count));
    } catch (const std::invalid_argument& e) {
        std::cerr << "bench: " << e.what() << " (see --help)\n";
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "bench: " << e.what() << '\n';
        return 1;
    }
}
