#include "bench/contestant.hpp"

#include "bench/contestants.hpp"

#include <valgrind/callgrind.h>

namespace bench {

meter::meter(const job& of)
    : warm_up_(of.warm_up), total_(of.warm_up + of.requests), keeps_times_(of.times == answer_times::kept) {
    if (warm_up_ == 0) throw std::runtime_error("a run needs a warm-up of at least one request");
    if (of.warm_up % of.ids_per_request != 0 || of.requests % of.ids_per_request != 0)
        throw std::runtime_error("a run needs whole requests");
    if (keeps_times_) cost_.times_us.reserve(of.requests);
}

void meter::begin() {
    began_ = last_ = steady::now();
    cpu_ = cpu_time();
    cost_.mallocs = allocations_so_far();
    CALLGRIND_ZERO_STATS;
}

void meter::end() {
    CALLGRIND_DUMP_STATS_AT("measured");
    if (cost_.mallocs) *cost_.mallocs = *allocations_so_far() - *cost_.mallocs;
    cost_.cpu_us = static_cast<double>((cpu_time() - cpu_).count());
    cost_.wall_us = microseconds_since(began_);
    cost_.requests = total_ - warm_up_;
}

void meter::keep_time() {
    cost_.times_us.push_back(static_cast<float>(microseconds_since(last_)));
    last_ = steady::now();
}

cost meter::result() const {
    if (!done()) {
        throw std::runtime_error(std::to_string(answered_.load()) + " answers instead of " +
                                 std::to_string(total_));
    }
    return cost_;
}

std::span<const contestant> contestants() {
    static constexpr auto list = std::to_array<contestant>({
        {"floor", "tight loop: OpenSSL + epoll, no parser", run_floor},
        {"library-raw", "getty-connect, raw", run_library_raw},
        {"library-typed", "getty-connect, typed", run_library_typed},
        {"library-digest-raw", "getty-connect, raw, Digest", run_library_digest_raw},
        {"library-digest-typed", "getty-connect, typed, Digest", run_library_digest_typed},
        {"library-2-shards-raw", "getty-connect, raw, 2 shards on 2 threads", run_library_2_shards_raw,
         cores_used::all},
        {"library-2-shards", "getty-connect, typed, 2 shards on 2 threads", run_library_2_shards,
         cores_used::all},
        {"beast-raw", "Beast by the book", run_beast_raw},
        {"beast-dom", "Beast by the book + DOM", run_beast_dom},
        {"curl-raw", "libcurl multi, poll", run_curl_raw},
        {"curl-dom", "libcurl multi, poll + DOM", run_curl_dom},
#ifdef BENCH_HAS_HTTPLIB
        {"httplib-raw", "cpp-httplib, threads", run_httplib_raw},
        {"httplib-dom", "cpp-httplib, threads + DOM", run_httplib_dom},
#endif
    });
    return list;
}

std::span<const contestant> group_contestants() {
    static constexpr auto list = std::to_array<contestant>({
        {"floor-v3", "tight loop: OpenSSL + epoll, no parser", run_floor_v3},
        {"library-v3-raw", "getty-connect, raw", run_library_v3_raw},
        {"library-v3-typed", "getty-connect, typed", run_library_v3_typed},
        {"curl-v3-dom", "libcurl multi, poll + DOM", run_curl_v3_dom},
    });
    return list;
}

}  // namespace bench
