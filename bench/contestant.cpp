#include "bench/contestant.hpp"

#include "bench/contestants.hpp"

#include <valgrind/callgrind.h>

namespace bench {

void meter::begin() {
    began_ = std::chrono::steady_clock::now();
    cpu_ = cpu_time();
    CALLGRIND_ZERO_STATS;
}

void meter::end() {
    CALLGRIND_DUMP_STATS_AT("measured");
    cost_.cpu_us = static_cast<double>((cpu_time() - cpu_).count());
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began_;
    cost_.wall_us = took.count();
    cost_.requests = total_ - warm_up_;
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
        {"library-2-shards", "getty-connect, typed, 2 shards on 2 threads", run_library_2_shards},
        {"beast-raw", "Beast by the book", run_beast_raw},
        {"beast-dom", "Beast by the book + DOM", run_beast_dom},
        {"curl-raw", "libcurl multi, poll", run_curl_raw},
        {"curl-dom", "libcurl multi, poll + DOM", run_curl_dom},
    });
    return list;
}

}  // namespace bench
