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

/// One more as long as it lives.
class counted {
public:
    explicit counted(counter& of) noexcept : of_(of) { of_.add(); }
    ~counted() { of_.add(~std::uint64_t{0}); }  // modulo 2^64: one less
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

private:
    counter& of_;
};

/// The counters of one client and its observer.
class telemetry {
public:
    explicit telemetry(std::shared_ptr<observer> watcher) : observer_(std::move(watcher)) {}

    counter lookups_started, lookups_succeeded, lookups_failed, lookups_canceled, lookups_merged;
    counter requests, requests_pipelined, pipelining_stopped, retries, replays, confirmations,
        auth_challenges, hedges, hedges_won;
    counter tokens_issued, token_failures;
    counter connections_opened, connections_resumed, connections_failed, connections_closed;
    counter connections_idle, connections_leased, connections_opening, waiters;
    counter waiting_for_token, waiting_for_rate;
    counter bytes_received;
    counter pauses, outages;
    counter groups_sent, groups_split, ids_asked_again, strangers;
    /// As nanoseconds of the clock.
    std::atomic<std::int64_t> paused_until{0}, token_expires{0};
    std::atomic<bool> in_outage{false};

    /// Somebody is told of the times that tries take.
    [[nodiscard]] bool watched() const noexcept { return observer_ != nullptr; }
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
