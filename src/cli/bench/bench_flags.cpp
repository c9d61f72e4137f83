#include "cli/bench/bench_flags.hpp"

#include "cli/args/flags.hpp"
#include "cli/trouble.hpp"
#include "core/decimal.hpp"
#include "load/unusable.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace getty::connect::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::size_t max_steps = 100;

/// Several loads, a step each.
template <class Value>
std::vector<Value> read_steps(const given_value& given, Value (*read)(const given_value&)) {
    std::vector<Value> steps;
    for (const std::string& one : split_list(given)) {
        const Value value = read({one, given.at});
        if (!steps.empty() && value <= steps.back()) {
            refuse(given, "must rise from step to step; write the smaller ones first, each once");
        }
        steps.push_back(value);
    }
    if (steps.size() > max_steps) refuse(given, "has more than 100 steps; leave some out");
    return steps;
}

double read_rate(const given_value& given) {
    const std::optional<double> number = core::read_decimal(given.value);
    if (!number || !(*number >= 0.001 && *number <= 1'000'000)) {
        refuse(given, "must be a number of requests per second between 0.001 and 1,000,000");
    }
    return *number;
}

std::uint64_t read_concurrency(const given_value& given) {
    return whole_number(given, 1, 65'535, "several with commas between them, as in 1,8,64");
}

/// "0.5%" as a share of 1.
double read_percentage(const given_value& given, double max) {
    const std::string_view text = given.value;
    const auto number =
        text.ends_with('%') ? core::read_decimal(text.substr(0, text.size() - 1)) : std::optional<double>();
    if (!number || !(*number >= 0 && *number <= max)) {
        refuse(given, "must be a percentage between 0% and " +
                          core::grouped(static_cast<std::uint64_t>(max)) + "%, such as 0.5%");
    }
    return *number / 100;
}

/// What the layer of measurements throws names what is wrong, and here is where.
template <class Read>
auto with_place(const given_value& given, Read read) {
    try {
        return read();
    } catch (const load::unusable& why) {
        throw usage_error(given.at.name + given.at.between + given.value + ": " + why.what());
    }
}

void add_load(flags& add, bench_arguments& to) {
    add.read("--rate", "R[,R...]",
             "Open loop: so many requests per second are due,\nwhatever is under way; several: a step each\n"
             "0.001 to 1,000,000, rising",
             [&to](const given_value& given) { to.rates = read_steps<double>(given, read_rate); })
        .contradicts("--concurrency");
    add.read("--concurrency", "N[,N...]",
             "Closed loop: so many requests always under way;\nseveral: a step each\n1 to 65,535, rising; "
             "default 32 without --rate",
             [&to](const given_value& given) {
                 to.concurrency = read_steps<std::uint64_t>(given, read_concurrency);
             })
        .contradicts("--rate");
    add.number<std::uint64_t>("--max-in-flight", to.max_in_flight, 1, 1'000'000,
                              "With --rate: a request that is due while so many\n"
                              "are under way is counted as dropped, not delayed",
                              "default 1,024");
    add.choice<load::arrivals>(
        "--arrivals", to.arrivals, {{"even", load::arrivals::even}, {"poisson", load::arrivals::poisson}},
        "With --rate: when requests are due\neven: each the same time after the one before\n"
        "poisson (default): at random, as from many users");
    add.duration("--duration", to.duration, std::chrono::seconds(1), hours(24), "How long a step counts");
    add.duration("--warm-up", to.warm_up, milliseconds(0), hours(1), "5s,\nwith --cold 0s",
                 "How long each step goes on before it counts");
    add.duration("--cool-down", to.cool_down, milliseconds(0), hours(1),
                 "How long each step goes on behind what it counts");
    add.number<std::uint64_t>("--rounds", to.rounds, 1, 100,
                              "All steps so many times: what differs between them\nis chance", "default 1");
}

void add_ids(flags& add, bench_arguments& to) {
    add.text("--ids", to.ids, "FILE|A-B",
             "Ids to ask for: of FILE, as fetch reads it, or all\nnumbers from A to B\n"
             "default: FILE beside the flags; those of --sandbox");
    add.choice<load::id_order>("--order", to.order,
                               {{"cycle", load::id_order::cycle}, {"random", load::id_order::random}},
                               "cycle (default): one id after the other, and again\n"
                               "random: each time any of them");
    add.read("--missing", "P%", "A share of the requests for ids that no image has\ndefault 0%",
             [&to](const given_value& given) {
                 const double millions = read_percentage(given, 100) * 1e6;
                 to.missing.per_million = static_cast<std::uint32_t>(std::lround(millions));
             });
    add.number<std::uint64_t>("--seed", to.seed, 0, std::numeric_limits<std::int64_t>::max(),
                              "Draws other due times, and other ids at random", "default 1");
}

void add_client(flags& add, bench_arguments& to) {
    add.number<std::size_t>("--connections", to.connections, 1, 65'535, "Connections to the service at most",
                            "leave it out\nfor as many as --concurrency needs; with --rate 64");
    add.number<std::size_t>("--pipeline", to.pipeline, 1, 64,
                            "Requests under way on one connection, for a service\nknown to answer in order",
                            "default 1");
    add.on("--compressed", [&to] { to.compressed = true; }, "Ask for answers packed with gzip");
    add.on(
        "--cold", [&to] { to.cold = true; },
        "Begin each step without open connections, and count\nfrom its first request on; default: they are\n"
        "opened beforehand");
    add.number<unsigned>("--retries", to.retries, 0, 99,
                         "Further tries of a lookup after the first; they\nhide failures in its latency",
                         "default 0");
    add.on(
        "--sandbox", [&to] { to.sandbox = true; },
        "Measure a stand-in service within this program, to\ntry things out: no account is needed");
}

void add_results(flags& add, bench_arguments& to) {
    add.read("--slo", "LIMIT[,LIMIT...]",
             "Limits of every step; exit code 3 where one is\nbroken: p50, p90, p99, p99.9, p99.99, max and\n"
             "mean<TIME, errors and dropped<P%, rate>N/s",
             [&to](const given_value& given) {
                 to.limits = with_place(given, [&] { return load::read_slo(given.value); });
             });
    add.text("--json", to.json_file, "FILE",
             "Write the measurement to FILE as JSON, in one step\n(of fetch, --json is a switch and takes no "
             "file)");
    add.text(
        "--html", to.html_file, "FILE",
        "Write a report to FILE, one page without scripts;\nit holds the JSON, and can be compared later");
    add.text("--record", to.record_file, "FILE", "Write a line of JSON for each request to FILE");
    add.text("--baseline", to.baseline_file, "FILE", "Compare with an earlier measurement, JSON or HTML");
    add.read("--tolerance", "P%", "What differs by no more than that is the same\ndefault 5%",
             [&to](const given_value& given) { to.tolerance = read_percentage(given, 1'000); });
    add.on("--anyway", [&to] { to.anyway = true; }, "Compare measurements of different plans as well");
}

std::string task_name(bench_task task) { return task == bench_task::compare ? "compare" : "report"; }

/// Flags on the command line that the task has no use for.
void refuse_unused(const arguments& read, std::initializer_list<std::string_view> used) {
    for (const std::string& flag : read.flags_given) {
        if (std::ranges::find(used, flag) != used.end()) continue;
        throw usage_error(flag + ": means nothing to bench " + task_name(read.bench.task) + "; leave it out");
    }
}

void check_documents(arguments& read) {
    const bench_arguments& b = read.bench;
    if (b.task == bench_task::compare) {
        if (b.words.size() != 3) {
            throw usage_error("bench compare: takes two files, as in bench compare OLD.json NEW.json");
        }
        return refuse_unused(read, {"--html", "--tolerance", "--anyway", "--config", "--no-config"});
    }
    if (b.words.size() != 2) throw usage_error("bench report: takes one file, as in bench report FILE.json");
    refuse_unused(read, {"--html", "--config", "--no-config"});
}

/// The sandbox has its own address, certificate and credentials.
void check_sandbox(arguments& read) {
    connection_arguments& c = read.connection;
    const std::pair<const char*, std::string*> others[] = {
        {"--base-url", &c.base_url},     {"--token-url", &c.token_url},
        {"--cacert", &c.ca_file},        {"--credentials", &c.credentials_file},
        {"--cert", &c.certificate_file}, {"--key", &c.private_key_file},
        {"--proxy", &c.proxy},
    };
    for (const auto& [flag, value] : others) {
        if (value->empty()) continue;
        if (!read.is_from_elsewhere(flag)) {
            throw usage_error(std::string(flag) +
                              ": --sandbox has an address and credentials of its own; leave out one of them");
        }
        value->clear();
    }
}

void check_measurement(arguments& read) {
    bench_arguments& b = read.bench;
    if (b.words.size() > 1)
        throw usage_error(b.words[1] + ": one argument too many; see: getty-connect bench --help");
    if (!b.words.empty()) {
        if (!b.ids.empty() && !read.is_from_elsewhere("--ids")) {
            throw usage_error("--ids " + b.ids + ": ids are read from " + b.words[0] +
                              " already; leave out one of them");
        }
        b.ids = b.words[0];
    }
    if (b.ids.empty() && !b.sandbox) {
        throw usage_error(
            "--ids: there are no ids to ask for; name a file of them, or a range such as --ids "
            "100000001-100005000");
    }
    if (!b.rates.empty() && !b.concurrency.empty()) {
        throw usage_error(
            "--rate and --concurrency: an open loop has a rate, a closed one a concurrency; leave out one of "
            "them (--max-in-flight limits an open loop)");
    }
    if (b.rates.empty() && std::ranges::find(read.flags_given, "--max-in-flight") != read.flags_given.end()) {
        throw usage_error("--max-in-flight: means nothing without --rate; add it, or leave this out");
    }
    if (b.rates.empty() && std::ranges::find(read.flags_given, "--arrivals") != read.flags_given.end()) {
        throw usage_error("--arrivals: means nothing without --rate; add it, or leave this out");
    }
    if (b.baseline_file.empty()) {
        for (const char* flag : {"--tolerance", "--anyway"}) {
            if (std::ranges::find(read.flags_given, flag) == read.flags_given.end()) continue;
            throw usage_error(std::string(flag) +
                              ": means nothing without --baseline; add it, or leave this out");
        }
    }
    if (b.sandbox) check_sandbox(read);
}

}  // namespace

void add_bench(sub_command& command, bench_arguments& to) {
    // What is set for fetch, a rate say, would make another measurement of this.
    flags add(command, flags::elsewhere::own);
    add_load(add, to);
    add_ids(add, to);
    add_client(add, to);
    add_results(add, to);
}

void check_bench(arguments& read) {
    bench_arguments& b = read.bench;
    const std::string first = b.words.empty() ? std::string() : b.words[0];
    if (first == "compare") b.task = bench_task::compare;
    if (first == "report") b.task = bench_task::report;
    if (b.task == bench_task::measure) {
        check_measurement(read);
    } else {
        check_documents(read);
    }
}

}  // namespace getty::connect::cli
