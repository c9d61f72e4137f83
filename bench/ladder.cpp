#include "bench/ladder.hpp"

#include "bench/contestant.hpp"
#include "bench/external.hpp"
#include "bench/image_json.hpp"
#include "bench/report.hpp"
#include "bench/runs.hpp"

#include <boost/json.hpp>

#include <iostream>
#include <optional>

namespace bench {
namespace {

/// A client, and what its rounds came to.
struct competitor {
    std::string name, title;
    const external_client* outside = nullptr;
    sample cpu_us, rate, ratio;
};

std::vector<competitor> choose(const std::string& only) {
    std::vector<competitor> all;
    for (const contestant& c : contestants()) {
        all.push_back({std::string(c.name), std::string(c.title), nullptr, {}, {}, {}});
    }
    for (const external_client& c : external_clients()) {
        const std::string name(c.program);
        if (is_in_path(name)) all.push_back({name, std::string(c.title), &c, {}, {}, {}});
    }
    if (only.empty()) return all;
    const std::string wanted = "," + only + ",";
    // Without the floor there is nothing to compare with.
    std::erase_if(all, [&](const competitor& c) {
        return c.name != "floor" && wanted.find("," + c.name + ",") == wanted.npos;
    });
    return all;
}

/// CPU time and answers per second of one round; nothing when it failed.
std::optional<std::pair<double, double>> run_round(const competitor& c, const job& of,
                                                   const placement& where) {
    if (c.outside) {
        const finished_process done = run_process(c.outside->command(of), where.client);
        const auto read = c.outside->read(done.output);
        if (done.exit_code != 0 || !read) return std::nullopt;
        return std::pair(static_cast<double>(done.cpu.count()) / read->first, read->second);
    }
    const auto found = run_in_child(c.name, of, where);
    if (!found) return std::nullopt;
    return std::pair(found->at("cpu_us"), found->at("rate"));
}

void run_rounds(std::vector<competitor>& all, const job& of, const placement& where, std::uint64_t rounds) {
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        double floor = 0;
        for (competitor& c : all) {
            show_progress("round " + std::to_string(round) + " of " + std::to_string(rounds) + ": " + c.name);
            const auto figures = run_round(c, of, where);
            if (!figures) throw std::runtime_error(c.name + " failed");
            if (c.name == "floor") floor = figures->first;
            c.cpu_us.add(figures->first);
            c.rate.add(figures->second);
            c.ratio.add(figures->first / floor);
        }
    }
    show_progress("");
}

void print(const std::vector<competitor>& all) {
    table figures({"client", "CPU us/request", "min", "max", "x floor", "min", "max", "requests/s"});
    for (const competitor& c : all) {
        figures.add({c.title, fixed(c.cpu_us.median(), 2), fixed(c.cpu_us.min(), 2), fixed(c.cpu_us.max(), 2),
                     fixed(c.ratio.median(), 2), fixed(c.ratio.min(), 2), fixed(c.ratio.max(), 2),
                     grouped(c.rate.median())});
    }
    figures.print();
}

void write_json(const std::string& file, const std::vector<competitor>& all, const job& of,
                const placement& where) {
    boost::json::object document = machine_json(where);
    document["in_flight"] = of.in_flight;
    document["requests"] = of.requests;
    boost::json::object clients;
    for (const competitor& c : all) {
        boost::json::object one;
        one["title"] = c.title;
        one["cpu_us_per_request"] = as_json(c.cpu_us);
        one["times_floor"] = as_json(c.ratio);
        one["requests_per_second"] = as_json(c.rate);
        clients[c.name] = std::move(one);
    }
    document["clients"] = std::move(clients);
    write_document(file, document);
}

}  // namespace

int run_ladder(const std::vector<std::string>& words) {
    const arguments given(words, {"in-flight", "rounds", "requests", "warm-up", "only", "digest", "json"});
    const std::uint64_t rounds = given.number("rounds", 5);
    job of = job_from(given);
    std::vector<competitor> all = choose(given.text("only"));
    const placement where = find_placement();
    const running_origin origin(where, {"--digest", given.text("digest", "MD5")});
    of.port = origin.port();
    of.ca_file = origin.ca_file();

    print_machine(where);
    std::cout << "load: images of " << image_json(id_text(0).view()).size()
              << " bytes over TLS 1.3 with AES-128-GCM, " << of.in_flight << " at a time, "
              << grouped(static_cast<double>(of.requests)) << " requests, " << rounds << " rounds\n\n";
    run_rounds(all, of, where, rounds);
    print(all);
    std::cout << "\nMedians of the rounds; the ratios are those within each round. CPU time is that of the "
                 "client's "
                 "process, user and\nsystem together. Connections are opened before the measurement, but for "
                 "wrk and "
                 "h2load.\n";
    if (given.has("json")) write_json(given.text("json"), all, of, where);
    return 0;
}

}  // namespace bench
