// What `bench` is to do.
#pragma once

#include "load/id_plan.hpp"
#include "load/schedule.hpp"
#include "load/slo.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// The first word beside the flags chooses.
enum class bench_task { measure, compare, report };

struct bench_arguments {
    std::vector<std::string> words;  ///< a file of ids, or the task and its documents
    bench_task task = bench_task::measure;

    std::vector<double> rates;               ///< per second, a step each; empty: a closed loop
    std::vector<std::uint64_t> concurrency;  ///< a step each; empty: 32
    std::uint64_t max_in_flight = 1'024;
    load::arrivals arrivals = load::arrivals::poisson;
    std::chrono::milliseconds duration = std::chrono::seconds(30);
    std::optional<std::chrono::milliseconds> warm_up;  ///< default: 5 s, with `cold` none
    std::chrono::milliseconds cool_down = std::chrono::seconds(2);
    std::uint64_t rounds = 1;

    std::string ids;  ///< a file, "-", or a range; empty: the sandbox's
    load::id_order order = load::id_order::cycle;
    load::id_plan::missing_share missing;
    std::uint64_t seed = 1;

    std::optional<std::size_t> connections;  ///< default: as many as a closed loop needs, 64 of an open one
    std::size_t pipeline = 1;
    bool compressed = false;
    bool cold = false;
    unsigned retries = 0;

    std::vector<load::slo_limit> limits;
    std::string json_file;
    std::string html_file;
    std::string record_file;
    std::string baseline_file;
    double tolerance = 0.05;
    bool anyway = false;
    bool sandbox = false;
};

}  // namespace getty::connect::cli
