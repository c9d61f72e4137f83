// Counting and telling what happens.
#pragma once

#include "core/time.hpp"

#include <getty/connect/observer.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace getty::connect::core {

/// Written on the client's executor only, read from any thread: a plain add, without a locked instruction.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// The counters of one client and its observer.
class telemetry {
public:
    explicit telemetry(std::shared_ptr<observer> watcher) : observer_(std::move(watcher)) {}

    counter lookups_started, lookups_succeeded, lookups_failed, lookups_merged;
    counter requests, requests_pipelined, pipelining_stopped, retries, replays, confirmations,
        auth_challenges, hedges, hedges_won;
    counter tokens_issued, token_failures;
    counter connections_opened, connections_resumed, connections_failed, connections_closed;
    counter connections_idle, connections_leased, waiters;
    counter bytes_received;
    counter pauses, outages;
    /// As nanoseconds of the clock.
    std::atomic<std::int64_t> paused_until{0};
    std::atomic<bool> in_outage{false};

    /// Calls `f(observer&)` when there is one.
    template <class F>
    void tell(F f) const {
        if (observer_) f(*observer_);
    }

    [[nodiscard]] client_stats snapshot() const noexcept;

private:
    std::shared_ptr<observer> observer_;
};

/// The sum of two shards' statistics.
[[nodiscard]] client_stats sum_of(client_stats one, const client_stats& other) noexcept;

}  // namespace getty::connect::core
