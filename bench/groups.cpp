#include "bench/groups.hpp"

#include "bench/image_json.hpp"
#include "bench/image_set_json.hpp"
#include "bench/report.hpp"
#include "bench/runs.hpp"
#include "bench/sweep_findings.hpp"

#include <boost/json.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace bench {
namespace {

constexpr std::string_view single_raw = "library-raw", single_typed = "library-typed";

/// A client with so many ids in each request.
struct row {
    std::string_view client;
    std::string title;
    std::size_t ids_per_request;
    std::string_view single;  // what a lookup by itself is compared by
    std::string_view floor;   // the tight loop that fetches the same

    [[nodiscard]] std::string name() const { return name_of(client, ids_per_request); }
    [[nodiscard]] std::string floor_name() const { return name_of(floor, ids_per_request); }
    [[nodiscard]] std::string single_name() const { return name_of(single, 1); }
    static std::string name_of(std::string_view client, std::size_t ids) {
        return std::string(client) + (ids > 1 ? " of " + std::to_string(ids) : "");
    }
};

std::vector<row> all_rows() {
    std::vector<row> rows{
        {"floor", "Connect, tight loop", 1, single_raw, "floor"},
        {single_raw, "Connect, getty-connect, raw", 1, single_raw, "floor"},
        {single_typed, "Connect, getty-connect, typed", 1, single_typed, "floor"},
    };
    for (const std::size_t ids : {std::size_t{1}, std::size_t{10}, std::size_t{100}}) {
        for (const contestant& c : group_contestants()) {
            const bool bytes_alone = c.name == "floor-v3" || c.name == "library-v3-raw";
            rows.push_back({c.name, "v3, " + std::to_string(ids) + ": " + std::string(c.title), ids,
                            bytes_alone ? single_raw : single_typed, "floor-v3"});
        }
    }
    return rows;
}

/// As many at a time as a program would have.
std::size_t in_flight(std::size_t ids_per_request) { return ids_per_request > 1 ? 8 : 32; }

job job_for(const row& of, const running_origin& from, std::uint64_t ids) {
    job made;
    made.port = from.port();
    made.ca_file = from.ca_file();
    made.ids_per_request = of.ids_per_request;
    made.in_flight = in_flight(of.ids_per_request);
    made.requests = whole_requests(ids, made);
    made.warm_up = usual_warm_up(made);
    return made;
}

std::string times(double ratio) { return fixed(ratio, 2); }

void print_costs(const std::vector<row>& rows, const findings& found) {
    table shown({"client", "CPU us/id", "min", "max", "x single lookup", "x tight loop", "peak MiB"});
    for (const row& r : rows) {
        const sample& cpu = found.at(r.name(), "cpu_us");
        shown.add({r.title, fixed(cpu.median(), 2), fixed(cpu.min(), 2), fixed(cpu.max(), 2),
                   times(found.ratio(r.name(), r.single_name(), "cpu_us")),
                   times(found.ratio(r.name(), r.floor_name(), "cpu_us")),
                   fixed(found.median(r.name(), "peak_kib") / 1024, 1)});
    }
    shown.print();
}

/// Of this library; what is beyond the images themselves is its own.
findings count_allocations(const std::vector<row>& rows, const running_origin& origin, std::uint64_t ids,
                           const placement& where) {
    findings found;
    for (const row& r : rows) {
        if (!r.client.starts_with("library-")) continue;
        figures one = run_or_throw(r.client, job_for(r, origin, ids), where, counting::mallocs);
        one["other_mallocs"] = one["mallocs"] - one["openssl_mallocs"];
        found.add(r.name(), one);
    }
    return found;
}

void print_allocations(const std::vector<row>& rows, const findings& found) {
    table shown({"allocations", "per id", "by OpenSSL", "by all else", "by all else per response"});
    for (const row& r : rows) {
        if (!r.client.starts_with("library-")) continue;
        const double others = found.median(r.name(), "other_mallocs");
        shown.add({r.title, fixed(found.median(r.name(), "mallocs"), 3),
                   fixed(found.median(r.name(), "openssl_mallocs"), 3), fixed(others, 3),
                   fixed(others * static_cast<double>(r.ids_per_request), 1)});
    }
    shown.print();
}

// --- targets ---

void print_target(const std::string& what, double is, double most, int digits) {
    std::cout << what << ": " << fixed(is, digits) << ", at most " << fixed(most, digits) << ": "
              << (is <= most ? "met" : "missed") << '\n';
}

void print_targets(const findings& found) {
    const auto compare = [&](std::string_view client, const std::string& with, const std::string& title,
                             double most) {
        const double ratio = found.ratio(row::name_of(client, 100), with, "cpu_us");
        print_target("100 ids, " + title, ratio, most, 2);
    };
    const std::string floor = row::name_of("floor-v3", 100);
    compare("library-v3-raw", std::string(single_raw), "raw x single lookup", 0.35);
    compare("library-v3-typed", std::string(single_typed), "typed x single lookup", 0.5);
    compare("library-v3-raw", floor, "raw x tight loop", 1.5);
    compare("library-v3-typed", floor, "typed x tight loop", 3);
    const auto body = static_cast<double>(image_set_json(100).size()) / 1024;
    const double allowed = static_cast<double>(in_flight(100)) * (64 + body);
    for (const auto& [client, single] :
         {std::pair("library-v3-raw", single_raw), std::pair("library-v3-typed", single_typed)}) {
        const double more = found.difference(row::name_of(client, 100), std::string(single), "peak_kib");
        print_target("100 ids, peak KiB of " + std::string(client) + " above single lookups", more, allowed,
                     0);
    }
}

void write_json(const std::string& file, const findings& costs, const findings& allocated, std::uint64_t ids,
                const placement& where) {
    boost::json::object document = machine_json(where);
    document["ids"] = ids;
    document["clients"] = costs.json();
    document["allocations"] = allocated.json();
    write_document(file, document);
}

}  // namespace

int run_groups(const std::vector<std::string>& words) {
    const arguments given(words, {"rounds", "ids", "json"});
    if (!given.words().empty())
        throw std::invalid_argument("groups takes options alone, not '" + given.words()[0] + "'");
    const std::uint64_t rounds = given.number("rounds", 5);
    const std::uint64_t ids = given.number("ids", 100'000);
    const placement where = find_placement();
    const running_origin origin(where);
    const std::vector<row> rows = all_rows();

    print_machine(where);
    std::cout << "load: images of " << image_json(id_text(0).view()).size() << " bytes, of v3 "
              << image_set_json(1).size() << ", over TLS 1.3 with AES-128-GCM, " << in_flight(1)
              << " requests at a time, " << in_flight(10) << " of more than one id, "
              << grouped(static_cast<double>(ids)) << " ids, " << rounds << " rounds\n\n";
    findings found;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        for (const row& r : rows) found.add(r.name(), run_or_throw(r.client, job_for(r, origin, ids), where));
    }
    const findings allocated = count_allocations(rows, origin, ids, where);
    print_costs(rows, found);
    std::cout << '\n';
    print_allocations(rows, allocated);
    std::cout << '\n';
    print_targets(found);
    std::cout
        << "\nMedians of the rounds; the ratios are those within each round: x single lookup, that of this "
           "library over Connect,\nraw or typed as the client is; x tight loop, the one that fetches the "
           "same responses.\n";
    if (given.has("json")) write_json(given.text("json"), found, allocated, ids, where);
    return 0;
}

}  // namespace bench
