// One client in one process: how it is started, and what it does there.
#pragma once

#include "bench/arguments.hpp"
#include "bench/contestant.hpp"
#include "bench/figures.hpp"
#include "bench/system.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The options `--in-flight`, `--depth`, `--ids-per-request`, `--requests` and `--warm-up`; the last two are
/// rounded up to whole requests.
[[nodiscard]] job job_from(const arguments& given);
/// `images`, rounded up to whole requests.
[[nodiscard]] std::uint64_t whole_requests(std::uint64_t images, const job& of);
/// Images enough for every connection and cache, in whole requests.
[[nodiscard]] std::uint64_t usual_warm_up(const job& of);

/// Counting costs time.
enum class counting { nothing, mallocs };

/// A contestant or a probe in a process of its own, on the client's core, or on all of them when it has
/// threads for them. Nothing when it failed. A contestant's figures are
///
///     cpu_us, rate, requests   per image; per second; how many
///     peak_kib                 the most memory that was resident
///     mallocs, openssl_mallocs per image, when they are counted
///     median_us, p99_us        from answer to answer, when `job::times` is set
[[nodiscard]] std::optional<figures> run_in_child(std::string_view name, const job& of,
                                                  const placement& where, counting how = counting::nothing);
/// The same; shows what runs, and throws `std::runtime_error` when it failed.
[[nodiscard]] figures run_or_throw(std::string_view name, const job& of, const placement& where,
                                   counting how = counting::nothing);

/// The command `run`: a contestant or a probe in this process; prints its figures. What `run_in_child`
/// starts, also of use under a profiler.
int run_single(const std::vector<std::string>& words);

}  // namespace bench
