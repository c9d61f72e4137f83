// Runs of one client that measure something else than requests: what the sweep is made of beside the
// contestants.
#pragma once

#include "bench/contestant.hpp"
#include "bench/figures.hpp"

#include <span>
#include <string>
#include <string_view>

namespace bench {

struct probe {
    std::string_view name;
    figures (*run)(const job&);
};

[[nodiscard]] std::span<const probe> probes();

/// Resident memory with `job::in_flight` idle connections, each of which has served one request, and with
/// `few_connections`. The origin must delay its answers, so that all connections are in use at a time.
///
///     few_kib, all_kib                  as it is
///     few_trimmed_kib, all_trimmed_kib  once what was freed has been given back to the system
///     connections                       how many more
figures measure_idle_library(const job& of);
figures measure_idle_asio(const job& of);
inline constexpr std::size_t few_connections = 10;
/// Adds `WHEN_kib` and `WHEN_trimmed_kib`.
void note_memory(figures& into, const std::string& when);

/// Time to the first answer, in microseconds: `made` of the client itself, `cold` without connections, `warm`
/// the median of `job::requests` further ones. The library asks for `job::in_flight` images at a time when
/// cold.
figures measure_first_library(const job& of);
figures measure_first_floor(const job& of);

/// `cpu_us` for each of `job::requests` connections, opened `job::in_flight` at a time from an origin that
/// closes after each answer; `resumed`, the share of them that took up a session. As many as at a time were
/// opened before.
figures measure_reconnects(const job& of);

}  // namespace bench
