#include "bench/sweep.hpp"

#include "bench/arguments.hpp"
#include "bench/image_json.hpp"
#include "bench/probes.hpp"
#include "bench/sweep_parts.hpp"

#include <algorithm>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace bench {
namespace {

std::vector<const sweep_part*> choose(const std::string& only) {
    std::vector<const sweep_part*> chosen;
    for (const sweep_part& part : sweep_parts()) {
        if (only.empty()) chosen.push_back(&part);
    }
    std::istringstream names(only);
    for (std::string name; std::getline(names, name, ',');) {
        const auto all = sweep_parts();
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const sweep_part& p) { return p.name == name; });
        if (found == all.end()) throw std::invalid_argument("the sweep has no part '" + name + "'");
        chosen.push_back(&*found);
    }
    return chosen;
}

}  // namespace

int run_sweep(const std::vector<std::string>& words) {
    const arguments given(words, {"only", "rounds", "requests", "largest", "connections", "json"});
    if (!given.words().empty())
        throw std::invalid_argument("sweep takes options alone, not '" + given.words()[0] + "'");
    sweep_settings settings;
    settings.where = find_placement();
    settings.rounds = given.number("rounds", settings.rounds);
    settings.requests = given.number("requests", settings.requests);
    settings.largest_batch = given.number("largest", settings.largest_batch, 1'000);
    settings.connections =
        static_cast<std::size_t>(given.number("connections", settings.connections, 2 * few_connections));
    const std::vector<const sweep_part*> chosen = choose(given.text("only"));

    print_machine(settings.where);
    std::cout << "load: images of " << image_json(id_text(0).view()).size()
              << " bytes over TLS 1.3 with AES-128-GCM, " << settings.rounds
              << " rounds; figures are medians, ratios and differences those within each round\n";
    boost::json::object parts;
    for (const sweep_part* part : chosen) {
        std::cout << '\n' << part->name << ": " << part->title << "\n\n" << std::flush;
        findings found;
        part->run(settings, found);
        parts[part->name] = found.json();
    }
    if (given.has("json")) {
        boost::json::object document = machine_json(settings.where);
        document["parts"] = std::move(parts);
        write_document(given.text("json"), document);
    }
    return 0;
}

}  // namespace bench
