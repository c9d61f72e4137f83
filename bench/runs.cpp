#include "bench/runs.hpp"

#include "bench/probes.hpp"
#include "bench/report.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace bench {
namespace {

const contestant* find_contestant(std::string_view name) {
    for (const auto& all : {contestants(), group_contestants()}) {
        for (const contestant& c : all) {
            if (c.name == name) return &c;
        }
    }
    return nullptr;
}

const probe* find_probe(std::string_view name) {
    const auto all = probes();
    const auto found = std::find_if(all.begin(), all.end(), [&](const probe& p) { return p.name == name; });
    return found == all.end() ? nullptr : &*found;
}

figures figures_of(const cost& measured) {
    const auto requests = static_cast<double>(measured.requests);
    figures found{{"cpu_us", measured.cpu_us / requests},
                  {"rate", requests / measured.wall_us * 1e6},
                  {"requests", requests},
                  {"peak_kib", static_cast<double>(peak_memory_kib())}};
    if (measured.mallocs) {
        found["mallocs"] = static_cast<double>(measured.mallocs->all) / requests;
        found["openssl_mallocs"] = static_cast<double>(measured.mallocs->openssl) / requests;
    }
    if (!measured.times_us.empty()) {
        sample times;
        for (const float time : measured.times_us) times.add(time);
        found["median_us"] = times.median();
        found["p99_us"] = times.quantile(0.99);
    }
    return found;
}

std::vector<std::string> command_for(std::string_view name, const job& of, counting how) {
    std::vector<std::string> command;
    if (how == counting::mallocs) command = {"env", "LD_PRELOAD=" + malloc_counter_path()};
    command.insert(command.end(), {own_path(), "run", std::string(name)});
    const auto add = [&](std::string option, std::string value) {
        command.push_back(std::move(option));
        command.push_back(std::move(value));
    };
    add("--port", std::to_string(of.port));
    add("--ca-file", of.ca_file);
    add("--in-flight", std::to_string(of.in_flight));
    add("--depth", std::to_string(of.depth));
    add("--ids-per-request", std::to_string(of.ids_per_request));
    add("--requests", std::to_string(of.requests));
    add("--warm-up", std::to_string(of.warm_up));
    if (of.times == answer_times::kept) command.emplace_back("--times");
    return command;
}

}  // namespace

std::uint64_t whole_requests(std::uint64_t images, const job& of) {
    return (images + of.ids_per_request - 1) / of.ids_per_request * of.ids_per_request;
}

std::uint64_t usual_warm_up(const job& of) {
    return whole_requests(std::max<std::uint64_t>(2'000, 8 * of.in_flight * of.ids_per_request), of);
}

job job_from(const arguments& given) {
    job of;
    of.in_flight = static_cast<std::size_t>(given.number("in-flight", of.in_flight));
    of.depth = static_cast<std::size_t>(given.number("depth", of.depth));
    of.ids_per_request = static_cast<std::size_t>(given.number("ids-per-request", of.ids_per_request));
    of.requests = whole_requests(given.number("requests", of.requests), of);
    of.warm_up = whole_requests(given.number("warm-up", usual_warm_up(of)), of);
    return of;
}

std::optional<figures> run_in_child(std::string_view name, const job& of, const placement& where,
                                    counting how) {
    const contestant* c = find_contestant(name);
    const bool everywhere = c && c->runs_on == cores_used::all;
    const finished_process done =
        run_process(command_for(name, of, how), everywhere ? where.all : where.client);
    if (done.exit_code != 0) return std::nullopt;
    return parse_figures(done.output);
}

figures run_or_throw(std::string_view name, const job& of, const placement& where, counting how) {
    const std::string several =
        of.ids_per_request > 1 ? " of " + std::to_string(of.ids_per_request) + " ids" : "";
    show_progress(std::string(name) + ", " + std::to_string(of.in_flight) + several + " at a time");
    const auto found = run_in_child(name, of, where, how);
    show_progress("");
    if (!found) throw std::runtime_error(std::string(name) + " failed");
    return *found;
}

int run_single(const std::vector<std::string>& words) {
    const arguments given(
        words, {"in-flight", "depth", "ids-per-request", "requests", "warm-up", "digest", "port", "ca-file"},
        {"times"});
    if (given.words().size() != 1) throw std::invalid_argument("run needs the name of one client");
    const std::string& name = given.words()[0];
    job of = job_from(given);
    if (given.has("times")) of.times = answer_times::kept;
    std::unique_ptr<running_origin> own;
    if (given.has("port")) {
        of.port = static_cast<std::uint16_t>(given.number("port", 0));
        of.ca_file = given.text("ca-file");
        std::ifstream file(of.ca_file);
        of.ca_pem.assign(std::istreambuf_iterator<char>(file), {});
    } else {
        own = std::make_unique<running_origin>(
            find_placement(), std::vector<std::string>{"--digest", given.text("digest", "MD5")});
        of.port = own->port();
        of.ca_file = own->ca_file();
        of.ca_pem = own->ca_pem();
    }
    if (const contestant* c = find_contestant(name)) {
        std::cout << to_text(figures_of(c->run(of)));
    } else if (const probe* p = find_probe(name)) {
        std::cout << to_text(p->run(of));
    } else {
        throw std::invalid_argument("no client '" + name + "'");
    }
    return 0;
}

}  // namespace bench
