#include "bench/sweep_parts.hpp"

#include "bench/probes.hpp"
#include "bench/report.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bench {
namespace {

job job_at(const running_origin& from, std::size_t in_flight, std::uint64_t requests) {
    job of;
    of.port = from.port();
    of.ca_file = from.ca_file();
    of.in_flight = in_flight;
    of.requests = requests;
    of.warm_up = std::max<std::uint64_t>(2'000, 8 * in_flight);
    return of;
}

figures run_or_throw(const sweep_settings& with, std::string_view name, const job& of,
                     counting how = counting::nothing) {
    return bench::run_or_throw(name, of, with.where, how);
}

std::string at(std::string_view name, std::uint64_t load) {
    return std::string(name) + " at " + std::to_string(load);
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

constexpr std::string_view floor_name = "floor", raw = "library-raw", typed = "library-typed";

// --- in-flight ---

void sweep_in_flight(const sweep_settings& with, findings& found) {
    constexpr std::array<std::size_t, 7> levels{1, 4, 16, 32, 64, 256, 1024};
    constexpr std::size_t usual = 32;
    const running_origin origin(with.where);
    for (std::uint64_t round = 0; round < with.rounds; ++round) {
        for (const std::size_t level : levels) {
            const job of = job_at(origin, level, with.requests);
            for (const auto name : {floor_name, raw, typed})
                found.add(at(name, level), run_or_throw(with, name, of));
        }
    }
    table shown({"in flight", "floor us", "raw us", "typed us", "raw x floor", "typed x floor",
                 "floor / at 32", "raw / at 32", "typed / at 32"});
    for (const std::size_t level : levels) {
        std::vector<std::string> row{std::to_string(level)};
        for (const auto name : {floor_name, raw, typed})
            row.push_back(fixed(found.median(at(name, level), "cpu_us"), 2));
        for (const auto name : {raw, typed}) {
            row.push_back(fixed(found.ratio(at(name, level), at(floor_name, level), "cpu_us"), 2));
        }
        for (const auto name : {floor_name, raw, typed}) {
            row.push_back(fixed(found.ratio(at(name, level), at(name, usual), "cpu_us"), 2));
        }
        shown.add(std::move(row));
    }
    shown.add({"target", "", "", "", "<= 1.25", "<= 1.80", "", "0.9 - 1.1", "0.9 - 1.1"});
    shown.print();
}

// --- pipelining ---

void sweep_pipelining(const sweep_settings& with, findings& found) {
    constexpr std::array<std::size_t, 5> depths{1, 2, 4, 8, 16};
    const running_origin origin(with.where);
    job of = job_at(origin, 32, with.requests);
    for (std::uint64_t round = 0; round < with.rounds; ++round) {
        of.depth = 1;
        found.add(std::string(floor_name), run_or_throw(with, floor_name, of));
        for (const std::size_t depth : depths) {
            of.depth = depth;
            for (const auto name : {raw, typed}) found.add(at(name, depth), run_or_throw(with, name, of));
        }
    }
    table shown({"on one connection", "connections", "raw us", "typed us", "raw x floor", "typed x floor"});
    for (const std::size_t depth : depths) {
        std::vector<std::string> row{std::to_string(depth), std::to_string(of.in_flight / depth)};
        for (const auto name : {raw, typed}) row.push_back(fixed(found.median(at(name, depth), "cpu_us"), 2));
        for (const auto name : {raw, typed})
            row.push_back(fixed(found.ratio(at(name, depth), std::string(floor_name), "cpu_us"), 2));
        shown.add(std::move(row));
    }
    shown.print();
}

// --- batch ---

void sweep_batches(const sweep_settings& with, findings& found) {
    constexpr std::uint64_t repeated_up_to = 1'000'000;
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t size = 1'000; size <= with.largest_batch; size *= 10) sizes.push_back(size);
    const std::uint64_t usual = std::min<std::uint64_t>(100'000, sizes.back());
    const running_origin origin(with.where);
    for (std::uint64_t round = 0; round < with.rounds; ++round) {
        for (const std::uint64_t size : sizes) {
            if (round > 0 && size > repeated_up_to) continue;
            job of = job_at(origin, 32, 0);
            of.warm_up = std::min<std::uint64_t>(2'000, size / 5);
            of.requests = size - of.warm_up;
            for (const auto name : {floor_name, raw}) found.add(at(name, size), run_or_throw(with, name, of));
        }
    }
    table shown({"ids", "floor us", "raw us", "x floor", "raw / at " + grouped(static_cast<double>(usual)),
                 "peak MiB"});
    for (const std::uint64_t size : sizes) {
        shown.add({grouped(static_cast<double>(size)), fixed(found.median(at(floor_name, size), "cpu_us"), 2),
                   fixed(found.median(at(raw, size), "cpu_us"), 2),
                   fixed(found.ratio(at(raw, size), at(floor_name, size), "cpu_us"), 2),
                   fixed(found.ratio(at(raw, size), at(raw, usual), "cpu_us"), 2),
                   fixed(found.median(at(raw, size), "peak_kib") / 1024, 1)});
    }
    shown.add({"target", "", "", "", "0.9 - 1.1", "<= 64"});
    shown.print();
}

// --- memory ---

void sweep_memory(const sweep_settings& with, findings& found) {
    // All connections are to be in use at a time: answers come when the last handshake is over.
    const running_origin origin(with.where, {"--delay-ms", "4000"});
    const job of = job_at(origin, with.connections, 1);
    const auto names = std::to_array<std::pair<std::string, std::string>>(
        {{"idle-library", "getty-connect"}, {"idle-asio", "asio::ssl::stream"}});
    for (std::uint64_t round = 0; round < with.rounds; ++round) {
        for (const auto& [name, title] : names) {
            figures one = run_or_throw(with, name, of);
            one["kib"] = (one["all_kib"] - one["few_kib"]) / one["connections"];
            one["trimmed_kib"] = (one["all_trimmed_kib"] - one["few_trimmed_kib"]) / one["connections"];
            found.add(name, one);
        }
    }
    table shown({"client", "KiB/connection", "after malloc_trim",
                 "MiB with " + std::to_string(few_connections),
                 "MiB with " + std::to_string(with.connections)});
    for (const auto& [name, title] : names) {
        shown.add({title, fixed(found.median(name, "kib"), 1), fixed(found.median(name, "trimmed_kib"), 1),
                   fixed(found.median(name, "few_kib") / 1024, 1),
                   fixed(found.median(name, "all_kib") / 1024, 1)});
    }
    shown.add({"target of getty-connect", "<= 36", "", "", ""});
    shown.print();
}

// --- first-result ---

void sweep_first_result(const sweep_settings& with, findings& found) {
    struct row {
        std::string title;
        std::string_view name;
        std::size_t in_flight;
    };
    const auto rows = std::to_array<row>({{"tight loop, one request", "first-floor", 1},
                                          {"getty-connect, one id", "first-library", 1},
                                          {"getty-connect, 32 at a time", "first-library", 32}});
    const running_origin origin(with.where);
    for (std::uint64_t round = 0; round < with.rounds; ++round) {
        for (const row& r : rows)
            found.add(r.title, run_or_throw(with, r.name, job_at(origin, r.in_flight, 500)));
    }
    table shown(
        {"client", "made ms", "first result, cold ms", "- tight loop's", "warm us", "- tight loop's"});
    for (const row& r : rows) {
        shown.add({r.title, fixed(found.median(r.title, "made") / 1000, 2),
                   fixed(found.median(r.title, "cold") / 1000, 2),
                   fixed(found.difference(r.title, rows[0].title, "cold") / 1000, 2),
                   fixed(found.median(r.title, "warm"), 1),
                   fixed(found.difference(r.title, rows[0].title, "warm"), 1)});
    }
    shown.print();
}

// --- set-up ---

void sweep_set_up(const sweep_settings& with, findings& found) {
    const running_origin resuming(with.where, {"--close"}), full(with.where, {"--close", "--no-tickets"});
    const std::array<std::size_t, 2> loads{32, with.connections};
    for (std::uint64_t round = 0; round < with.rounds; ++round) {
        for (const std::size_t load : loads) {
            found.add(at("full", load),
                      run_or_throw(with, "reconnects", job_at(full, load, with.connections)));
            found.add(at("resuming", load),
                      run_or_throw(with, "reconnects", job_at(resuming, load, with.connections)));
        }
    }
    table shown({"dials at a time", "connections", "full us", "resuming us", "ratio", "resumed"});
    for (const std::size_t load : loads) {
        shown.add({std::to_string(load), fixed(found.median(at("resuming", load), "opened"), 0),
                   fixed(found.median(at("full", load), "cpu_us"), 0),
                   fixed(found.median(at("resuming", load), "cpu_us"), 0),
                   fixed(found.ratio(at("resuming", load), at("full", load), "cpu_us"), 2),
                   percent(found.median(at("resuming", load), "resumed"))});
    }
    shown.add({"target", "", "", "", "<= 0.60", ""});
    shown.print();
}

// --- latency and delay ---

struct compared_client {
    std::string name, title;
};
const std::array<compared_client, 3> compared{{{"floor", "tight loop"},
                                               {"library-raw", "getty-connect, raw"},
                                               {"library-typed", "getty-connect, typed"}}};

void run_compared(const sweep_settings& with, const job& of, findings& found) {
    for (std::uint64_t round = 0; round < with.rounds; ++round) {
        for (const auto& [name, title] : compared) found.add(name, run_or_throw(with, name, of));
    }
}

void sweep_latency(const sweep_settings& with, findings& found) {
    const running_origin origin(with.where);
    job of = job_at(origin, 1, std::max<std::uint64_t>(1'000, with.requests / 5));
    of.times = answer_times::kept;
    run_compared(with, of, found);
    table shown({"client", "median us", "p99 us", "median - tight loop's", "p99 - tight loop's"});
    for (const auto& [name, title] : compared) {
        shown.add({title, fixed(found.median(name, "median_us"), 1), fixed(found.median(name, "p99_us"), 1),
                   fixed(found.difference(name, "floor", "median_us"), 1),
                   fixed(found.difference(name, "floor", "p99_us"), 1)});
    }
    shown.add({"target", "", "", "<= 15", ""});
    shown.print();
}

void sweep_delay(const sweep_settings& with, findings& found) {
    constexpr std::uint64_t window = 256, delay_ms = 50;
    constexpr double ideal = window * 1000.0 / delay_ms;
    const running_origin origin(with.where, {"--delay-ms", std::to_string(delay_ms)});
    // Answers come in bursts of one window: whole ones are counted.
    const std::uint64_t bursts = std::clamp<std::uint64_t>(with.requests / window, 4, 100);
    const job of = job_at(origin, window, bursts * window);
    run_compared(with, of, found);
    table shown({"client", "lookups/s", "of the ideal " + grouped(ideal), "least"});
    for (const auto& [name, title] : compared) {
        shown.add({title, grouped(found.median(name, "rate")), percent(found.median(name, "rate") / ideal),
                   percent(found.at(name, "rate").min() / ideal)});
    }
    shown.add({"target", "", ">= 98 %", ""});
    shown.print();
}

// --- allocations ---

void sweep_allocations(const sweep_settings& with, findings& found) {
    const running_origin origin(with.where);
    const job of = job_at(origin, 32, std::max<std::uint64_t>(10'000, with.requests / 5));
    struct row {
        std::string name, title, target;
    };
    const auto rows =
        std::to_array<row>({{"floor", "tight loop", ""},
                            {"library-raw", "getty-connect, raw", "0"},
                            {"library-digest-raw", "getty-connect, raw, Digest", "0"},
                            {"library-typed", "getty-connect, typed", "those of the image"},
                            {"library-digest-typed", "getty-connect, typed, Digest", "those of the image"}});
    table shown({"client", "allocations/lookup", "by OpenSSL", "by all else", "target"});
    for (const row& r : rows) {
        figures one = run_or_throw(with, r.name, of, counting::mallocs);
        one["other_mallocs"] = one["mallocs"] - one["openssl_mallocs"];
        found.add(r.name, one);
        shown.add({r.title, fixed(one["mallocs"], 3), fixed(one["openssl_mallocs"], 3),
                   fixed(one["other_mallocs"], 3), r.target});
    }
    shown.print();
}

}  // namespace

std::span<const sweep_part> sweep_parts() {
    static constexpr auto list = std::to_array<sweep_part>({
        {"in-flight", "CPU time per request by requests at a time", sweep_in_flight},
        {"pipelining", "CPU time per request by requests on one connection, 32 at a time", sweep_pipelining},
        {"batch", "CPU time per lookup and memory by ids of one batch, 32 at a time", sweep_batches},
        {"memory", "resident memory for each idle TLS connection", sweep_memory},
        {"first-result", "wall-clock time from the call to the first answer", sweep_first_result},
        {"set-up", "CPU time for each connection with one lookup, from a service that closes it",
         sweep_set_up},
        {"latency", "wall-clock time per lookup, one at a time", sweep_latency},
        {"delay", "lookups per second at 256 at a time, every answer after 50 ms", sweep_delay},
        {"allocations", "heap allocations per lookup, 32 at a time", sweep_allocations},
    });
    return list;
}

}  // namespace bench
