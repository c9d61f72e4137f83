#include "bench/ladder.hpp"

#include "bench/contestant.hpp"
#include "bench/external.hpp"
#include "bench/image_json.hpp"
#include "bench/report.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

namespace bench {
namespace {

/// A client, and what its rounds came to.
struct competitor {
    std::string name, title;
    runner inside = nullptr;
    const external_client* outside = nullptr;
    sample cpu_us, rate, ratio;
};

std::vector<competitor> choose(const std::string& only) {
    std::vector<competitor> all;
    for (const contestant& c : contestants()) {
        all.push_back({std::string(c.name), std::string(c.title), c.run, nullptr, {}, {}, {}});
    }
    for (const external_client& c : external_clients()) {
        const std::string name(c.program);
        if (is_in_path(name)) all.push_back({name, std::string(c.title), nullptr, &c, {}, {}, {}});
    }
    if (only.empty()) return all;
    const std::string wanted = "," + only + ",";
    // Without the floor there is nothing to compare with.
    std::erase_if(all, [&](const competitor& c) {
        return c.name != "floor" && wanted.find("," + c.name + ",") == wanted.npos;
    });
    return all;
}

std::vector<std::string> own_command(const competitor& c, const job& of) {
    return {own_path(),
            "run",
            c.name,
            "--port",
            std::to_string(of.port),
            "--ca-file",
            of.ca_file,
            "--in-flight",
            std::to_string(of.in_flight),
            "--requests",
            std::to_string(of.requests),
            "--warm-up",
            std::to_string(of.warm_up)};
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
    const bool threads = c.name == "library-2-shards";
    const finished_process done = run_process(own_command(c, of), threads ? where.all : where.client);
    double cpu = 0, wall = 0, requests = 0;
    if (done.exit_code != 0 || std::sscanf(done.output.c_str(), "%lf %lf %lf", &cpu, &wall, &requests) != 3) {
        return std::nullopt;
    }
    return std::pair(cpu / requests, requests / wall * 1e6);
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

boost::json::object as_json(const sample& of) {
    boost::json::object made;
    made["median"] = of.median();
    made["min"] = of.min();
    made["max"] = of.max();
    made["rounds"] = boost::json::value_from(of.values());
    return made;
}

void write_json(const std::string& file, const std::vector<competitor>& all, const job& of,
                const placement& where) {
    boost::json::object document;
    for (const auto& [name, value] : describe_machine(where)) document[name] = value;
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
    std::ofstream out(file);
    out << boost::json::serialize(document) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

job job_from(const arguments& given) {
    job of;
    of.in_flight = static_cast<std::size_t>(given.number("in-flight", of.in_flight));
    of.requests = given.number("requests", of.requests);
    of.warm_up = given.number("warm-up", std::max<std::uint64_t>(2'000, 8 * of.in_flight));
    return of;
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

    for (const auto& [name, value] : describe_machine(where)) std::cout << name << ": " << value << '\n';
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

int run_single(const std::vector<std::string>& words) {
    const arguments given(words, {"in-flight", "requests", "warm-up", "digest", "port", "ca-file"});
    if (given.words().size() != 1) throw std::invalid_argument("run needs the name of one client");
    job of = job_from(given);
    std::unique_ptr<running_origin> own;
    if (given.has("port")) {
        of.port = static_cast<std::uint16_t>(given.number("port", 0));
        std::ifstream file(given.text("ca-file"));
        of.ca_pem.assign(std::istreambuf_iterator<char>(file), {});
    } else {
        own = std::make_unique<running_origin>(
            find_placement(), std::vector<std::string>{"--digest", given.text("digest", "MD5")});
        of.port = own->port();
        of.ca_pem = own->ca_pem();
    }
    for (const contestant& c : contestants()) {
        if (c.name != given.words()[0]) continue;
        const cost measured = c.run(of);
        std::printf("%.0f %.0f %llu\n", measured.cpu_us, measured.wall_us,
                    static_cast<unsigned long long>(measured.requests));
        return 0;
    }
    throw std::invalid_argument("no client '" + given.words()[0] + "'");
}

}  // namespace bench
